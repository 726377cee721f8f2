//! Convolutions and pools.

use cam_graph::{Binary, Border, Convolution, Function, Operation, Padding, Window};

use super::Lower;
use super::elementwise::{combined, mapped};
use crate::import::importer::{Importer, Outcome, without};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "Conv" | "FusedConv" => convolution,
        "MaxPool" => |importer, node| pool(importer, node, Operation::MaxPool),
        "LpPool" => lp_pool,
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
    let &[outputs, per_group, ref kernel @ ..] = weight.dims.as_slice() else {
        return Err(format!("weights of {:?} are none of a convolution", weight.dims).into());
    };
    let Sliding { window, is_flat } = sliding(node, kernel)?;
    let shape = vec![outputs, per_group, window.kernel[0], window.kernel[1]];
    let bias = importer.constant(node, 2)?;
    let bias = bias.map(|bias| importer.parameter(&node.inputs[2], bias)).transpose()?;
    let weight = importer.parameter_of_shape(&node.inputs[1], weight, shape)?;
    let groups = usize::try_from(node.int_or("group", 1)).map_err(|_| "group is negative")?;
    let convolution = Convolution {
        stride: window.stride,
        dilation: window.dilation,
        padding: window.padding,
        groups,
        ..Convolution::new(weight, bias)
    };
    let x = planes(importer, &x, is_flat)?;
    let y = importer.like(&x, Operation::Convolution(convolution))?;
    let mut y = lines(importer, &y, is_flat)?;
    // What ONNX Runtime fused.
    if node.op_type == "FusedConv" {
        if importer.known(node, 3).is_some() {
            let residual = importer.dynamic(node, 3)?;
            y = combined(importer, Binary::Add, &y, &residual)?;
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
    if node.outputs.get(1).is_some_and(|name| !name.is_empty()) {
        return Err(without("that gives indices"));
    }
    let Sliding { window, is_flat } = sliding(node, &kernel(node)?)?;
    let x = planes(importer, &x, is_flat)?;
    let y = importer.like(&x, make(window))?;
    lines(importer, &y, is_flat)
}

fn kernel(node: &Node) -> Result<Vec<usize>, String> {
    let sides = node.ints("kernel_shape").ok_or("kernel_shape is missing")?;
    sides.iter().map(|&side| positive(side)).collect()
}

/// (Σ|x|ᵖ)^(1/p) over every window: a mean, times the numbers in a window.
fn lp_pool(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    if node.flag("ceil_mode", false) {
        return Err(without("with windows beyond the border"));
    }
    let x = importer.dynamic(node, 0)?;
    let p = node.int_or("p", 2) as f32;
    let magnitude = mapped(importer, &x, Function::Abs)?;
    let magnitude = mapped(importer, &magnitude, Function::Power { exponent: p })?;
    let numbers: usize = kernel(node)?.iter().product();
    let Sliding { window, is_flat } = sliding(node, &kernel(node)?)?;
    let planes = planes(importer, &magnitude, is_flat)?;
    let mean = Operation::AveragePool { window, include_border: true };
    let mean = importer.like(&planes, mean)?;
    let mean = lines(importer, &mean, is_flat)?;
    let numbers = importer.number("numbers", numbers as f32)?;
    let sum = combined(importer, Binary::Multiply, &mean, &numbers)?;
    mapped(importer, &sum, Function::Power { exponent: p.recip() })
}

/// Windows that slide over rows and columns, or over a line that becomes the only row.
pub(super) struct Sliding {
    pub(super) window: Window,
    pub(super) is_flat: bool,
}

/// The windows of a node, for kernels of those sides.
pub(super) fn sliding(node: &Node, kernel: &[usize]) -> Outcome<Sliding> {
    let (kernel, is_flat) = match *kernel {
        [height, width] => ([height, width], false),
        [width] => ([1, width], true),
        _ => return Err(without(format!("over {} axes", kernel.len()))),
    };
    Ok(Sliding { window: window(node, kernel)?, is_flat })
}

/// `[n, c, w]` as `[n, c, 1, w]`.
pub(super) fn planes(importer: &mut Importer<'_>, x: &Dynamic, is_flat: bool) -> Outcome<Dynamic> {
    match (is_flat, x.dims.as_slice()) {
        (true, &[n, c, w]) => importer.reshaped(x, &[n, c, 1, w]),
        (false, [_, _, _, _]) => Ok(x.clone()),
        (_, dims) => Err(format!("windows do not fit on {dims:?}").into()),
    }
}

/// `[n, c, 1, w]` as `[n, c, w]` again.
pub(super) fn lines(importer: &mut Importer<'_>, y: &Dynamic, is_flat: bool) -> Outcome<Dynamic> {
    match (is_flat, y.dims.as_slice()) {
        (true, &[n, c, 1, w]) => importer.reshaped(y, &[n, c, w]),
        _ => Ok(y.clone()),
    }
}

fn window(node: &Node, kernel: [usize; 2]) -> Outcome<Window> {
    let pair = |name: &str| match node.ints(name) {
        None => Ok([1, 1]),
        Some(&[down, across]) => Ok([positive(down)?, positive(across)?]),
        Some(&[across]) => Ok([1, positive(across)?]),
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
            Some(&[left, right]) => {
                Border { left: border(left)?, right: border(right)?, ..Border::default() }
            }
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
