use cam_engine::{Activation, Convolution, Engine, Error, Graph, Operation, Options};

use crate::support::{convolution, graph, grouped};
use crate::{assert_agrees, assert_is_derivative, steps};

fn concat(others: &[usize]) -> Operation {
    Operation::Concat { others: others.to_vec() }
}

fn slice(start: usize, length: usize) -> Operation {
    Operation::Slice { start, length }
}

fn shuffle(groups: usize) -> Operation {
    Operation::Shuffle { groups }
}

fn upsample(down: usize, across: usize) -> Operation {
    Operation::Upsample { factors: [down, across] }
}

fn conv(inputs: usize, outputs: usize, seed: u64) -> Operation {
    Operation::Convolution(convolution(inputs, outputs, 3, seed))
}

#[test]
fn concatenated_channels_agree_with_their_definition() {
    for channels in [3, 16, 40] {
        let shape = [2, channels, 5, 6];
        assert_agrees(&graph([concat(&[])]), shape);
        assert_agrees(&graph([concat(&[0, 0])]), shape);
        // As in DenseNet: every layer reads all before.
        let dense = steps([
            (0, conv(channels, 5, 1)),
            (0, concat(&[1])),
            (2, conv(channels + 5, 17, 2)),
            (2, concat(&[3])),
            (4, conv(channels + 22, 20, 3)),
        ]);
        assert_agrees(&dense, shape);
    }
}

#[test]
fn slices_agree_with_their_definition() {
    for (start, length) in [(0, 40), (0, 1), (39, 1), (3, 20), (16, 16), (8, 32)] {
        assert_agrees(&graph([slice(start, length)]), [2, 40, 5, 6]);
        let behind = graph([conv(3, 40, 1), slice(start, length), conv(length, 20, 2)]);
        assert_agrees(&behind, [1, 3, 6, 5]);
    }
}

#[test]
fn shuffled_channels_agree_with_their_definition() {
    for (channels, groups) in [(6, 2), (40, 4), (48, 3), (16, 16), (5, 1)] {
        assert_agrees(&graph([shuffle(groups)]), [2, channels, 5, 6]);
        let between = graph([conv(3, channels, 1), shuffle(groups), conv(channels, 7, 2)]);
        assert_agrees(&between, [1, 3, 5, 6]);
    }
}

#[test]
fn repeated_pixels_agree_with_their_definition() {
    for (down, across) in [(1, 1), (2, 2), (1, 3), (4, 2)] {
        for channels in [3, 16, 72] {
            assert_agrees(&graph([upsample(down, across)]), [2, channels, 3, 4]);
        }
        assert_agrees(
            &graph([conv(3, 20, 1), upsample(down, across), conv(20, 7, 2)]),
            [1, 3, 4, 3],
        );
    }
}

/// As in ShuffleNetV2: half of the channels go round, and the halves are mixed.
#[test]
fn a_block_of_shufflenet_agrees_with_its_definition() {
    let linear = Activation::Identity;
    let depthwise = Convolution { activation: linear, ..grouped(20, 20, 3, 20, 2) };
    let block = steps([
        (0, Operation::Convolution(convolution(3, 40, 3, 1))),
        (1, slice(0, 20)),
        (1, slice(20, 20)),
        (3, Operation::Convolution(convolution(20, 20, 1, 3))),
        (4, Operation::Convolution(depthwise)),
        (5, Operation::Convolution(convolution(20, 20, 1, 4))),
        (2, concat(&[6])),
        (7, shuffle(2)),
        (8, Operation::GlobalAverage),
    ]);
    assert_agrees(&block, [2, 3, 7, 8]);
}

/// As in HRNet: branches of several sizes are added to each other.
#[test]
fn a_fusion_of_branches_agrees_with_its_definition() {
    let linear = |step: Convolution| Convolution { activation: Activation::Identity, ..step };
    let down = Convolution { stride: [2, 2], ..linear(convolution(18, 36, 3, 3)) };
    let fusion = steps([
        (0, Operation::Convolution(convolution(3, 18, 3, 1))),
        (1, Operation::Convolution(down)),
        (2, Operation::Convolution(linear(convolution(36, 18, 1, 2)))),
        (3, upsample(2, 2)),
        (1, Operation::Add { other: 4 }),
        (5, Operation::Activation(Activation::Relu)),
        (6, Operation::Convolution(convolution(18, 18, 3, 5))),
    ]);
    assert_agrees(&fusion, [1, 3, 8, 6]);
}

#[test]
fn derivatives_are_those_of_copies() {
    let graph = steps([
        (0, upsample(2, 1)),
        (1, concat(&[1])),
        (2, shuffle(4)),
        (3, slice(1, 5)),
        (4, Operation::Multiply { other: 4 }),
    ]);
    assert_is_derivative(&graph, [1, 4, 3, 3]);
}

#[test]
fn copies_that_do_not_fit_are_refused() {
    let refused = |graph: Graph| Engine::new(graph, Options::default()).err();
    let behind = |operation| steps([(0, conv(4, 6, 1)), (1, operation)]);
    let step = 1;
    let error = refused(behind(slice(4, 3)));
    assert_eq!(error, Some(Error::Slice { step, start: 4, length: 3, channels: 6 }));
    let error = refused(behind(slice(usize::MAX, 2)));
    assert_eq!(error, Some(Error::Slice { step, start: usize::MAX, length: 2, channels: 6 }));
    assert_eq!(refused(behind(slice(4, 0))), Some(Error::Zero { step, field: "length" }));
    let error = refused(behind(shuffle(4)));
    assert_eq!(error, Some(Error::Groups { step, groups: 4, inputs: 6, outputs: 6 }));
    assert_eq!(refused(behind(shuffle(0))), Some(Error::Zero { step, field: "groups" }));
    assert_eq!(refused(behind(upsample(1, 0))), Some(Error::Zero { step, field: "factors" }));
    assert_eq!(refused(behind(concat(&[0, 2]))), Some(Error::Order { step, value: 2 }));
    let run = |graph: Graph| {
        let engine = Engine::new(graph, Options::default()).unwrap();
        let steps = engine.steps();
        engine.run(0..steps, &[0.0; 64], [1, 4, 4, 4]).unwrap_err()
    };
    let error = run(graph([slice(4, 3)]));
    assert_eq!(error, Error::Slice { step: 0, start: 4, length: 3, channels: 4 });
    let error = run(graph([shuffle(3)]));
    assert_eq!(error, Error::Groups { step: 0, groups: 3, inputs: 4, outputs: 4 });
    let error = run(steps([(0, upsample(2, 2)), (1, concat(&[0]))]));
    let (expected, found) = ([1, 4, 8, 8], [1, 4, 4, 4]);
    assert_eq!(error, Error::Operand { step: 1, value: 0, expected, found });
    // What grows beyond all numbers is refused before any memory is asked for.
    for operation in [upsample(usize::MAX, 2), upsample(1 << 20, 1 << 20)] {
        assert!(matches!(run(graph([operation])), Error::TooLarge { .. }));
    }
    let doubled = (0..70).map(|value| (value, concat(&[value])));
    assert!(matches!(run(steps(doubled)), Error::TooLarge { .. }));
}
