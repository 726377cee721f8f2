//! Comparisons of values that depend on the image, as 1 and 0, and what is spelt out with them.

use cam_graph::{Binary, Operation};

use super::Lower;
use super::elementwise::combined;
use crate::import::importer::{Importer, Outcome};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "Less" => |importer, node| less(importer, node, [0, 1]),
        "Greater" => |importer, node| less(importer, node, [1, 0]),
        "LessOrEqual" => |importer, node| not_less(importer, node, [1, 0]),
        "GreaterOrEqual" => |importer, node| not_less(importer, node, [0, 1]),
        "Equal" => equal,
        "Not" => |importer, node| {
            let x = importer.dynamic(node, 0)?;
            inverse(importer, &x)
        },
        "And" => |importer, node| both(importer, node, Binary::Minimum),
        "Or" => |importer, node| both(importer, node, Binary::Maximum),
        "Sign" => sign,
        "ThresholdedRelu" => thresholded_relu,
        "Shrink" => shrink,
        _ => return None,
    })
}

fn less(importer: &mut Importer<'_>, node: &Node, [a, b]: [usize; 2]) -> Outcome<Dynamic> {
    let (a, b) = (importer.dynamic(node, a)?, importer.dynamic(node, b)?);
    combined(importer, Binary::Less, &a, &b)
}

fn not_less(importer: &mut Importer<'_>, node: &Node, order: [usize; 2]) -> Outcome<Dynamic> {
    let x = less(importer, node, order)?;
    inverse(importer, &x)
}

/// Neither a < b nor b < a.
fn equal(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let (a, b) = (not_less(importer, node, [0, 1])?, not_less(importer, node, [1, 0])?);
    combined(importer, Binary::Minimum, &a, &b)
}

/// 1 − x.
fn inverse(importer: &mut Importer<'_>, x: &Dynamic) -> Outcome<Dynamic> {
    let one = importer.number("one", 1.0)?;
    combined(importer, Binary::Subtract, &one, x)
}

fn both(importer: &mut Importer<'_>, node: &Node, binary: Binary) -> Outcome<Dynamic> {
    let (a, b) = (importer.dynamic(node, 0)?, importer.dynamic(node, 1)?);
    combined(importer, binary, &a, &b)
}

/// [0 < x] − [x < 0].
fn sign(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let zero = importer.number("zero", 0.0)?;
    let above = combined(importer, Binary::Less, &zero, &x)?;
    let below = combined(importer, Binary::Less, &x, &zero)?;
    combined(importer, Binary::Subtract, &above, &below)
}

/// x above α, else 0.
fn thresholded_relu(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let alpha = importer.number("alpha", node.float_or("alpha", 1.0))?;
    let zero = importer.number("zero", 0.0)?;
    let above = combined(importer, Binary::Less, &alpha, &x)?;
    selected(importer, [&above, &x, &zero])
}

/// x − bias above λ, x + bias below −λ, else 0.
fn shrink(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let lambda = node.float_or("lambd", 0.5);
    let (upper, lower) = (importer.number("lambd", lambda)?, importer.number("lambd", -lambda)?);
    let bias = importer.number("bias", node.float_or("bias", 0.0))?;
    let zero = importer.number("zero", 0.0)?;
    let above = combined(importer, Binary::Less, &upper, &x)?;
    let below = combined(importer, Binary::Less, &x, &lower)?;
    let less = combined(importer, Binary::Subtract, &x, &bias)?;
    let more = combined(importer, Binary::Add, &x, &bias)?;
    let otherwise = selected(importer, [&below, &more, &zero])?;
    selected(importer, [&above, &less, &otherwise])
}

/// The second where the first is 1, else the third.
pub(super) fn selected(importer: &mut Importer<'_>, parts: [&Dynamic; 3]) -> Outcome<Dynamic> {
    let dims =
        parts.iter().try_fold(Vec::new(), |dims, part| cam_graph::broadcast(&dims, &part.dims))?;
    let value = importer.push(&parts.map(|part| part.value), Operation::Select)?;
    Ok(Dynamic { value, dims })
}
