//! Gradients come back through every kind of step as their definition says.

mod adjoint;
#[path = "../support/mod.rs"]
mod support;

use adjoint::{adjoint, guided_adjoint};
use cam_engine::{
    Activation, Convolution, Engine, Error, Graph, Operation, Options, Output, Padding, Step,
    Window,
};
use proptest::prelude::*;
use support::*;

/// Rounding of f32 sums, in units of the maximum.
const TOLERANCE: f64 = 5e-6;

/// That of Winograd's algorithm for 4×4 pixels.
const WINOGRAD_TOLERANCE: f64 = 3e-5;

fn pulled_back(
    graph: &Graph,
    options: Options,
    shape: [usize; 4],
    questions: usize,
) -> (Output, Values) {
    let input = numbers(7, shape.iter().product());
    let engine = Engine::new(graph.clone(), options).unwrap();
    let whole = 0..graph.steps.len();
    let recording = engine.record(whole.clone(), &input, shape).unwrap();
    let gradients = numbers(11, recording.output().values.len() * questions);
    let output = recording.pull_back(&gradients, questions).unwrap();
    (output, adjoint(graph, whole, (&input, shape), &gradients, questions))
}

fn assert_agrees(graph: &Graph, shape: [usize; 4]) {
    for questions in [1, 3] {
        let mut fused = None;
        for instructions in available() {
            let (one, expected) = pulled_back(graph, exact(instructions, 1), shape, questions);
            let error = difference(&one, &expected);
            assert!(error < TOLERANCE, "{instructions}: {error:e} on {shape:?}");
            for threads in [2, 3, 8] {
                let (more, _) = pulled_back(graph, exact(instructions, threads), shape, questions);
                assert_eq!(bits(&one), bits(&more), "{instructions} with {threads} threads");
            }
            if instructions != cam_engine::InstructionSet::Portable {
                let first = fused.get_or_insert_with(|| bits(&one));
                assert_eq!(*first, bits(&one), "{instructions} rounds otherwise");
            }
        }
    }
}

fn of(convolution: Convolution) -> Graph {
    graph([Operation::Convolution(convolution)])
}

/// Steps with what they read.
fn steps(list: impl IntoIterator<Item = (usize, Operation)>) -> Graph {
    let steps = list.into_iter().map(|(input, operation)| Step { input, operation });
    Graph { steps: steps.collect() }
}

fn linear(inputs: usize, outputs: usize, kernel: usize) -> Convolution {
    Convolution { activation: Activation::Identity, ..convolution(inputs, outputs, kernel, 5) }
}

#[test]
fn dense_convolutions_are_turned_round() {
    for (kernel, stride, inputs, outputs, size) in [
        (1, 1, 64, 64, 7),
        (1, 2, 33, 48, 5),
        (1, 3, 16, 16, 8),
        (3, 1, 16, 48, 6),
        (3, 2, 32, 40, 9),
        (3, 2, 32, 40, 10),
        (5, 2, 3, 17, 8),
        (7, 2, 3, 64, 19),
        (7, 1, 2, 1, 1),
        (2, 1, 5, 5, 4),
        (2, 2, 5, 5, 9),
        (3, 3, 24, 100, 10),
        (1, 1, 512, 16, 3),
    ] {
        let plain = convolution(inputs, outputs, kernel, 3);
        assert_agrees(
            &of(Convolution { stride: [stride; 2], ..plain }),
            [2, inputs, size, size + 1],
        );
    }
}

#[test]
fn grouped_and_depthwise_convolutions_are_turned_round() {
    for (inputs, outputs, groups, kernel, stride) in
        [(64, 64, 2, 3, 2), (64, 64, 16, 3, 1), (24, 48, 12, 3, 2), (40, 40, 40, 3, 1)]
            .into_iter()
            .chain([(40, 40, 40, 5, 2), (12, 24, 12, 3, 1)])
    {
        let plain = grouped(inputs, outputs, kernel, groups, 9);
        assert_agrees(&of(Convolution { stride: [stride; 2], ..plain }), [1, inputs, 7, 8]);
    }
}

#[test]
fn same_borders_are_turned_round_at_even_and_odd_sizes() {
    for (kernel, stride, size) in [(3, 2, 8), (3, 2, 9), (5, 2, 8), (5, 2, 11), (5, 1, 6)] {
        for groups in [1, 20] {
            let plain = grouped(20, 20, kernel, groups, 2);
            let step = Convolution { stride: [stride; 2], padding: Padding::Same, ..plain };
            assert_agrees(&of(step), [1, 20, size, size + 1]);
        }
    }
}

#[test]
fn a_gradient_stops_where_the_activation_clamped() {
    for activation in [Activation::Identity, Activation::Relu, Activation::Relu6] {
        let mut step = convolution(8, 24, 3, 4);
        step.weight.iter_mut().for_each(|x| *x *= 20.0);
        assert_agrees(&of(Convolution { activation, ..step }), [1, 8, 6, 6]);
    }
}

