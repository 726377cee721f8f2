//! Values at another size.

use cam_graph::{Coordinates, Interpolation, Operation, Rounding};

use super::Lower;
use super::cumulative::along_axis;
use crate::array::Array;
use crate::eval;
use crate::import::importer::{Importer, Outcome, floats, integers, without};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "Resize" | "Upsample" => resize,
        _ => return None,
    })
}

fn resize(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let &[.., height, width] = x.dims.as_slice() else {
        return Err("it has no rows and columns".into());
    };
    if !is_plain(node) {
        return by_matrices(importer, node, &x);
    }
    let rank = x.dims.len();
    let is_old = node.op_type == "Upsample" || importer.opset(node) < 11;
    let (scales, sizes) = if is_old { (1, usize::MAX) } else { (2, 3) };
    let sizes = match sizes {
        usize::MAX => None,
        index => importer.constant(node, index)?.map(|array| integers(&array)).transpose()?,
    };
    let scale = match sizes.filter(|sizes| sizes.len() == rank) {
        Some(sizes) => {
            // ⌊size·scale⌋ must be the size again: half a pixel more makes sure of it.
            let exact = |size: i64, side: usize| size as f64 / side as f64;
            if sizes[..rank - 2].iter().zip(&x.dims).any(|(&a, &b)| a != b as i64) {
                return by_matrices(importer, node, &x);
            }
            [exact(sizes[rank - 2], height), exact(sizes[rank - 1], width)]
        }
        None => {
            let list = match importer.constant(node, scales)? {
                Some(array) => floats(&array),
                None => node.floats("scales").unwrap_or_default().to_vec(),
            };
            let [front @ .., down, across] = list.as_slice() else {
                return Err("scales and sizes are missing".into());
            };
            if front.iter().any(|&scale| scale != 1.0) {
                return by_matrices(importer, node, &x);
            }
            [f64::from(*down), f64::from(*across)]
        }
    };
    if scale == [1.0, 1.0] {
        return Ok(x);
    }
    let usual = if is_old { "asymmetric" } else { "half_pixel" };
    let coordinates = match node.text("coordinate_transformation_mode").unwrap_or(usual) {
        "half_pixel" => Coordinates::HalfPixel,
        "pytorch_half_pixel" => Coordinates::PyTorchHalfPixel,
        "align_corners" if !is_whole([height, width], scale) => {
            return Err(without("of aligned corners to a side that is not whole"));
        }
        "align_corners" => Coordinates::AlignCorners,
        "asymmetric" => Coordinates::Asymmetric,
        other => return Err(without(format!("with coordinates {other:?}"))),
    };
    let rounding = match node.text("nearest_mode") {
        _ if is_old => Rounding::Floor,
        None | Some("round_prefer_floor") => Rounding::HalfDown,
        Some("round_prefer_ceil") => Rounding::HalfUp,
        Some("floor") => Rounding::Floor,
        Some("ceil") => Rounding::Ceil,
        Some(other) => return Err(without(format!("to the nearest by {other:?}"))),
    };
    let interpolation = match node.text("mode").unwrap_or("nearest") {
        "nearest" => Interpolation::Nearest(rounding),
        "linear" | "bilinear" => Interpolation::Linear,
        "cubic" => Interpolation::Cubic { a: node.float_or("cubic_coeff_a", -0.75).into() },
        other => return Err(without(format!("of mode {other:?}"))),
    };
    importer.like(&x, Operation::Resize { scale, interpolation, coordinates })
}

/// Whether there is a step for it.
fn is_plain(node: &Node) -> bool {
    let stretches = node.text("keep_aspect_ratio_policy").is_none_or(|policy| policy == "stretch");
    let coordinates = node.text("coordinate_transformation_mode");
    !node.flag("antialias", false)
        && !node.flag("exclude_outside", false)
        && node.ints("axes").is_none()
        && stretches
        && coordinates != Some("half_pixel_symmetric")
}

/// Whether the sides come out as they are, without being cut off: ONNX's definition of aligned corners divides by the
/// side before that, PyTorch and ONNX Runtime by the side behind it.
fn is_whole(size: [usize; 2], scale: [f64; 2]) -> bool {
    size.iter().zip(scale).all(|(&side, scale)| {
        let real = side as f64 * scale;
        (real - real.round()).abs() < 1e-4 * real
    })
}

/// One axis after the other as a product with a constant matrix, whatever the weights in it are.
fn by_matrices(importer: &mut Importer<'_>, node: &Node, x: &Dynamic) -> Outcome<Dynamic> {
    let mut y = x.clone();
    for (axis, matrix) in matrices(importer, node, &x.dims)? {
        let weight = importer.parameter(&format!("{}.weight", node.outputs[0]), matrix.into())?;
        y = along_axis(importer, &y, axis, weight)?;
    }
    Ok(y)
}

fn matrices(
    importer: &mut Importer<'_>,
    node: &Node,
    dims: &[usize],
) -> Outcome<Vec<(usize, Array)>> {
    // The value itself, which is not known, and what says how it is resized.
    let settings = (1..node.inputs.len())
        .map(|index| importer.constant(node, index))
        .collect::<Outcome<Vec<_>>>()?;
    let inputs: Vec<_> =
        std::iter::once(None).chain(settings.iter().map(Option::as_deref)).collect();
    let opset = importer.opset(node);
    let read = |tensor: &crate::proto::Tensor| importer.peek(tensor);
    let operation = eval::Operation { node, opset, read: &read };
    eval::resize::matrices(&operation, &inputs, dims).map_err(without)
}
