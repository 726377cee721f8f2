use cam_engine::{Border, Convolution, Engine, Error, Kernel, Operation, Options, Padding};
use proptest::prelude::*;

use crate::support::{convolution, exact, graph, grouped, numbers};
use crate::{assert_agrees, assert_is_derivative};

/// A convolution whose sides differ, with weights for its kernel.
fn oblong(kernel: [usize; 2], step: Convolution) -> Convolution {
    let each = step.inputs / step.groups * kernel[0] * kernel[1];
    let scale = 2.0 / (each as f32).sqrt();
    let weight = numbers(5, step.outputs * each).into_iter().map(|x| x * scale).collect();
    Convolution { kernel, weight, ..step }
}

fn fixed([top, left, bottom, right]: [usize; 4]) -> Padding {
    Padding::Fixed(Border { top, left, bottom, right })
}

#[test]
fn windows_whose_sides_differ_agree_with_their_definition() {
    for (inputs, outputs, groups) in
        [(3, 20, 1), (40, 33, 1), (64, 64, 2), (12, 24, 12), (20, 20, 20)]
    {
        for (kernel, stride, dilation, padding) in [
            ([1, 7], [1, 1], [1, 1], fixed([0, 3, 0, 3])),
            ([7, 1], [1, 1], [1, 1], fixed([3, 0, 3, 0])),
            ([3, 3], [2, 1], [1, 1], fixed([0, 1, 1, 0])),
            ([3, 2], [1, 3], [1, 1], fixed([2, 0, 0, 4])),
            ([3, 3], [1, 1], [2, 2], Padding::Each(2)),
            ([3, 3], [1, 1], [1, 3], fixed([1, 3, 1, 3])),
            ([3, 3], [2, 2], [2, 2], Padding::Each(2)),
            ([3, 3], [2, 3], [3, 2], fixed([3, 1, 2, 4])),
            ([2, 3], [2, 2], [1, 2], Padding::Same),
            ([3, 3], [2, 2], [1, 1], Padding::SameLower),
            ([1, 1], [2, 1], [4, 5], Padding::Each(0)),
        ] {
            let step = oblong(kernel, grouped(inputs, outputs, 1, groups, 3));
            let step = Convolution { stride, dilation, padding, ..step };
            assert_agrees(&graph([Operation::Convolution(step)]), [1, inputs, 8, 9]);
        }
    }
}

#[test]
fn derivatives_are_those_of_dilated_convolutions() {
    let step = oblong([3, 2], convolution(3, 4, 1, 2));
    let step =
        Convolution { stride: [2, 1], dilation: [1, 2], padding: fixed([1, 0, 2, 1]), ..step };
    assert_is_derivative(&graph([Operation::Convolution(step)]), [1, 3, 7, 6]);
}

#[test]
fn winograds_algorithm_takes_borders_that_differ_and_no_dilation() {
    let kernel = |step: Convolution| {
        let engine =
            Engine::new(graph([Operation::Convolution(step)]), Options::default()).unwrap();
        engine.plan(0..1, [1, 32, 16, 15]).unwrap().steps[0].kernel
    };
    let uneven = Convolution { padding: fixed([0, 2, 1, 0]), ..convolution(32, 32, 3, 1) };
    assert_eq!(kernel(uneven.clone()), Kernel::Winograd2);
    assert_agrees(&graph([Operation::Convolution(uneven)]), [1, 32, 16, 15]);
    let dilated = Convolution { dilation: [2, 1], ..convolution(32, 32, 3, 1) };
    assert_eq!(kernel(dilated.clone()), Kernel::Direct);
    assert_agrees(&graph([Operation::Convolution(dilated)]), [1, 32, 16, 15]);
}

#[test]
fn windows_beyond_all_numbers_are_refused() {
    let huge = usize::MAX;
    let plain = || convolution(1, 1, 3, 1);
    for step in [
        Convolution { dilation: [huge, 1], ..plain() },
        Convolution { padding: Padding::Each(huge), stride: [huge; 2], ..plain() },
        Convolution { padding: Padding::Each(huge / 4), stride: [huge / 4; 2], ..plain() },
        Convolution { padding: fixed([0, 0, 0, 1 << 33]), ..plain() },
        Convolution { padding: fixed([1 << 30, 1 << 30, 0, 0]), ..plain() },
        Convolution { dilation: [huge / 2; 2], padding: Padding::Same, ..plain() },
    ] {
        let engine = Engine::new(graph([Operation::Convolution(step.clone())]), Options::default());
        let error = engine.unwrap().run(0..1, &[0.0; 16], [1, 1, 4, 4]).unwrap_err();
        let is_expected =
            matches!(error, Error::TooSmall { .. } | Error::Border { .. } | Error::TooLarge { .. });
        assert!(is_expected, "{step:?}: {error}");
    }
    let flat = Convolution { dilation: [1, 0], ..plain() };
    let error = Engine::new(graph([Operation::Convolution(flat)]), exact_options()).err();
    assert_eq!(error, Some(Error::Zero { step: 0, field: "dilation" }));
}

fn exact_options() -> Options {
    exact(crate::support::available().next().unwrap(), 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn any_windows_agree_with_their_definition(
        kernel in [1usize..5, 1usize..5],
        stride in [1usize..4, 1usize..4],
        dilation in [1usize..4, 1usize..4],
        border in [0usize..4, 0usize..4, 0usize..4, 0usize..4],
        groups in prop_oneof![Just((5, 19, 1)), Just((18, 36, 6)), Just((17, 17, 17)), Just((32, 32, 2))],
        size in [10usize..14, 10usize..14],
    ) {
        let (inputs, outputs, groups) = groups;
        let step = oblong(kernel, grouped(inputs, outputs, 1, groups, 7));
        let step = Convolution { stride, dilation, padding: fixed(border), ..step };
        assert_agrees(&graph([Operation::Convolution(step)]), [1, inputs, size[0], size[1]]);
    }
}
