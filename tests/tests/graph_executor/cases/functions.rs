use cam_graph::{Function, Operation};

use crate::case::Case;

pub fn cases() -> Vec<Case> {
    let everywhere = bent().into_iter().chain(smooth());
    let everywhere = everywhere.map(|(name, function)| case(name, function));
    let positive = [
        ("log", Function::Log),
        ("sqrt", Function::Sqrt),
        ("reciprocal", Function::Reciprocal),
        ("power", Function::Power { exponent: 1.3 }),
    ];
    let positive = positive.into_iter().map(|(name, function)| case(name, function).positive());
    everywhere.chain(positive).collect()
}

fn case(name: &str, function: Function) -> Case {
    Case::new(format!("function {name}"), Operation::Map(function)).value(&[23])
}

fn bent() -> Vec<(&'static str, Function)> {
    let unbounded = f32::INFINITY;
    vec![
        ("relu", Function::Relu),
        ("leaky relu", Function::LeakyRelu { slope: 0.1 }),
        ("elu", Function::Elu { alpha: 0.7 }),
        ("selu", Function::Selu { alpha: 1.673_263_2, gamma: 1.050_701 }),
        ("clip", Function::Clip { low: -1.0, high: 1.5 }),
        ("clip below", Function::Clip { low: -1.0, high: unbounded }),
        ("clip above", Function::Clip { low: -unbounded, high: 1.5 }),
        ("hard swish", Function::HardSwish),
        ("hard sigmoid", Function::HardSigmoid { slope: 0.2, offset: 0.5 }),
        ("abs", Function::Abs),
        ("floor", Function::Floor),
        ("ceil", Function::Ceil),
    ]
}

fn smooth() -> Vec<(&'static str, Function)> {
    vec![
        ("gelu", Function::Gelu),
        ("gelu tanh", Function::GeluTanh),
        ("silu", Function::Swish { beta: 1.0 }),
        ("quick gelu", Function::Swish { beta: 1.702 }),
        ("sigmoid", Function::Sigmoid),
        ("tanh", Function::Tanh),
        ("softplus", Function::Softplus),
        ("softsign", Function::Softsign),
        ("mish", Function::Mish),
        ("erf", Function::Erf),
        ("exp", Function::Exp),
        ("negate", Function::Negate),
        ("square", Function::Power { exponent: 2.0 }),
        ("cube", Function::Power { exponent: 3.0 }),
        ("fourth power", Function::Power { exponent: 4.0 }),
        ("sine", Function::Sin),
        ("cosine", Function::Cos),
    ]
}
