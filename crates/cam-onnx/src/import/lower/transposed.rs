//! Transposed convolutions, as convolutions of an image with zeros between its pixels.

use cam_graph::{Border, Convolution, Operation, Padding};

use super::Lower;
use super::windows::{Sliding, sliding};
use crate::array::{Array, Data};
use crate::import::importer::{Importer, Outcome, floats};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    (operation == "ConvTranspose").then_some(convolution_transpose as Lower)
}

fn convolution_transpose(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let weight = importer.needed(node, 1)?;
    let Sliding { window, is_flat } = sliding(node, weight.dims.get(2..).unwrap_or_default())?;
    let groups = usize::try_from(node.int_or("group", 1)).map_err(|_| "group is negative")?;
    let x = super::windows::planes(importer, &x, is_flat)?;
    let &[n, channels, height, width] = x.dims.as_slice() else {
        return Err("it is not [n, c, h, w]".into());
    };
    let turned = turned(&weight, groups, window.kernel)?;
    let outputs = turned.dims[0];
    let weight = importer.parameter(&node.inputs[1], turned.into())?;
    let bias = importer.constant(node, 2)?;
    let bias = bias.map(|bias| importer.parameter(&node.inputs[2], bias)).transpose()?;
    // What a window in front of the first pixel and behind the last one touches.
    let (size, stride, reach) = ([height, width], window.stride, window.reach());
    let wanted = node.ints("output_shape").map(|_| pair(node, "output_shape", is_flat, 1));
    let wanted = wanted.transpose()?;
    let mut extra = pair(node, "output_padding", is_flat, 0)?;
    let (mut full, mut cut, border) = ([0; 2], [(0, 0); 2], window.border(size));
    for axis in [0, 1] {
        full[axis] = stride[axis] * size[axis].saturating_sub(1) + reach[axis] + extra[axis];
        let side = match window.padding {
            _ if wanted.is_some() => wanted.map(|wanted| wanted[axis]),
            Padding::Same { .. } => Some(size[axis] * stride[axis]),
            Padding::Fixed(_) => None,
        };
        cut[axis] = border.along(axis);
        // The size is asked for, and what is cut off follows.
        if let Some(side) = side {
            let missing = side.saturating_sub(full[axis]);
            (extra[axis], full[axis]) = (extra[axis] + missing, full[axis] + missing);
            let total = full[axis] - side;
            let before = match window.padding {
                Padding::Same { lower: false } => total / 2,
                _ => total - total / 2,
            };
            cut[axis] = (before, total - before);
        }
    }
    let x = spread(importer, &x, [n, channels, height, width], stride)?;
    let border = Border {
        top: reach[0] - 1,
        left: reach[1] - 1,
        bottom: reach[0] - 1 + extra[0],
        right: reach[1] - 1 + extra[1],
    };
    let convolution = Convolution {
        dilation: window.dilation,
        groups,
        padding: Padding::Fixed(border),
        ..Convolution::new(weight, bias)
    };
    let mut y = importer.like(&x, Operation::Convolution(convolution))?;
    debug_assert_eq!(y.dims, [n, outputs, full[0], full[1]]);
    for (axis, (start, behind)) in cut.into_iter().enumerate() {
        let length = full[axis].checked_sub(start + behind).filter(|&length| length > 0);
        let length = length.ok_or("its pads leave nothing")?;
        if length < full[axis] {
            y = importer.along(&y, &[axis + 2], |axes| Operation::Slice {
                axis: axes[0],
                start,
                length,
            })?;
        }
    }
    super::windows::lines(importer, &y, is_flat)
}

/// Zeros between pixels: none in front of the first or behind the last.
fn spread(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    [n, c, h, w]: [usize; 4],
    [down, across]: [usize; 2],
) -> Outcome<Dynamic> {
    if [down, across] == [1, 1] {
        return Ok(x.clone());
    }
    let x = importer.reshaped(x, &[n, c, h, 1, w, 1])?;
    let (mut behind, fill) = (vec![0; 6], cam_graph::Fill::Constant(0.0));
    (behind[3], behind[5]) = (down - 1, across - 1);
    let front = usize::from(x.is_led());
    let (before, behind) = (vec![0; 6 - front], behind[front..].to_vec());
    let x = importer.like(&x, Operation::Pad { before, behind, fill })?;
    let mut x = importer.reshaped(&x, &[n, c, h * down, w * across])?;
    for (axis, length) in [(2, (h - 1) * down + 1), (3, (w - 1) * across + 1)] {
        x = importer.along(&x, &[axis], |axes| Operation::Slice {
            axis: axes[0],
            start: 0,
            length,
        })?;
    }
    Ok(x)
}

/// `[in, out / groups, h, w]` as `[out, in / groups, h, w]`, turned by half a circle.
fn turned(weight: &Array, groups: usize, [h, w]: [usize; 2]) -> Outcome<Array> {
    let [inputs, per_group, ..] = weight.dims[..] else { return Err("it has no weights".into()) };
    if groups == 0 || !inputs.is_multiple_of(groups) {
        return Err(format!("{inputs} channels are not {groups} groups").into());
    }
    let (values, taps, of_group) = (floats(weight), h * w, inputs / groups);
    let mut turned = Vec::with_capacity(values.len());
    for output in 0..per_group * groups {
        let (group, own) = (output / per_group, output % per_group);
        for input in group * of_group..(group + 1) * of_group {
            let kernel = (input * per_group + own) * taps;
            turned.extend(values[kernel..kernel + taps].iter().rev());
        }
    }
    Ok(Array { dims: vec![per_group * groups, of_group, h, w], data: Data::F32(turned) })
}

/// Two sides, or one of a line.
fn pair(node: &Node, name: &str, is_flat: bool, usual: usize) -> Outcome<[usize; 2]> {
    let side = |side: i64| {
        let side = usize::try_from(side).ok().filter(|&side| side < 1 << 20);
        side.ok_or_else(|| format!("{name} is out of range"))
    };
    Ok(match (node.ints(name), is_flat) {
        (None, _) => [usual; 2],
        (Some(&[across]), true) => [usual, side(across)?],
        (Some(&[.., down, across]), false) => [side(down)?, side(across)?],
        (Some(list), _) => return Err(format!("{name} is {list:?}").into()),
    })
}