#[test]
fn a_max_pool_hands_the_gradient_to_the_first_maximum() {
    for pool in [
        Operation::MaxPool(Window::square(3, 2, 1)),
        Operation::MaxPool(Window::square(2, 2, 0)),
        Operation::MaxPool(Window::square(3, 1, 1)),
    ] {
        // Behind a relu there are many zeros, and so many equal maxima.
        let first = Operation::Convolution(convolution(3, 20, 3, 1));
        assert_agrees(&graph([first, pool.clone()]), [2, 3, 9, 8]);
        assert_agrees(&graph([pool]), [1, 5, 7, 7]);
    }
}

/// A bottleneck with a projection of stride 2, then one without, behind a stem and a pool.
fn residual_network() -> Graph {
    let conv = |inputs, outputs, kernel| convolution(inputs, outputs, kernel, inputs as u64);
    let operation = Operation::Convolution;
    let strided = |step: Convolution| Convolution { stride: [2; 2], ..step };
    steps([
        (0, operation(conv(3, 16, 5))),
        (1, Operation::MaxPool(Window::square(3, 2, 1))),
        (2, operation(strided(linear(16, 48, 1)))),
        (2, operation(conv(16, 20, 1))),
        (4, operation(strided(conv(20, 20, 3)))),
        (5, operation(Convolution { residual: Some(3), ..conv(20, 48, 1) })),
        (6, operation(conv(48, 20, 3))),
        (7, operation(Convolution { residual: Some(6), ..linear(20, 48, 1) })),
        (8, operation(Convolution { residual: Some(8), ..conv(48, 48, 3) })),
    ])
}

#[test]
fn gradients_of_a_residual_network_come_back_to_every_cut() {
    let graph = residual_network();
    let shape = [2, 3, 17, 14];
    let input = numbers(1, shape.iter().product());
    for instructions in available() {
        let engine = Engine::new(graph.clone(), exact(instructions, 2)).unwrap();
        for cut in [0, 1, 2, 6, 8, 9] {
            let at = engine.run(0..cut, &input, shape).unwrap();
            let recording = engine.record(cut..9, &at.values, at.shape).unwrap();
            let gradients = numbers(2, recording.output().values.len() * 2);
            let found = recording.pull_back(&gradients, 2).unwrap();
            let expected = adjoint(&graph, cut..9, (&at.values, at.shape), &gradients, 2);
            let error = difference(&found, &expected);
            assert!(error < TOLERANCE, "{instructions}, cut {cut}: {error:e}");
        }
    }
}

#[test]
fn guided_gradients_lose_their_negative_part_at_every_activation() {
    let graph = residual_network();
    let shape = [2, 3, 17, 14];
    let input = numbers(1, shape.iter().product());
    for instructions in available() {
        let engine = Engine::new(graph.clone(), exact(instructions, 2)).unwrap();
        let recording = engine.record(0..graph.steps.len(), &input, shape).unwrap();
        let gradients = numbers(2, recording.output().values.len() * 3);
        let found = recording.pull_back_guided(&gradients, 3).unwrap();
        let expected = guided_adjoint(&graph, (&input, shape), &gradients, 3);
        let error = difference(&found, &expected);
        assert!(error < TOLERANCE, "{instructions}: {error:e}");
        let plain = recording.pull_back(&gradients, 3).unwrap();
        assert_ne!(bits(&plain), bits(&found), "the rule changes something");
    }
}

#[test]
fn a_value_with_many_readers_collects_all_their_gradients() {
    let operation = Operation::Convolution;
    let residual = |value, step: Convolution| Convolution { residual: Some(value), ..step };
    // Value 1 is read by a pool, two convolutions, one of which leaves pixels out, and two sums;
    // value 2 is only added, and clamped.
    let graph = steps([
        (0, operation(convolution(6, 20, 3, 1))),
        (0, operation(convolution(6, 20, 1, 2))),
        (1, Operation::MaxPool(Window::square(3, 1, 1))),
        (1, operation(residual(1, convolution(20, 20, 3, 3)))),
        (4, operation(residual(1, linear(20, 20, 1)))),
        (3, operation(residual(5, linear(20, 20, 1)))),
        (6, operation(residual(2, convolution(20, 20, 3, 4)))),
        (1, operation(Convolution { stride: [2; 2], ..linear(20, 20, 1) })),
        (7, operation(residual(8, Convolution { stride: [2; 2], ..linear(20, 20, 3) }))),
    ]);
    assert_agrees(&graph, [1, 6, 9, 8]);
}

