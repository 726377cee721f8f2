//! Sums of products of constants: rotations of position tables, mostly.

use std::collections::BTreeMap;

use crate::array::{Array, Data};
use crate::einsum::Equation;

use super::call::Call;
use super::index::{LARGEST, Walk, count, strides};
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    (kind == "Einsum").then_some(einsum as Single)
}

/// Every number of the result is a sum in f64 over the letters that the result lacks.
fn einsum(call: &Call<'_>) -> Outcome<Array> {
    let equation = Equation::read(call.node().text("equation").ok_or("equation is missing")?)?;
    let operands = call.all()?;
    let dims: Vec<&[usize]> = operands.iter().map(|operand| operand.dims.as_slice()).collect();
    let sides = equation.sides(&dims)?;
    let summed = sides.keys().copied().filter(|letter| !equation.result.contains(letter));
    let order: Vec<char> = equation.result.iter().copied().chain(summed).collect();
    let all: Vec<usize> = order.iter().map(|letter| sides[letter]).collect();
    // As many products as numbers in the largest value.
    count(&all).map_err(|_| format!("sums of {all:?} are refused: the most is {LARGEST}"))?;
    let dims: Vec<usize> = equation.result.iter().map(|letter| sides[letter]).collect();
    let mut factors = Vec::with_capacity(operands.len());
    for (operand, letters) in operands.iter().zip(&equation.operands) {
        let steps: BTreeMap<&char, usize> = letters.iter().zip(strides(&operand.dims)).collect();
        let steps = order.iter().map(|letter| steps.get(letter).copied().unwrap_or(0)).collect();
        factors.push((operand.data.floats()?, Walk::new(&all, steps)));
    }
    let terms = all[dims.len()..].iter().product::<usize>();
    let mut product = || {
        let numbers = factors
            .iter_mut()
            .map(|(values, walk)| walk.next().map_or(0.0, |place| f64::from(values[place])));
        numbers.product::<f64>()
    };
    let numbers = (0..count(&dims)?).map(|_| (0..terms).map(|_| product()).sum::<f64>() as f32);
    Ok(Array { data: Data::F32(numbers.collect()), dims })
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, one, run};
    use crate::proto::Attribute;

    #[test]
    fn letters_that_the_result_lacks_are_summed_over() {
        let equation = |text: &str| [("equation", Attribute::String(text.into()))];
        let (a, b) = (floats(&[2, 2], &[1.0, 2.0, 3.0, 4.0]), floats(&[2], &[10.0, 1.0]));
        let made = one("Einsum", 12, &equation("ij,j->i"), &[&a, &b]);
        assert_eq!(made, floats(&[2], &[12.0, 34.0]));
        let made = one("Einsum", 12, &equation("ij->ji"), &[&a]);
        assert_eq!(made, floats(&[2, 2], &[1.0, 3.0, 2.0, 4.0]));
        assert!(run("Einsum", 12, &equation("ij,j->k"), &[&a, &b]).is_err());
    }
}
