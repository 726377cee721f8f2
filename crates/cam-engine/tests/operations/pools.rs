use cam_engine::{
    Activation, Border, Convolution, Engine, Error, Operation, Options, Padding, Window,
};

use crate::support::{convolution, graph, grouped};
use crate::{assert_agrees, assert_is_derivative, steps};

/// Windows of many kinds: large and small, oblong, with borders of every kind, and some that reach beyond.
fn windows() -> Vec<Window> {
    let fixed = |top, left, bottom, right| Padding::Fixed(Border { top, left, bottom, right });
    let mut windows = vec![
        Window::new([1, 1]),
        Window::new([2, 3]),
        Window { stride: [2, 2], ..Window::new([2, 2]) },
        Window { stride: [2, 2], padding: Padding::Each(1), ..Window::new([3, 3]) },
        Window { padding: Padding::Each(1), ..Window::new([3, 3]) },
        Window { stride: [1, 2], padding: fixed(0, 1, 1, 0), ..Window::new([3, 2]) },
        Window { stride: [2, 3], padding: fixed(2, 0, 1, 2), ..Window::new([3, 3]) },
        Window { stride: [2, 2], padding: Padding::Same, ..Window::new([3, 2]) },
        Window { stride: [2, 2], padding: Padding::SameLower, ..Window::new([2, 3]) },
        Window { stride: [4, 3], ..Window::new([2, 2]) },
    ];
    windows.extend(windows.clone().into_iter().map(|window| Window { ceil: true, ..window }));
    windows
}

fn pools() -> Vec<Operation> {
    let average = |window, include_border| Operation::AveragePool { window, include_border };
    let of = |window| [Operation::MaxPool(window), average(window, true), average(window, false)];
    let mut pools: Vec<Operation> = windows().into_iter().flat_map(of).collect();
    pools.extend([Operation::GlobalAverage, Operation::GlobalMaximum]);
    pools
}

#[test]
fn pools_agree_with_their_definition() {
    for pool in pools() {
        for channels in [3, 16, 72] {
            assert_agrees(&graph([pool.clone()]), [2, channels, 6, 7]);
        }
        // Behind a convolution, whose border no mean counts, and in front of one.
        let first = Operation::Convolution(convolution(5, 20, 3, 1));
        let last = Operation::Convolution(convolution(20, 17, 3, 2));
        assert_agrees(&graph([first, pool, last]), [1, 5, 7, 6]);
    }
}

#[test]
fn derivatives_are_those_of_pools() {
    for pool in pools() {
        assert_is_derivative(&graph([pool]), [1, 3, 6, 7]);
    }
}

/// As in EfficientNet and MobileNetV3: a mean, two convolutions of one pixel, and a factor per channel.
#[test]
fn squeeze_and_excitation_agrees_with_its_definition() {
    let operation = Operation::Convolution;
    let ending = |activation, step| Convolution { activation, ..step };
    for (inner, gate) in [
        (Activation::Swish { beta: 1.0 }, Activation::Sigmoid),
        (Activation::Relu, Activation::HardSigmoid { slope: 0.2, offset: 0.5 }),
    ] {
        let silu = |step| ending(Activation::Swish { beta: 1.0 }, step);
        let graph = steps([
            (0, operation(silu(convolution(3, 40, 1, 1)))),
            (1, operation(silu(grouped(40, 40, 3, 40, 2)))),
            (2, Operation::GlobalAverage),
            (3, operation(ending(inner, convolution(40, 10, 1, 3)))),
            (4, operation(ending(gate, convolution(10, 40, 1, 4)))),
            (2, Operation::Multiply { other: 5 }),
            (6, operation(ending(Activation::Identity, convolution(40, 24, 1, 5)))),
            (7, operation(silu(convolution(24, 40, 1, 6)))),
        ]);
        assert_agrees(&graph, [2, 3, 9, 8]);
    }
}

#[test]
fn windows_that_may_see_nothing_are_refused() {
    let window = |top| Window {
        padding: Padding::Fixed(Border { top, ..Border::all(0) }),
        ..Window::new([3, 3])
    };
    for pool in [
        Operation::MaxPool(window(3)),
        Operation::AveragePool { window: window(3), include_border: true },
    ] {
        let error = Engine::new(graph([pool]), Options::default()).err();
        assert_eq!(error, Some(Error::PoolPadding { step: 0, padding: 3, kernel: 3 }));
    }
    let flat = Operation::MaxPool(Window::new([0, 3]));
    let error = Engine::new(graph([flat]), Options::default()).err();
    assert_eq!(error, Some(Error::Zero { step: 0, field: "kernel" }));
}

#[test]
fn borders_and_windows_beyond_all_numbers_are_refused() {
    let huge = usize::MAX;
    let padding = Padding::Fixed(Border { top: huge - 1, ..Border::all(0) });
    for window in [
        Window::new([huge, huge]),
        Window { padding, stride: [huge; 2], ceil: true, ..Window::new([huge, 1]) },
        Window { padding: Padding::Each(1 << 40), ..Window::new([1 << 41, 1 << 41]) },
        Window { padding: Padding::Same, stride: [huge; 2], ..Window::new([huge, huge]) },
    ] {
        for pool in
            [Operation::MaxPool(window), Operation::AveragePool { window, include_border: true }]
        {
            let engine = Engine::new(graph([pool]), Options::default()).unwrap();
            let error = engine.run(0..1, &[0.0; 16], [1, 1, 4, 4]).unwrap_err();
            let is_expected = matches!(error, Error::TooSmall { .. } | Error::Border { .. });
            assert!(is_expected, "{window:?}: {error}");
        }
    }
}
