//! What reshapes and transposes do to heads, tokens and channels.

use crate::Operation;

/// Heads, tokens, and channels of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Atom {
    Head,
    Token,
    Channel,
}

/// The atoms that each axis of a value runs over, slowest first; none for an axis of length 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Atoms {
    sizes: [usize; 3],
    axes: Vec<Vec<Atom>>,
}

impl Atoms {
    /// Of `[…, heads, tokens, channels]` with axes of length 1 anywhere in front.
    pub(super) fn of_heads(shape: &[usize]) -> Option<Self> {
        let (&[tokens, channels], front) = shape.split_last_chunk::<2>().map(|(f, l)| (l, f))?;
        let mut wide = front.iter().filter(|&&side| side != 1);
        let heads = wide.next().copied().unwrap_or(1);
        if wide.next().is_some() {
            return None;
        }
        let of_front = |&side: &usize| if side == 1 { vec![] } else { vec![Atom::Head] };
        let mut axes: Vec<Vec<Atom>> = front.iter().map(of_front).collect();
        axes.extend([vec![Atom::Token], vec![Atom::Channel]]);
        Some(Self { sizes: [heads, tokens, channels], axes })
    }

    /// How many heads.
    pub(super) fn heads(&self) -> usize {
        self.sizes[0]
    }

    /// Behind a step that moves numbers without changing them; none where it tears heads apart.
    pub(super) fn moved(&self, operation: &Operation) -> Option<Self> {
        let axes = match operation {
            Operation::Transpose { order } => {
                order.iter().map(|&axis| self.axes[axis].clone()).collect()
            }
            Operation::Reshape { shape } => self.regrouped(shape)?,
            _ => return None,
        };
        Some(Self { axes, ..self.clone() })
    }

    /// Whether the last axis joins the heads, and another has the tokens.
    pub(super) fn are_joined(&self) -> bool {
        let wide = |axis: &&Vec<Atom>| axis.iter().any(|atom| self.size(*atom) != 1);
        let kept = |axis: &Vec<Atom>| -> Vec<Atom> {
            axis.iter().copied().filter(|atom| self.size(*atom) != 1).collect()
        };
        let found: Vec<Vec<Atom>> = self.axes.iter().filter(wide).map(kept).collect();
        let expected = [vec![Atom::Token], vec![Atom::Head, Atom::Channel]];
        let expected: Vec<Vec<Atom>> =
            expected.iter().map(kept).filter(|a| !a.is_empty()).collect();
        found == expected
    }

    fn regrouped(&self, shape: &[usize]) -> Option<Vec<Vec<Atom>>> {
        let mut atoms = self.axes.iter().flatten().copied().peekable();
        let axes = shape.iter().map(|&side| {
            let (mut axis, mut length) = (Vec::new(), 1);
            while length < side {
                let atom = atoms.next()?;
                length *= self.size(atom);
                axis.push(atom);
            }
            (length == side).then_some(axis)
        });
        let axes: Vec<Vec<Atom>> = axes.collect::<Option<_>>()?;
        atoms.all(|atom| self.size(atom) == 1).then_some(axes)
    }

    fn size(&self, atom: Atom) -> usize {
        self.sizes[atom as usize]
    }
}

/// Whether a step leaves every number as it is.
pub(super) fn is_move(operation: &Operation) -> bool {
    matches!(operation, Operation::Transpose { .. } | Operation::Reshape { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_joined_by_a_transpose_and_a_reshape_and_by_nothing_else() {
        let heads = Atoms::of_heads(&[1, 2, 5, 8]).unwrap();
        let turned = heads.moved(&Operation::Transpose { order: vec![0, 2, 1, 3] }).unwrap();
        let joined = turned.moved(&Operation::Reshape { shape: vec![5, 16] }).unwrap();
        assert!(joined.are_joined());
        assert!(!turned.are_joined());
        let torn = heads.moved(&Operation::Reshape { shape: vec![5, 16] });
        assert_eq!(torn, None, "heads and tokens are mixed without the transpose");
        let one = Atoms::of_heads(&[5, 8]).unwrap();
        assert!(one.are_joined(), "one head needs no joining");
    }
}
