use cam_engine::{Activation, Convolution, Engine, Error, Operation, Options, ScaleShift};

use crate::support::{convolution, graph, grouped, numbers};
use crate::{assert_agrees, assert_is_derivative, steps};

fn add(other: usize) -> Operation {
    Operation::Add { other }
}

fn multiply(other: usize) -> Operation {
    Operation::Multiply { other }
}

fn scale_shift(channels: usize) -> Operation {
    let (scale, shift) = (numbers(3, channels), numbers(4, channels));
    Operation::ScaleShift(ScaleShift { scale, shift })
}

#[test]
fn sums_and_products_of_values_agree_with_their_definition() {
    let conv = |channels, seed| Operation::Convolution(convolution(channels, channels, 3, seed));
    for channels in [3, 16, 40] {
        let shape = [2, channels, 5, 6];
        // A value with itself, with another, and with one that is needed later.
        for two in [add, multiply] {
            assert_agrees(&graph([two(0)]), shape);
            assert_agrees(
                &steps([(0, conv(channels, 1)), (1, two(1)), (2, conv(channels, 2))]),
                shape,
            );
            let graph = steps([
                (0, conv(channels, 1)),
                (1, conv(channels, 2)),
                (2, two(1)),
                (3, two(0)),
                (4, Operation::Activation(Activation::Relu)),
                (5, two(1)),
                (6, conv(channels, 3)),
            ]);
            assert_agrees(&graph, shape);
        }
    }
}

#[test]
fn a_product_with_one_number_per_channel_agrees_with_its_definition() {
    for channels in [3, 16, 72] {
        // A convolution as wide as the image leaves one position.
        let squeeze = Convolution {
            padding: cam_engine::Padding::Each(0),
            activation: Activation::Sigmoid,
            ..grouped(channels, channels, 5, channels, 1)
        };
        let graph = steps([
            (0, Operation::Convolution(convolution(channels, channels, 3, 2))),
            (1, Operation::Convolution(squeeze)),
            (1, multiply(2)),
            (3, Operation::Convolution(convolution(channels, 20, 3, 2))),
        ]);
        assert_agrees(&graph, [2, channels, 5, 5]);
        // What is broadcast may have been the same value all along.
        assert_agrees(&crate::steps([(0, multiply(0)), (1, multiply(1))]), [2, channels, 1, 1]);
    }
}

#[test]
fn a_line_per_channel_agrees_with_its_definition() {
    for channels in [3, 16, 40] {
        let conv = Operation::Convolution(convolution(channels, 24, 3, 1));
        assert_agrees(&graph([scale_shift(channels)]), [2, channels, 5, 6]);
        assert_agrees(&graph([scale_shift(channels), conv, scale_shift(24)]), [1, channels, 6, 5]);
    }
}

#[test]
fn derivatives_are_those_of_sums_and_products() {
    let graph =
        steps([(0, scale_shift(4)), (1, multiply(0)), (2, add(1)), (3, multiply(3)), (4, add(4))]);
    assert_is_derivative(&graph, [2, 4, 3, 3]);
}

#[test]
fn values_that_do_not_fit_are_refused() {
    let shrinks = Convolution { stride: [2; 2], ..convolution(4, 4, 3, 1) };
    for two in [add, multiply] {
        let graph = steps([(0, Operation::Convolution(shrinks.clone())), (0, two(1))]);
        let engine = Engine::new(graph, Options::default()).unwrap();
        let error = engine.run(0..2, &[0.0; 64], [1, 4, 4, 4]).unwrap_err();
        let (expected, found) = ([1, 4, 4, 4], [1, 4, 2, 2]);
        assert_eq!(error, Error::Operand { step: 1, value: 1, expected, found });
        let error = Engine::new(graph_of(two(1)), Options::default()).err().unwrap();
        assert_eq!(error, Error::Order { step: 0, value: 1 });
        let narrow = Operation::Convolution(convolution(4, 3, 3, 1));
        let error = Engine::new(steps([(0, narrow), (1, two(0))]), Options::default()).err();
        assert_eq!(error, Some(Error::Channels { step: 1, value: 0, expected: 3, found: 4 }));
    }
    let few = ScaleShift { scale: vec![1.0; 3], shift: vec![0.0; 2] };
    let error = Engine::new(graph_of(Operation::ScaleShift(few)), Options::default()).err();
    assert_eq!(error, Some(Error::Length { step: 0, tensor: "shift", expected: 3, found: 2 }));
    let engine = Engine::new(graph_of(scale_shift(3)), Options::default()).unwrap();
    let error = engine.run(0..1, &[0.0; 4], [1, 4, 1, 1]).unwrap_err();
    assert_eq!(error, Error::Channels { step: 0, value: 0, expected: 3, found: 4 });
}

fn graph_of(operation: Operation) -> cam_engine::Graph {
    graph([operation])
}
