//! Einstein's notation for sums of products: `bij,bjk->bik`.

use std::collections::BTreeMap;

/// An equation: a letter for every axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Equation {
    /// Of every operand.
    pub(crate) operands: Vec<Vec<char>>,
    /// Of what comes out.
    pub(crate) result: Vec<char>,
}

impl Equation {
    /// Reads one. Letters that stand in no result are summed over; where no result is named, it is the letters that
    /// occur once, in the order of the alphabet.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        let (operands, result) = match text.split_once("->") {
            Some((operands, result)) => (operands, Some(result)),
            None => (text.as_str(), None),
        };
        let letters = |part: &str| {
            let all: Vec<char> = part.chars().collect();
            match all.iter().find(|letter| !letter.is_ascii_alphabetic()) {
                Some('.') => Err("an ellipsis is not computed with".to_owned()),
                Some(other) => Err(format!("{other:?} in {text:?} is no letter")),
                None => Ok(all),
            }
        };
        let operands = operands.split(',').map(letters).collect::<Result<Vec<_>, _>>()?;
        let mut count = BTreeMap::new();
        operands.iter().flatten().for_each(|&letter| *count.entry(letter).or_insert(0) += 1);
        let result = match result {
            Some(result) => letters(result)?,
            None => count.iter().filter(|(_, times)| **times == 1).map(|(c, _)| *c).collect(),
        };
        let repeats = |list: &[char]| (1..list.len()).any(|i| list[..i].contains(&list[i]));
        if operands.iter().any(|operand| repeats(operand)) || repeats(&result) {
            return Err("a diagonal is not computed with".to_owned());
        }
        match result.iter().find(|letter| !count.contains_key(letter)) {
            Some(letter) => Err(format!("{letter:?} is in no operand of {text:?}")),
            None => Ok(Self { operands, result }),
        }
    }

    /// The side that every letter stands for, given the sides of the operands.
    pub(crate) fn sides(&self, dims: &[&[usize]]) -> Result<BTreeMap<char, usize>, String> {
        if dims.len() != self.operands.len() {
            return Err(format!(
                "{} operands are named, {} given",
                self.operands.len(),
                dims.len()
            ));
        }
        let mut sides = BTreeMap::new();
        for (letters, dims) in self.operands.iter().zip(dims) {
            if letters.len() != dims.len() {
                return Err(format!("{letters:?} are not the axes of {dims:?}"));
            }
            for (&letter, &side) in letters.iter().zip(*dims) {
                if *sides.entry(letter).or_insert(side) != side {
                    return Err(format!("{letter:?} is {} and {side}", sides[&letter]));
                }
            }
        }
        Ok(sides)
    }
}

#[cfg(test)]
mod tests {
    use super::Equation;

    #[test]
    fn an_equation_names_every_axis() {
        let product = Equation::read("bij, bjk -> bik").unwrap();
        assert_eq!(product.result, ['b', 'i', 'k']);
        let sides = product.sides(&[&[2, 3, 4], &[2, 4, 5]]).unwrap();
        assert_eq!(sides.values().copied().collect::<Vec<_>>(), [2, 3, 4, 5]);
        assert!(product.sides(&[&[2, 3, 4], &[2, 5, 5]]).is_err());
        assert_eq!(Equation::read("ij,jk").unwrap().result, ['i', 'k']);
        for wrong in ["...ii->...i", "ii->i", "ij->k", "i1->i"] {
            assert!(Equation::read(wrong).is_err(), "{wrong}");
        }
    }
}
