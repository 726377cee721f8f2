//! A dense convolution and the depthwise one behind it, which run together where nobody else reads what lies
//! between them.

use cam_engine::{
    Activation, Convolution, Engine, Kernel, Operation, Options, Padding, Wanted, Window,
};

use crate::support::{available, bits, convolution, exact, graph, grouped, numbers};
use crate::{assert_agrees, steps};

fn depthwise(channels: usize, kernel: usize, stride: usize) -> Convolution {
    Convolution { stride: [stride; 2], ..grouped(channels, channels, kernel, channels, 4) }
}

/// The kernels of a graph's steps.
fn kernels(graph: &cam_engine::Graph, shape: [usize; 4]) -> Vec<Kernel> {
    let engine = Engine::new(graph.clone(), Options { exact: true, ..Options::default() }).unwrap();
    let plan = engine.plan(0..engine.steps(), shape).unwrap();
    plan.steps.iter().map(|step| step.kernel).collect()
}

const TOGETHER: [Kernel; 2] = [Kernel::Fused, Kernel::DirectDepthwise];

#[test]
fn both_convolutions_of_a_bottleneck_agree_with_their_definition() {
    let swish = Activation::Swish { beta: 1.0 };
    for (inputs, between, [height, width]) in
        [(8, 40, [9, 8]), (3, 20, [15, 7]), (40, 97, [7, 21]), (20, 16, [1, 1])]
    {
        for (kernel, stride, activation) in [
            (3, 1, Activation::Relu6),
            (3, 2, Activation::HardSwish),
            (5, 1, swish.clone()),
            (5, 2, Activation::Identity),
            (7, 1, Activation::Gelu),
        ] {
            let wide = Convolution { activation, ..convolution(inputs, between, 1, 3) };
            let deep = depthwise(between, kernel, stride);
            let deep = Convolution { padding: Padding::Same, activation: swish.clone(), ..deep };
            let both = graph([wide, deep].map(Operation::Convolution));
            let shape = [2, inputs, height, width];
            assert_eq!(kernels(&both, shape), TOGETHER);
            assert_agrees(&both, shape);
        }
    }
}

#[test]
fn windows_of_any_kind_pass_over_a_band() {
    let wide = || Convolution { stride: [2, 1], ..convolution(5, 33, 3, 3) };
    let fixed =
        |top, left, bottom, right| Padding::Fixed(cam_engine::Border { top, left, bottom, right });
    for (kernel, stride, dilation, padding) in [
        (3, [1, 1], [2, 2], Padding::Each(2)),
        (3, [1, 2], [1, 3], fixed(0, 4, 3, 0)),
        (3, [2, 1], [1, 1], fixed(6, 0, 7, 1)),
        (2, [3, 3], [1, 1], Padding::Each(0)),
        (5, [1, 1], [1, 1], fixed(2, 0, 0, 3)),
    ] {
        let deep = Convolution { stride, dilation, padding, ..depthwise(33, kernel, 1) };
        let both = graph([wide(), deep].map(Operation::Convolution));
        assert_eq!(kernels(&both, [3, 5, 14, 9]), TOGETHER);
        assert_agrees(&both, [3, 5, 14, 9]);
    }
}

/// Maps too large for one band: a recorded run, which writes every value whole, says what is right.
#[test]
fn bands_have_the_bits_of_whole_maps() {
    for (kernel, stride, size) in [(3, 1, [61, 300]), (5, 2, [90, 210]), (7, 1, [40, 500])] {
        let wide = Convolution { activation: Activation::HardSwish, ..convolution(4, 48, 1, 3) };
        let both = graph([wide, depthwise(48, kernel, stride)].map(Operation::Convolution));
        let shape = [2, 4, size[0], size[1]];
        assert_eq!(kernels(&both, shape), TOGETHER);
        let input = numbers(3, shape.iter().product());
        for instructions in available() {
            for threads in [1, 2, 5] {
                let engine = Engine::new(both.clone(), exact(instructions, threads)).unwrap();
                let whole = engine.record(0..2, &input, shape).unwrap();
                let banded = engine.run(0..2, &input, shape).unwrap();
                assert!(bits(&banded) == bits(whole.output()), "{instructions}, {threads} threads");
            }
        }
    }
}

#[test]
fn a_value_between_that_is_read_elsewhere_is_written_whole() {
    let both = || [convolution(4, 24, 1, 3), depthwise(24, 3, 1)].map(Operation::Convolution);
    let [wide, deep] = both();
    let read_twice = steps([(0, wide), (1, deep), (2, Operation::Add { other: 1 })]);
    let kernels_of = kernels(&read_twice, [1, 4, 8, 8]);
    assert_eq!(kernels_of[..2], [Kernel::Direct, Kernel::Depthwise]);
    assert_agrees(&read_twice, [1, 4, 8, 8]);

    let [wide, deep] = both();
    let engine = Engine::new(graph([wide, deep]), Options::default()).unwrap();
    let (input, shape) = (numbers(3, 4 * 64), [1, 4, 8, 8]);
    let both = engine.values(0, &[1, 2].map(Wanted::whole), &input, shape).unwrap();
    let alone = engine.values(0, &[Wanted::whole(2)], &input, shape).unwrap();
    assert_eq!(both[1].values, alone[0].values);
}

#[test]
fn bottlenecks_follow_each_other_with_a_residual() {
    let linear = |step: Convolution| Convolution { activation: Activation::Identity, ..step };
    let whole = steps([
        (0, Operation::Convolution(convolution(3, 32, 3, 1))),
        (1, Operation::Convolution(depthwise(32, 3, 1))),
        (2, Operation::Convolution(linear(convolution(32, 16, 1, 2)))),
        (3, Operation::Convolution(convolution(16, 96, 1, 3))),
        (4, Operation::Convolution(depthwise(96, 5, 1))),
        (
            5,
            Operation::Convolution(Convolution {
                residual: Some(3),
                ..linear(convolution(96, 16, 1, 5))
            }),
        ),
        (6, Operation::MaxPool(Window::square(2, 2, 0))),
    ]);
    assert_agrees(&whole, [2, 3, 12, 10]);
}

/// As in EfficientNet: what is averaged is the depthwise convolution's.
#[test]
fn squeeze_and_excitation_behind_a_bottleneck_agrees_with_its_definition() {
    let sigmoid = |step: Convolution| Convolution { activation: Activation::Sigmoid, ..step };
    let deep = Convolution { activation: Activation::Swish { beta: 1.0 }, ..depthwise(40, 3, 1) };
    let block = steps([
        (0, Operation::Convolution(convolution(5, 40, 1, 1))),
        (1, Operation::Convolution(deep)),
        (2, Operation::GlobalAverage),
        (3, Operation::Convolution(convolution(40, 6, 1, 2))),
        (4, Operation::Convolution(sigmoid(convolution(6, 40, 1, 3)))),
        (2, Operation::Multiply { other: 5 }),
        (2, Operation::GlobalAverage),
        (6, Operation::Multiply { other: 7 }),
        (8, Operation::Convolution(convolution(40, 12, 1, 4))),
    ]);
    assert_agrees(&block, [2, 5, 9, 11]);
}
