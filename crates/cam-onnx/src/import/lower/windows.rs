//! Convolutions and pools.

use cam_graph::{Border, Convolution, Function, Operation, Padding, Window};

use super::Lower;
use super::elementwise::combined;
use crate::import::importer::{Importer, Outcome, without};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "Conv" | "FusedConv" => convolution,
        "MaxPool" => |importer, node| pool(importer, node, Operation::MaxPool),
        "AveragePool" => |importer, node| {
            let include_border = node.flag("count_include_pad", false);
            pool(importer, node, |window| Operation::AveragePool { window, include_border })
        },
        _ => return None,
    })
}

fn convolution(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let weight = importer.needed(node, 1)?;
    let &[_, _, height, width] = weight.dims.as_slice() else {
        return Err(without(format!("over {} axes", weight.dims.len().saturating_sub(2))));
    };
    let window = window(node, [height, width])?;
    let bias = importer.constant(node, 2)?;
    let bias = bias.map(|bias| importer.parameter(&node.inputs[2], bias)).transpose()?;
    let weight = importer.parameter(&node.inputs[1], weight)?;
    let groups = usize::try_from(node.int_or("group", 1)).map_err(|_| "group is negative")?;
    let convolution = Convolution {
        stride: window.stride,
        dilation: window.dilation,
        padding: window.padding,
        groups,
        ..Convolution::new(weight, bias)
    };
    let mut y = importer.like(&x, Operation::Convolution(convolution))?;
    // What ONNX Runtime fused.
    if node.op_type == "FusedConv" {
        if importer.known(node, 3).is_some() {
            let residual = importer.dynamic(node, 3)?;
            y = combined(importer, cam_graph::Binary::Add, &y, &residual)?;
        }
        if let Some(function) = fused(node)? {
            y = importer.like(&y, Operation::Map(function))?;
        }
    }
    Ok(y)
}

/// What ONNX Runtime fused to a convolution.
fn fused(node: &Node) -> Outcome<Option<Function>> {
    let parameter = |index: usize| {
        let given = node.floats("activation_params").and_then(|list| list.get(index).copied());
        given.ok_or("activation_params are missing")
    };
    Ok(Some(match node.text("activation") {
        None | Some("") => return Ok(None),
        Some("Relu") => Function::Relu,
        Some("Sigmoid") => Function::Sigmoid,
        Some("Tanh") => Function::Tanh,
        Some("LeakyRelu") => Function::LeakyRelu { slope: parameter(0)? },
        Some("Clip") => Function::Clip { low: parameter(0)?, high: parameter(1)? },
        Some("HardSigmoid") => {
            Function::HardSigmoid { slope: parameter(0)?, offset: parameter(1)? }
        }
        Some(other) => return Err(without(format!("with {other} fused to it"))),
    }))
}

fn pool(
    importer: &mut Importer<'_>,
    node: &Node,
    make: impl FnOnce(Window) -> Operation,
) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let kernel = node.ints("kernel_shape").ok_or("kernel_shape is missing")?;
    let &[height, width] = kernel else {
        return Err(without(format!("over {} axes", kernel.len())));
    };
    if node.outputs.get(1).is_some_and(|name| !name.is_empty()) {
        return Err(without("that gives indices"));
    }
    let window = window(node, [positive(height)?, positive(width)?])?;
    importer.like(&x, make(window))
}

fn window(node: &Node, kernel: [usize; 2]) -> Outcome<Window> {
    let pair = |name: &str| match node.ints(name) {
        None => Ok([1, 1]),
        Some(&[down, across]) => Ok([positive(down)?, positive(across)?]),
        Some(list) => Err(format!("{name} is {list:?}, which is not for rows and columns")),
    };
    let padding = match node.text("auto_pad") {
        Some("SAME_UPPER") => Padding::Same { lower: false },
        Some("SAME_LOWER") => Padding::Same { lower: true },
        Some("VALID") => Padding::Fixed(Border::all(0)),
        None | Some("NOTSET" | "") => Padding::Fixed(match node.ints("pads") {
            None => Border::all(0),
            Some(&[top, left, bottom, right]) => Border {
                top: border(top)?,
                left: border(left)?,
                bottom: border(bottom)?,
                right: border(right)?,
            },
            Some(list) => return Err(format!("pads are {list:?}, not four").into()),
        }),
        Some(other) => return Err(format!("auto_pad is {other:?}").into()),
    };
    Ok(Window {
        stride: pair("strides")?,
        dilation: pair("dilations")?,
        padding,
        ceil: node.flag("ceil_mode", false),
        ..Window::new(kernel)
    })
}

fn positive(number: i64) -> Result<usize, String> {
    let found = usize::try_from(number).ok().filter(|&number| number > 0 && number < 1 << 20);
    found.ok_or_else(|| format!("{number} is no length of a window"))
}

fn border(number: i64) -> Result<usize, String> {
    let found = usize::try_from(number).ok().filter(|&number| number < 1 << 20);
    found.ok_or_else(|| format!("{number} is no width of a border"))
}