#[test]
fn winograds_algorithm_serves_the_way_back_as_well() {
    for size in [13, 14, 25, 26] {
        let graph = graph([
            Operation::Convolution(convolution(32, 64, 3, 1)),
            Operation::Convolution(convolution(64, 48, 3, 2)),
        ]);
        for instructions in available() {
            let options = Options { exact: false, ..exact(instructions, 2) };
            let (found, expected) = pulled_back(&graph, options, [1, 32, size, size + 1], 2);
            let error = difference(&found, &expected);
            assert!(error < WINOGRAD_TOLERANCE, "{instructions}, {size}: {error:e}");
            assert!(error > 0.0);
        }
    }
}

#[test]
fn gradients_can_be_pulled_back_again_and_in_any_number() {
    let graph = residual_network();
    let shape = [1, 3, 16, 16];
    let input = numbers(1, shape.iter().product());
    let engine = Engine::new(graph, exact(available().next().unwrap(), 2)).unwrap();
    let recording = engine.record(0..9, &input, shape).unwrap();
    let gradients = numbers(2, recording.output().values.len() * 4);
    let whole = recording.pull_back(&gradients, 4).unwrap();
    for questions in [1, 2, 4] {
        let mut parts = Vec::new();
        for part in gradients.chunks(gradients.len() / 4 * questions) {
            parts.extend(recording.pull_back(part, questions).unwrap().values);
        }
        assert_eq!(parts, whole.values, "{questions} at a time");
    }
}

#[test]
fn a_recorded_run_gives_what_a_run_gives() {
    let graph = residual_network();
    let shape = [2, 3, 19, 16];
    let input = numbers(1, shape.iter().product());
    let expected = reference(&graph, 0..9, &input, shape);
    for instructions in available() {
        let options = exact(instructions, 2);
        let engine = Engine::new(graph.clone(), options).unwrap();
        let recording = engine.record(0..9, &input, shape).unwrap();
        assert_eq!(bits(recording.output()), bits(&run(&graph, options, &input, shape)));
        assert!(difference(recording.output(), &expected) < TOLERANCE);
    }
}

#[test]
fn two_recordings_keep_their_own_values() {
    let graph = residual_network();
    let shape = [1, 3, 16, 16];
    let engine = Engine::new(graph, exact(available().next().unwrap(), 2)).unwrap();
    let inputs = [numbers(1, 3 * 256), numbers(2, 3 * 256)];
    let alone = inputs.each_ref().map(|input| {
        let recording = engine.record(0..9, input, shape).unwrap();
        let gradients = vec![1.0; recording.output().values.len()];
        recording.pull_back(&gradients, 1).unwrap()
    });
    assert_ne!(alone[0], alone[1]);
    let together = inputs.each_ref().map(|input| engine.record(0..9, input, shape).unwrap());
    for (recording, alone) in together.iter().zip(alone) {
        let gradients = vec![1.0; recording.output().values.len()];
        assert_eq!(recording.pull_back(&gradients, 1).unwrap(), alone);
    }
}

#[test]
fn an_empty_segment_gives_gradients_back_as_they_are() {
    let engine = Engine::new(residual_network(), Options::default()).unwrap();
    let shape = [1, 48, 2, 2];
    let recording = engine.record(6..6, &numbers(1, 192), shape).unwrap();
    let gradients = numbers(2, 384);
    let output = recording.pull_back(&gradients, 2).unwrap();
    assert_eq!((output.values, output.shape), (gradients, [2, 48, 2, 2]));
}

#[test]
fn a_wrong_number_of_gradients_is_refused() {
    let engine = Engine::new(residual_network(), Options::default()).unwrap();
    let recording = engine.record(0..9, &numbers(1, 3 * 256), [1, 3, 16, 16]).unwrap();
    let len = recording.output().values.len();
    let refused = recording.pull_back(&numbers(1, len), 2);
    assert_eq!(refused, Err(Error::InputLength { expected: 2 * len, found: len }));
    assert!(matches!(recording.pull_back(&[], 0), Err(Error::Empty { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_convolution_is_turned_round(
        (kernel, stride, border, groups) in (1usize..6, 1usize..4, 0usize..4, 1usize..4),
        (inputs, outputs) in (1usize..20, 1usize..20),
        (height, width) in (1usize..12, 1usize..12),
        seed in 0u64..1000,
    ) {
        prop_assume!(height.min(width) + 2 * border >= kernel);
        let plain = grouped(inputs * groups, outputs * groups, kernel, groups, seed);
        let step = Convolution { stride: [stride; 2], padding: Padding::Each(border), ..plain };
        let graph = of(step);
        for instructions in available() {
            let shape = [1, inputs * groups, height, width];
            let (found, expected) = pulled_back(&graph, exact(instructions, 2), shape, 2);
            prop_assert!(difference(&found, &expected) < TOLERANCE);
        }
    }
}
