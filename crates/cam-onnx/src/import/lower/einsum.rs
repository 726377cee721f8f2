//! Sums of products, as one product of matrices.

use cam_graph::{Operation, Reduction};

use super::Lower;
use super::linear::multiplied;
use super::reshaping::reordered;
use crate::einsum::Equation;
use crate::import::importer::{Importer, Outcome, without};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    (operation == "Einsum").then_some(einsum as Lower)
}

fn einsum(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let text = node.text("equation").ok_or("equation is missing")?;
    let equation = Equation::read(text).map_err(without)?;
    let operands = (0..node.inputs.len())
        .map(|index| importer.dynamic(node, index))
        .collect::<Outcome<Vec<_>>>()?;
    let dims: Vec<&[usize]> = operands.iter().map(|operand| operand.dims.as_slice()).collect();
    let sides = equation.sides(&dims)?;
    // What only one operand has, and nobody asks for, is summed first.
    let mut parts = Vec::new();
    for (index, operand) in operands.iter().enumerate() {
        let others = (0..operands.len()).filter(|&other| other != index);
        let elsewhere: Vec<char> = others
            .flat_map(|other| &equation.operands[other])
            .chain(&equation.result)
            .copied()
            .collect();
        parts.push(summed(importer, operand, &equation.operands[index], &elsewhere)?);
    }
    let (letters, value) = match parts.as_slice() {
        [one] => one.clone(),
        [a, b] => {
            let within = |list: &[char], letter: &char| list.contains(letter);
            let kept = |letter: &&char| within(&equation.result, letter);
            let pick = |from: &[char], wanted: &dyn Fn(&&char) -> bool| -> Vec<char> {
                from.iter().filter(wanted).copied().collect()
            };
            let batch = pick(&a.0, &|letter| within(&b.0, letter) && kept(letter));
            let inner = pick(&a.0, &|letter| within(&b.0, letter) && !kept(letter));
            let rows = pick(&a.0, &|letter| !within(&b.0, letter));
            let columns = pick(&b.0, &|letter| !within(&a.0, letter));
            let length = |list: &[char]| list.iter().map(|letter| sides[letter]).product::<usize>();
            let (count, side) = (length(&batch), length(&inner));
            let left = [batch.as_slice(), &rows, &inner].concat();
            let left = arranged(importer, a, &left, &[count, length(&rows), side])?;
            let right = [batch.as_slice(), &inner, &columns].concat();
            let right = arranged(importer, b, &right, &[count, side, length(&columns)])?;
            let product = multiplied(importer, &left, &right)?;
            let letters = [batch, rows, columns].concat();
            let dims: Vec<usize> = letters.iter().map(|letter| sides[letter]).collect();
            (letters, importer.reshaped(&product, &dims)?)
        }
        _ => return Err(without(format!("of {} operands", parts.len()))),
    };
    let order = order(&letters, &equation.result)?;
    reordered(importer, &value, &order)
}

/// Without the axes whose letters are not elsewhere.
fn summed(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    letters: &[char],
    elsewhere: &[char],
) -> Outcome<(Vec<char>, Dynamic)> {
    let (left, lone): (Vec<char>, Vec<char>) =
        letters.iter().partition(|letter| elsewhere.contains(letter));
    if lone.is_empty() {
        return Ok((left, x.clone()));
    }
    let over: Vec<usize> = (0..letters.len()).filter(|&i| lone.contains(&letters[i])).collect();
    let reduction = Reduction::Sum;
    let sum =
        importer.along(x, &over, |axes| Operation::Reduce { reduction, axes, keep: false })?;
    Ok((left, sum))
}

/// Axes in the order of some letters, under other sides.
fn arranged(
    importer: &mut Importer<'_>,
    (letters, x): &(Vec<char>, Dynamic),
    wanted: &[char],
    dims: &[usize],
) -> Outcome<Dynamic> {
    let order = order(letters, wanted)?;
    let x = reordered(importer, x, &order)?;
    importer.reshaped(&x, dims)
}

/// Where each letter is found.
fn order(letters: &[char], wanted: &[char]) -> Outcome<Vec<usize>> {
    let place = |letter: &char| letters.iter().position(|found| found == letter);
    let order = wanted.iter().map(place).collect::<Option<Vec<_>>>();
    Ok(order.ok_or("its letters do not fit")?)
}
