//! Every convolution agrees with its definition, on every instruction set.

mod support;

use cam_engine::{Activation, Convolution, Graph, Operation, Padding, Step, Window};
use proptest::prelude::*;
use support::*;

/// Rounding of f32 sums, in units of the maximum; each step of a chain adds its own.
const TOLERANCE: f64 = 3e-6;

fn assert_agrees(graph: &Graph, shape: [usize; 4]) {
    let input = numbers(7, shape.iter().product());
    let expected = reference(graph, 0..graph.steps.len(), &input, shape);
    let mut fused = None;
    for instructions in available() {
        let one = run(graph, exact(instructions, 1), &input, shape);
        let error = difference(&one, &expected);
        let tolerance = TOLERANCE * graph.steps.len() as f64;
        assert!(error < tolerance, "{instructions}: {error:e} on {shape:?}");
        for threads in [2, 3] {
            let more = run(graph, exact(instructions, threads), &input, shape);
            assert_eq!(bits(&one), bits(&more), "{instructions} with {threads} threads");
        }
        if instructions != cam_engine::InstructionSet::Portable {
            let first = fused.get_or_insert_with(|| bits(&one));
            assert_eq!(*first, bits(&one), "{instructions} rounds otherwise");
        }
    }
}

fn assert_convolution_agrees(convolution: Convolution, shape: [usize; 4]) {
    assert_agrees(&graph([Operation::Convolution(convolution)]), shape);
}

#[test]
fn dense_convolutions_agree_with_their_definition() {
    for (kernel, stride, inputs, outputs, size) in [
        (1, 1, 64, 64, 7),
        (1, 2, 512, 33, 5),
        (3, 1, 16, 48, 6),
        (3, 2, 32, 40, 9),
        (5, 1, 3, 17, 8),
        (7, 2, 3, 64, 19),
        (7, 1, 2, 1, 1),
        (2, 1, 5, 5, 4),
        (1, 1, 1, 1, 1),
        (3, 3, 24, 100, 10),
    ] {
        let plain = convolution(inputs, outputs, kernel, 3);
        assert_convolution_agrees(
            Convolution { stride: [stride; 2], ..plain },
            [1, inputs, size, size + 1],
        );
    }
}

#[test]
fn a_long_reduction_is_summed_in_parts() {
    assert_convolution_agrees(convolution(512, 64, 3, 5), [1, 512, 4, 5]);
}

#[test]
fn grouped_convolutions_agree_with_their_definition() {
    for (groups, inputs, outputs) in [
        (32, 128, 128),
        (32, 256, 256),
        (2, 64, 64),
        (4, 32, 128),
        (3, 9, 15),
        (5, 5, 10),
        (2, 40, 6),
        (8, 8, 16),
        (4, 100, 20),
    ] {
        assert_convolution_agrees(grouped(inputs, outputs, 3, groups, 11), [2, inputs, 5, 6]);
    }
}

#[test]
fn depthwise_convolutions_agree_with_their_definition() {
    for (channels, kernel, stride, size) in [
        (32, 3, 1, 8),
        (96, 3, 2, 9),
        (5, 5, 1, 7),
        (144, 5, 2, 10),
        (240, 3, 1, 1),
        (17, 7, 3, 12),
    ] {
        for padding in [Padding::Same, Padding::Each(kernel / 2)] {
            let plain = grouped(channels, channels, kernel, channels, 13);
            let step = Convolution { stride: [stride; 2], padding, ..plain };
            assert_convolution_agrees(step, [2, channels, size, size + 3]);
        }
    }
}

#[test]
fn max_pools_agree_with_their_definition() {
    for (kernel, stride, padding) in [(3, 2, 1), (2, 2, 0), (1, 1, 0), (5, 3, 2)] {
        for channels in [3, 16, 40] {
            assert_agrees(
                &graph([Operation::MaxPool(Window::square(kernel, stride, padding))]),
                [2, channels, 9, 12],
            );
        }
    }
}

