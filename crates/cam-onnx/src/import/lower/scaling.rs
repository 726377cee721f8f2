//! Norms that are spelt out in other steps.

use cam_graph::{Binary, Border, Function, Operation, Padding, Reduction, Window};

use super::Lower;
use super::elementwise::{combined, mapped};
use crate::import::importer::{Importer, Outcome, axes, axis, without};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "LpNormalization" => lp_norm,
        "LRN" => local_response_norm,
        "MeanVarianceNormalization" => mean_variance_norm,
        "RMSNormalization" | "SimplifiedLayerNormalization" => rms_norm,
        _ => return None,
    })
}

/// x/‖x‖ along an axis.
fn lp_norm(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let along = axis(node.int_or("axis", -1), x.dims.len())?;
    // ONNX has no ε: a vector of zeros stays one.
    let epsilon = f32::MIN_POSITIVE;
    match node.int_or("p", 2) {
        2 => importer.along(&x, &[along], |axes| Operation::L2Normalize { axis: axes[0], epsilon }),
        1 => {
            let length = reduced(importer, &x, &[along], Reduction::L1)?;
            let length =
                mapped(importer, &length, Function::Clip { low: epsilon, high: f32::INFINITY })?;
            combined(importer, Binary::Divide, &x, &length)
        }
        _ => Err(without("of another order than 1 or 2")),
    }
}

/// x/(bias + α/size·Σ x²)^β, the sum being over neighbouring channels (Krizhevsky et al. 2012).
fn local_response_norm(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let size = node.int("size").and_then(|size| usize::try_from(size).ok());
    let size = size.filter(|size| (1..1 << 16).contains(size)).ok_or("size is missing")?;
    let [n, c, rest @ ..] = x.dims.as_slice() else { return Err("it has no channels".into()) };
    let square = combined(importer, Binary::Multiply, &x, &x)?;
    // Channels as rows: a window over some of them.
    let planes = importer.reshaped(&square, &[*n, 1, *c, rest.iter().product()])?;
    let top = (size - 1) / 2;
    let border = Border { top, bottom: size - 1 - top, ..Border::default() };
    let window = Window { padding: Padding::Fixed(border), ..Window::new([size, 1]) };
    let mean = Operation::AveragePool { window, include_border: true };
    let mean = importer.like(&planes, mean)?;
    let mean = importer.reshaped(&mean, &x.dims)?;
    let alpha = importer.number("alpha", node.float_or("alpha", 1e-4))?;
    let bias = importer.number("bias", node.float_or("bias", 1.0))?;
    let sum = combined(importer, Binary::Multiply, &mean, &alpha)?;
    let sum = combined(importer, Binary::Add, &sum, &bias)?;
    let exponent = -node.float_or("beta", 0.75);
    let factor = mapped(importer, &sum, Function::Power { exponent })?;
    combined(importer, Binary::Multiply, &x, &factor)
}

/// (x − mean)/(deviation + 10⁻⁹).
fn mean_variance_norm(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let over = axes(node.ints("axes").unwrap_or(&[0, 2, 3]), x.dims.len())?;
    let (centred, variance) = moments(importer, &x, &over)?.1;
    let deviation = mapped(importer, &variance, Function::Sqrt)?;
    let least = importer.number("epsilon", 1e-9)?;
    let deviation = combined(importer, Binary::Add, &deviation, &least)?;
    combined(importer, Binary::Divide, &centred, &deviation)
}

/// scale·x/√(mean x² + ε) over an axis and all behind it (Zhang and Sennrich 2019).
fn rms_norm(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let first = axis(node.int_or("axis", -1), x.dims.len())?;
    let over: Vec<usize> = (first..x.dims.len()).collect();
    let square = combined(importer, Binary::Multiply, &x, &x)?;
    let mean = reduced(importer, &square, &over, Reduction::Mean)?;
    let factor = inverse_root(importer, &mean, node.float_or("epsilon", 1e-5))?;
    let y = combined(importer, Binary::Multiply, &x, &factor)?;
    let scale = importer.dynamic(node, 1)?;
    combined(importer, Binary::Multiply, &y, &scale)
}

/// The mean, and what differs from it with the mean of its squares.
pub(super) fn moments(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    over: &[usize],
) -> Outcome<(Dynamic, (Dynamic, Dynamic))> {
    let mean = reduced(importer, x, over, Reduction::Mean)?;
    let centred = combined(importer, Binary::Subtract, x, &mean)?;
    let square = combined(importer, Binary::Multiply, &centred, &centred)?;
    let variance = reduced(importer, &square, over, Reduction::Mean)?;
    Ok((mean, (centred, variance)))
}

/// 1/√(x + ε).
pub(super) fn inverse_root(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    epsilon: f32,
) -> Outcome<Dynamic> {
    let epsilon = importer.number("epsilon", epsilon)?;
    let sum = combined(importer, Binary::Add, x, &epsilon)?;
    let root = mapped(importer, &sum, Function::Sqrt)?;
    mapped(importer, &root, Function::Reciprocal)
}

fn reduced(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    over: &[usize],
    reduction: Reduction,
) -> Outcome<Dynamic> {
    importer.along(x, over, |axes| Operation::Reduce { reduction, axes, keep: true })
}
