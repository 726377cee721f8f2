//! Where numbers lie: sides, strides and NumPy's broadcasting.

use std::cell::Cell;

use crate::array::Array;

use super::Outcome;

/// The most numbers that a value may have, a gigabyte of f32: far above what networks fold, and small enough that a
/// file of a few bytes cannot fill the memory.
pub(super) const LARGEST: usize = 1 << 28;

thread_local! {
    /// What is left of [`LARGEST`] while a node of a file is computed.
    static MOST: Cell<usize> = const { Cell::new(LARGEST) };
}

/// The most numbers that a value may have now.
pub(super) fn most() -> usize {
    MOST.get()
}

/// Works with a limit of its own on the numbers of every value that is made.
pub(crate) fn with_most<T>(most: usize, work: impl FnOnce() -> T) -> T {
    let before = MOST.replace(most.min(LARGEST));
    let done = work();
    MOST.set(before);
    done
}

/// The most axes. Networks have six.
const DEEPEST: usize = 64;

/// Sides multiplied, if a value may be as large.
pub(super) fn count(dims: &[usize]) -> Outcome<usize> {
    if dims.len() > DEEPEST {
        return Err(format!("a value of {} axes is refused: the most is {DEEPEST}", dims.len()));
    }
    // Empty sides count as one, so that every product of some of the sides is small as well.
    let bounded = dims
        .iter()
        .try_fold(1usize, |product, &side| product.checked_mul(side.max(1)))
        .filter(|&product| product <= most())
        .ok_or_else(|| format!("a value of {dims:?} is refused: the most is {} numbers", most()))?;
    Ok(if dims.contains(&0) { 0 } else { bounded })
}

/// That a value has as many numbers as its sides say.
pub(super) fn whole(array: &Array) -> Outcome<()> {
    match (count(&array.dims)?, array.data.count()) {
        (said, held) if said != held => {
            Err(format!("a value of {:?} needs {said} numbers but has {held}", array.dims))
        }
        _ => Ok(()),
    }
}

/// Sides from a file.
pub(super) fn sides(ints: &[i64]) -> Outcome<Vec<usize>> {
    let side = |&side| usize::try_from(side).map_err(|_| format!("{side} in {ints:?} is no side"));
    ints.iter().map(side).collect()
}

/// A position that may be counted from the end.
pub(super) fn within(position: i64, length: usize, what: &str) -> Outcome<usize> {
    let shift = if position < 0 { length as i64 } else { 0 };
    usize::try_from(position.saturating_add(shift))
        .ok()
        .filter(|&position| position < length)
        .ok_or_else(|| format!("{what} {position} is outside of {length}"))
}

/// How far apart neighbours along each axis are.
pub(super) fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis].max(1);
    }
    strides
}

/// Sides in front of an axis, the axis, and behind it, each multiplied.
pub(super) fn lines(dims: &[usize], axis: usize) -> (usize, usize, usize) {
    (dims[..axis].iter().product(), dims[axis], dims[axis + 1..].iter().product())
}

/// The sides that values of these sides have in common.
pub(super) fn broadcast(all: &[&[usize]]) -> Outcome<Vec<usize>> {
    let rank = all.iter().map(|dims| dims.len()).max().unwrap_or(0);
    let mut common = vec![1; rank];
    for dims in all {
        let skipped = rank - dims.len();
        for (side, &own) in common[skipped..].iter_mut().zip(*dims) {
            match (*side, own) {
                (_, 1) => {}
                (1, own) => *side = own,
                (side, own) if side == own => {}
                _ => return Err(format!("{all:?} do not broadcast")),
            }
        }
    }
    count(&common)?;
    Ok(common)
}

/// Places of numbers in memory, in the order in which a value of some sides is read.
pub(super) struct Walk {
    dims: Vec<usize>,
    strides: Vec<usize>,
    at: Vec<usize>,
    place: usize,
    left: usize,
}

impl Walk {
    /// Every place of `dims`, with these strides.
    pub fn new(dims: &[usize], strides: Vec<usize>) -> Self {
        let left = dims.iter().product();
        Self { dims: dims.to_vec(), strides, at: vec![0; dims.len()], place: 0, left }
    }

    /// A value of sides `from`, read as if it had the sides `to`.
    pub fn spread(from: &[usize], to: &[usize]) -> Outcome<Self> {
        let own = |axis: usize| (axis + from.len()).checked_sub(to.len()).map(|axis| from[axis]);
        let fits = |axis| own(axis).is_none_or(|side| side == 1 || side == to[axis]);
        if from.len() > to.len() || !(0..to.len()).all(fits) {
            return Err(format!("{from:?} does not broadcast to {to:?}"));
        }
        let mut all = vec![0; to.len() - from.len()];
        all.extend(strides(from).iter().zip(from).map(|(&stride, &side)| match side {
            1 => 0,
            _ => stride,
        }));
        Ok(Self::new(to, all))
    }
}

impl Iterator for Walk {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let here = self.place;
        for axis in (0..self.dims.len()).rev() {
            self.at[axis] += 1;
            self.place += self.strides[axis];
            if self.at[axis] < self.dims[axis] {
                break;
            }
            self.at[axis] = 0;
            self.place -= self.strides[axis] * self.dims[axis];
        }
        Some(here)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_broadcast_as_in_numpy() {
        assert_eq!(broadcast(&[&[8, 1, 6, 1], &[7, 1, 5]]), Ok(vec![8, 7, 6, 5]));
        assert_eq!(broadcast(&[&[0, 1], &[3]]), Ok(vec![0, 3]));
        assert!(broadcast(&[&[2], &[3]]).is_err());
    }

    #[test]
    fn a_row_is_read_once_for_every_line() {
        let places: Vec<_> = Walk::spread(&[1, 3], &[2, 3]).unwrap().collect();
        assert_eq!(places, [0, 1, 2, 0, 1, 2]);
        assert!(Walk::spread(&[2], &[2, 3]).is_err());
    }

    #[test]
    fn a_limit_holds_for_what_is_done_within_it() {
        let within =
            with_most(10, || (count(&[11]).is_err(), count(&[2, 5]), count(&[0, 11]).is_err()));
        assert_eq!(within, (true, Ok(10), true));
        assert_eq!(count(&[11]), Ok(11));
    }

    #[test]
    fn sides_that_overflow_are_refused_even_beside_an_empty_one() {
        assert!(count(&[0, 1 << 40]).is_err());
        assert!(count(&[usize::MAX, 2]).is_err());
        assert_eq!(count(&[1 << 14, 1 << 14]), Ok(1 << 28));
    }
}
