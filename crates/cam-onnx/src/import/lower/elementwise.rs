//! Functions of one number and of two.

use cam_graph::{Binary, Function, Operation};

use super::Lower;
use crate::array::{Array, Data};
use crate::import::importer::{Importer, Outcome, floats, without};
use crate::import::known::{Dynamic, Known};
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "Identity" => |importer, node| importer.dynamic(node, 0),
        "Cast" | "CastLike" => cast,
        "Relu" | "Sigmoid" | "Tanh" | "Softplus" | "Softsign" | "Mish" | "HardSwish" | "Erf"
        | "Exp" | "Log" | "Sqrt" | "Reciprocal" | "Abs" | "Neg" | "Sin" | "Cos" | "Floor"
        | "Ceil" | "LeakyRelu" | "Elu" | "Selu" | "Celu" | "HardSigmoid" | "Gelu" | "FastGelu"
        | "QuickGelu" | "Swish" => map,
        "BiasGelu" => bias_gelu,
        "Clip" => clip,
        "PRelu" => prelu,
        "Add" | "Sub" | "Mul" | "Div" | "Pow" => combine,
        "Max" | "Min" | "Sum" | "Mean" => several,
        _ => return None,
    })
}

/// What a network drops while it is trained stays, and so does its mask.
pub(super) fn dropout(importer: &mut Importer<'_>, node: &Node) -> Outcome<()> {
    let is_training = importer.constant(node, 2)?.is_some_and(|flag| floats(&flag) == [1.0]);
    let drops = match importer.known(node, 1) {
        Some(Known::Dynamic(_)) => true,
        _ => importer.constant(node, 1)?.is_none_or(|ratio| floats(&ratio) != [0.0]),
    };
    if is_training && drops {
        return Err(without("in training mode"));
    }
    let x = importer.dynamic(node, 0)?;
    let all = Data::Bool(vec![true; x.dims.iter().product()]);
    let mask = Array { dims: x.dims.clone(), data: all };
    importer.give(node, 0, Known::Dynamic(x));
    importer.give(node, 1, Known::Constant(mask.into()));
    Ok(())
}

/// Floating-point formats are all f32 here; pixels that come as bytes are numbers already.
fn cast(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    const FLOATS: [i64; 4] = [1, 10, 11, 16];
    let like = match (node.op_type.as_str(), importer.known(node, 1)) {
        ("CastLike", Some(Known::Constant(_) | Known::Stored(_))) => {
            Some(importer.needed(node, 1)?)
        }
        _ => None,
    };
    if like.is_some_and(|like| !matches!(like.data, Data::F32(_))) {
        return Err(without("to integers or truth values"));
    }
    match node.int("to") {
        Some(to) if !FLOATS.contains(&to) => Err(without(format!("to type {to}"))),
        _ => importer.dynamic(node, 0),
    }
}

fn map(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let alpha = |usual: f32| node.float_or("alpha", usual);
    let function = match node.op_type.as_str() {
        "Relu" => Function::Relu,
        "Sigmoid" => Function::Sigmoid,
        "Tanh" => Function::Tanh,
        "Softplus" => Function::Softplus,
        "Softsign" => Function::Softsign,
        "Mish" => Function::Mish,
        "HardSwish" => Function::HardSwish,
        "Erf" => Function::Erf,
        "Exp" => Function::Exp,
        "Log" => Function::Log,
        "Sqrt" => Function::Sqrt,
        "Reciprocal" => Function::Reciprocal,
        "Abs" => Function::Abs,
        "Neg" => Function::Negate,
        "Sin" => Function::Sin,
        "Cos" => Function::Cos,
        "Floor" => Function::Floor,
        "Ceil" => Function::Ceil,
        "LeakyRelu" => Function::LeakyRelu { slope: alpha(0.01) },
        "Elu" => Function::Elu { alpha: alpha(1.0) },
        "Selu" => {
            Function::Selu { alpha: alpha(1.673_263_2), gamma: node.float_or("gamma", 1.050_701) }
        }
        "HardSigmoid" => {
            Function::HardSigmoid { slope: alpha(0.2), offset: node.float_or("beta", 0.5) }
        }
        "Gelu" if node.text("approximate") == Some("tanh") => Function::GeluTanh,
        "Gelu" => Function::Gelu,
        "FastGelu" if importer.known(node, 1).is_none() => Function::GeluTanh,
        "QuickGelu" => Function::Swish { beta: alpha(1.702) },
        "Swish" => Function::Swish { beta: alpha(1.0) },
        "Celu" if alpha(1.0) == 1.0 => Function::Elu { alpha: 1.0 },
        "Celu" => return celu(importer, &x, alpha(1.0)),
        _ => return Err(without("with these settings")),
    };
    importer.like(&x, Operation::Map(function))
}

/// α·ELU(x/α), ELU's own α being 1 (Barron 2017).
fn celu(importer: &mut Importer<'_>, x: &Dynamic, alpha: f32) -> Outcome<Dynamic> {
    let alpha = importer.number("alpha", alpha)?;
    let x = combined(importer, Binary::Divide, x, &alpha)?;
    let y = mapped(importer, &x, Function::Elu { alpha: 1.0 })?;
    combined(importer, Binary::Multiply, &y, &alpha)
}