/// Two blocks: one with a projection of its shortcut, one that adds its input.
fn residual_blocks(kernel: usize, stride: usize, activation: &Activation) -> Graph {
    let conv = |inputs, outputs, kernel, seed| Convolution {
        activation: activation.clone(),
        ..convolution(inputs, outputs, kernel, seed)
    };
    let project = Convolution {
        stride: [stride; 2],
        activation: Activation::Identity,
        ..convolution(24, 56, 1, 40)
    };
    let steps = [
        (0, conv(3, 24, 3, 20)),
        (1, project),
        (1, conv(24, 32, 1, 22)),
        (3, Convolution { stride: [stride; 2], ..conv(32, 32, 3, 24) }),
        (4, Convolution { residual: Some(2), ..conv(32, 56, kernel, 26) }),
        (5, conv(56, 32, 1, 28)),
        (6, conv(32, 32, 3, 30)),
        (7, Convolution { residual: Some(5), ..conv(32, 56, kernel, 32) }),
    ];
    let steps = steps
        .into_iter()
        .map(|(input, step)| Step { input, operation: Operation::Convolution(step) });
    Graph { steps: steps.collect() }
}

#[test]
fn residual_blocks_agree_with_their_definition() {
    for kernel in [1, 3] {
        for stride in [1, 2] {
            for activation in [Activation::Identity, Activation::Relu, Activation::Relu6] {
                assert_agrees(&residual_blocks(kernel, stride, &activation), [2, 3, 11, 8]);
            }
        }
    }
}

#[test]
fn a_residual_that_is_the_input_itself_is_not_overwritten_too_early() {
    let doubled = Convolution { residual: Some(0), ..convolution(20, 20, 3, 50) };
    let again = Convolution { residual: Some(0), ..convolution(20, 20, 3, 52) };
    assert_agrees(
        &graph([Operation::Convolution(doubled), Operation::Convolution(again)]),
        [1, 20, 6, 6],
    );
}

#[test]
fn a_long_reduction_with_a_residual_is_summed_in_parts() {
    let residual = Convolution { residual: Some(0), ..convolution(512, 512, 3, 60) };
    assert_agrees(
        &graph([
            Operation::Convolution(residual),
            Operation::Convolution(Convolution {
                residual: Some(1),
                ..convolution(512, 512, 3, 62)
            }),
        ]),
        [1, 512, 3, 2],
    );
}

prop_compose! {
    fn any_convolution()(
        groups in prop_oneof![3 => Just(1usize), 2 => 1usize..6],
        inputs in prop_oneof![1usize..5, 14usize..36],
        outputs in prop_oneof![1usize..5, 14usize..36],
        depthwise in proptest::bool::weighted(0.25),
        kernel in 1usize..6,
        stride in 1usize..4,
        same in any::<bool>(),
        padding in 0usize..4,
        activation in prop_oneof![
            Just(Activation::Identity), Just(Activation::Relu), Just(Activation::Relu6)
        ],
        seed in 1u64..1000,
    ) -> Convolution {
        let (inputs, outputs, groups) = match depthwise {
            true => (inputs, inputs, inputs),
            false => (inputs * groups, outputs * groups, groups),
        };
        Convolution {
            stride: [stride; 2],
            padding: if same { Padding::Same } else { Padding::Each(padding) },
            activation,
            ..grouped(inputs, outputs, kernel, groups, seed)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_convolution_agrees_with_its_definition(
        step in any_convolution(),
        images in 1usize..4,
        size in [5usize..14, 5usize..14],
    ) {
        let shape = [images, step.inputs, size[0], size[1]];
        assert_convolution_agrees(step, shape);
    }

    #[test]
    fn any_chain_of_convolutions_agrees_with_its_definition(
        first in any_convolution(),
        channels in 1usize..40,
        kernel in 1usize..4,
        adds in any::<bool>(),
        size in [5usize..10, 5usize..10],
    ) {
        let shape = [2, first.inputs, size[0], size[1]];
        let second = convolution(first.outputs, channels, kernel | 1, 5);
        let third = Convolution {
            residual: adds.then_some(2),
            ..convolution(channels, channels, 3, 9)
        };
        assert_agrees(&graph([first, second, third].map(Operation::Convolution)), shape);
    }
}
