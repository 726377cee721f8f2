//! Values at another size.

use cam_graph::{Coordinates, Interpolation, Operation, Rounding};

use super::Lower;
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
    let rank = x.dims.len();
    if node.flag("antialias", false) {
        return Err(without("with antialiasing"));
    }
    if node.ints("axes").is_some()
        || node.text("keep_aspect_ratio_policy").is_some_and(|p| p != "stretch")
    {
        return Err(without("along chosen axes"));
    }
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
                return Err(without("of other axes than rows and columns"));
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
                return Err(without("of other axes than rows and columns"));
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
        "cubic" if !node.flag("exclude_outside", false) => {
            Interpolation::Cubic { a: node.float_or("cubic_coeff_a", -0.75).into() }
        }
        other => return Err(without(format!("of mode {other:?}"))),
    };
    importer.like(&x, Operation::Resize { scale, interpolation, coordinates })
}