/// A function of every number.
pub(super) fn mapped(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    function: Function,
) -> Outcome<Dynamic> {
    importer.like(x, Operation::Map(function))
}

fn bias_gelu(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let sum = pair(importer, Binary::Add, node, [0, 1])?;
    importer.like(&sum, Operation::Map(Function::Gelu))
}

fn clip(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let mut bound = |index: usize, attribute: &str, usual: f32| -> Outcome<f32> {
        let given = importer.constant(node, index)?;
        let given = given.and_then(|array| floats(&array).first().copied());
        Ok(given.or_else(|| node.float(attribute)).unwrap_or(usual))
    };
    let low = bound(1, "min", f32::NEG_INFINITY)?;
    let high = bound(2, "max", f32::INFINITY)?;
    // f32's limits mean no bound: old files write them.
    let low = if low <= f32::MIN { f32::NEG_INFINITY } else { low };
    let high = if high >= f32::MAX { f32::INFINITY } else { high };
    let function = match (low, high) {
        (0.0, f32::INFINITY) => Function::Relu,
        _ => Function::Clip { low, high },
    };
    importer.like(&x, Operation::Map(function))
}

fn prelu(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let slope = importer.needed(node, 1)?;
    if let [slope] = floats(&slope)[..] {
        return importer.like(&x, Operation::Map(Function::LeakyRelu { slope }));
    }
    let rank = x.dims.len();
    let missing = rank.checked_sub(slope.dims.len()).ok_or("the slope has too many axes")?;
    let wide: Vec<usize> = (0..slope.dims.len()).filter(|&axis| slope.dims[axis] != 1).collect();
    let [axis] = wide[..] else {
        // max(x, 0) + slope·min(x, 0).
        let (zero, slope) = (importer.number("zero", 0.0)?, importer.dynamic(node, 1)?);
        let above = combined(importer, Binary::Maximum, &x, &zero)?;
        let below = combined(importer, Binary::Minimum, &x, &zero)?;
        let below = combined(importer, Binary::Multiply, &below, &slope)?;
        return combined(importer, Binary::Add, &above, &below);
    };
    let flat = Array { dims: vec![slope.dims[axis]], data: slope.data.clone() };
    let slope = importer.parameter(&node.inputs[1], flat.into())?;
    importer.along(&x, &[missing + axis], |axes| Operation::PRelu { axis: axes[0], slope })
}

fn combine(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let binary = match node.op_type.as_str() {
        "Add" => Binary::Add,
        "Sub" => Binary::Subtract,
        "Mul" => Binary::Multiply,
        "Div" => Binary::Divide,
        _ => Binary::Power,
    };
    if importer.opset(node) < 7 {
        return Err(without("of an operator set before 7"));
    }
    // A power that is one number is a function.
    if binary == Binary::Power
        && matches!(importer.known(node, 1), Some(Known::Constant(_) | Known::Stored(_)))
    {
        let exponent = importer.needed(node, 1)?;
        if let [exponent] = floats(&exponent)[..] {
            let x = importer.dynamic(node, 0)?;
            return importer.like(&x, Operation::Map(Function::Power { exponent }));
        }
    }
    pair(importer, binary, node, [0, 1])
}

fn pair(
    importer: &mut Importer<'_>,
    binary: Binary,
    node: &Node,
    [a, b]: [usize; 2],
) -> Outcome<Dynamic> {
    let (a, b) = (importer.dynamic(node, a)?, importer.dynamic(node, b)?);
    combined(importer, binary, &a, &b)
}

/// Two values, number by number. ONNX and the graph both align the last axes.
pub(super) fn combined(
    importer: &mut Importer<'_>,
    binary: Binary,
    a: &Dynamic,
    b: &Dynamic,
) -> Outcome<Dynamic> {
    let rank = a.dims.len().max(b.dims.len());
    let side =
        |x: &Dynamic, i: usize| (i + x.dims.len()).checked_sub(rank).map_or(1, |i| x.dims[i]);
    let is_led = rank > 0 && side(a, 0) == 1 && side(b, 0) == 1;
    let value = importer.push(&[a.value, b.value], Operation::Combine(binary))?;
    Ok(importer.led(value, is_led))
}

fn several(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let binary = match node.op_type.as_str() {
        "Max" => Binary::Maximum,
        "Min" => Binary::Minimum,
        _ => Binary::Add,
    };
    let mut result = importer.dynamic(node, 0)?;
    for index in 1..node.inputs.len() {
        let next = importer.dynamic(node, index)?;
        result = combined(importer, binary, &result, &next)?;
    }
    if node.op_type == "Mean" {
        let share = importer.number("share", 1.0 / node.inputs.len() as f32)?;
        result = combined(importer, Binary::Multiply, &result, &share)?;
    }
    Ok(result)
}
