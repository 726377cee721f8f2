use cam_engine::{Activation, Convolution, Engine, Error, Operation, Options};

use crate::support::{convolution, graph, grouped};
use crate::{assert_agrees, assert_is_derivative, steps};

#[test]
fn every_activation_is_a_step_of_its_own() {
    for channels in [3, 16, 40] {
        for activation in every_activation(channels) {
            let one = Operation::Activation(activation.clone());
            assert_agrees(&graph([one.clone()]), [2, channels, 5, 6]);
            // Behind a convolution and in front of one, whose borders must stay zero.
            let first = Operation::Convolution(linear(channels, channels));
            let last = Operation::Convolution(convolution(channels, 20, 3, 2));
            assert_agrees(&graph([first, one, last]), [1, channels, 6, 5]);
        }
    }
}

#[test]
fn derivatives_are_those_of_the_activations() {
    for activation in every_activation(4) {
        let one = Operation::Activation(activation.clone());
        let fused = Convolution { activation, ..convolution(4, 4, 3, 3) };
        assert_is_derivative(&graph([one, Operation::Convolution(fused)]), [1, 4, 5, 5]);
    }
}

#[test]
fn every_activation_is_fused_to_every_form_of_convolution() {
    for (inputs, outputs, groups, size) in
        [(5, 70, 1, 6), (64, 64, 2, 5), (12, 24, 12, 6), (24, 24, 24, 7), (32, 48, 1, 14)]
    {
        for activation in every_activation(outputs) {
            let step = Convolution { activation, ..grouped(inputs, outputs, 3, groups, 4) };
            assert_agrees(&graph([Operation::Convolution(step)]), [1, inputs, size, size + 1]);
        }
    }
}

#[test]
fn activations_follow_residuals_and_long_reductions() {
    for activation in [Activation::Swish { beta: 1.0 }, Activation::Gelu, Activation::HardSwish] {
        let curved = |step: Convolution| Convolution { activation: activation.clone(), ..step };
        let operation = Operation::Convolution;
        let graph = steps([
            (0, operation(curved(convolution(3, 512, 1, 1)))),
            (1, operation(curved(convolution(512, 64, 3, 2)))),
            (2, operation(curved(convolution(64, 24, 1, 3)))),
            (3, Operation::Activation(activation.clone())),
            (4, operation(Convolution { residual: Some(2), ..curved(convolution(24, 64, 1, 4)) })),
            (5, operation(Convolution { residual: Some(5), ..curved(convolution(64, 64, 3, 5)) })),
        ]);
        assert_agrees(&graph, [2, 3, 4, 5]);
    }
}

#[test]
fn activations_that_are_none_are_refused() {
    let refused = |graph| Engine::new(graph, Options::default()).err().unwrap();
    let step = 0;
    let nan = Activation::Clip { low: f32::NAN, high: 1.0 };
    let error = refused(graph([Operation::Activation(nan.clone())]));
    assert_eq!(error, Error::NotANumber { step, field: "low" });
    let fused = Convolution { activation: nan, ..convolution(4, 4, 3, 3) };
    let error = refused(graph([Operation::Convolution(fused)]));
    assert_eq!(error, Error::NotANumber { step, field: "low" });
    let few = Activation::PRelu { slope: vec![0.5; 3] };
    let fused = Convolution { activation: few.clone(), ..convolution(4, 4, 3, 3) };
    let error = refused(graph([Operation::Convolution(fused)]));
    assert_eq!(error, Error::Length { step, tensor: "slope", expected: 4, found: 3 });
    let behind = [Operation::Convolution(convolution(4, 4, 3, 3)), Operation::Activation(few)];
    let error = refused(graph(behind));
    assert_eq!(error, Error::Channels { step: 1, value: 1, expected: 3, found: 4 });
    let alone = graph([Operation::Activation(Activation::PRelu { slope: vec![0.5; 3] })]);
    let engine = Engine::new(alone, Options::default()).unwrap();
    let error = engine.run(0..1, &[0.0; 4], [1, 4, 1, 1]).unwrap_err();
    assert_eq!(error, Error::Channels { step: 0, value: 0, expected: 3, found: 4 });
}

fn linear(inputs: usize, outputs: usize) -> Convolution {
    Convolution { activation: Activation::Identity, ..convolution(inputs, outputs, 3, 1) }
}

/// One of every kind, for values of so many channels.
pub fn every_activation(channels: usize) -> Vec<Activation> {
    let slope = |factor: f32| (0..channels).map(|c| factor * (c % 7) as f32 - 0.1).collect();
    vec![
        Activation::Identity,
        Activation::Relu,
        Activation::Relu6,
        Activation::Clip { low: -0.25, high: 0.5 },
        Activation::LeakyRelu { slope: 0.1 },
        Activation::LeakyRelu { slope: -0.5 },
        Activation::PRelu { slope: vec![0.25; channels] },
        Activation::PRelu { slope: slope(0.05) },
        Activation::Sigmoid,
        Activation::Swish { beta: 1.0 },
        Activation::Swish { beta: 1.702 },
        Activation::HardSwish,
        Activation::HardSigmoid { slope: 0.2, offset: 0.5 },
        Activation::Tanh,
        Activation::Gelu,
        Activation::GeluTanh,
    ]
}
