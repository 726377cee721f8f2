//! What is computed of a graph, from what.

use std::collections::BTreeMap;

use cam_graph::{
    Binary, Convolution, Coordinates, Function, Graph, Interpolation, Name, Operation, Reduction,
    Value,
};
use cam_models::{Dense, GraphExecutor, ParameterError, Precision};
use cam_tests::compare::values;
use cam_tests::device;

use crate::dense;

/// A convolution, a constant that is added to it, and the mean of all positions.
fn graph() -> Graph {
    let mut graph = Graph::new(&[1, 2, 2]);
    graph.parameters.insert("weight".into(), vec![2, 1, 1, 1]);
    graph.parameters.insert("offset".into(), vec![2, 1, 1]);
    let convolution = Operation::Convolution(Convolution::new("weight", None));
    let x = graph.push(&[Value::INPUT], convolution, Name::default());
    let offset = Operation::Constant { parameter: "offset".into() };
    let offset = graph.push(&[], offset, Name::default());
    let offset = graph.push(&[offset], Operation::Map(Function::Negate), Name::default());
    let x = graph.push(&[x, offset], Operation::Combine(Binary::Subtract), Name::default());
    let mean = Operation::Reduce { reduction: Reduction::Mean, axes: vec![1, 2], keep: false };
    graph.output = graph.push(&[x], mean, Name::default());
    graph
}

fn parameters() -> BTreeMap<String, Vec<f32>> {
    [("weight".to_owned(), vec![1.0, -2.0]), ("offset".to_owned(), vec![10.0, 20.0])].into()
}

fn executor() -> GraphExecutor {
    executor_of(graph())
}

fn executor_of(graph: Graph) -> GraphExecutor {
    GraphExecutor::new(graph, parameters(), &device(), Precision::F32).expect("the parameters fit")
}

fn images() -> Dense {
    dense(vec![1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 8.0], &[2, 1, 2, 2])
}

#[test]
fn a_graph_is_walked_from_its_input_to_its_output() {
    let executor = executor();
    let wanted = [executor.graph().output];
    let found = executor.run(&[(Value::INPUT, images())], &wanted).remove(0);
    assert_eq!(found.shape(), [2, 2]);
    assert_eq!(values(&found.numbers()), [12.5, 15.0, 12.0, 16.0]);
}

#[test]
fn what_is_given_is_not_computed_again() {
    let executor = executor();
    let cut = Value::of_step(3);
    let given = [(cut, dense(vec![1.0; 8], &[1, 2, 2, 2]))];
    let found = executor.run(&given, &[executor.graph().output, cut]);
    assert_eq!(values(&found[0].clone().numbers()), [1.0, 1.0]);
    assert_eq!(values(&found[1].clone().numbers()), [1.0; 8]);
}

#[test]
fn several_values_may_be_wanted_and_one_of_them_twice() {
    let executor = executor();
    let first = Value::of_step(0);
    let found = executor.run(&[(Value::INPUT, images())], &[first, executor.graph().output, first]);
    assert_eq!(found[0].shape(), [2, 2, 2, 2]);
    assert_eq!(values(&found[0].clone().numbers()), values(&found[2].clone().numbers()));
    assert_eq!(found[1].shape(), [2, 2]);
}

#[test]
fn only_a_constant_itself_has_one_image() {
    let executor = executor();
    let (constant, negated) = (Value::of_step(1), Value::of_step(2));
    let given = [(Value::INPUT, images())];
    let found = executor.run(&given, &[constant, negated]);
    assert_eq!(found[0].shape(), [1, 2, 1, 1]);
    assert_eq!(found[1].shape(), [2, 2, 1, 1]);
    assert_eq!(values(&found[1].clone().numbers()), [-10.0, -20.0, -10.0, -20.0]);
}

#[test]
fn steps_that_nothing_wanted_needs_are_left_out() {
    let mut graph = graph();
    let mut broken = Operation::Reshape { shape: vec![7] };
    let side = graph.push(&[Value::INPUT], broken.clone(), Name::default());
    broken = Operation::Reshape { shape: vec![8] };
    graph.push(&[side], broken, Name::default());
    let executor = executor_of(graph);
    let found = executor.run(&[(Value::INPUT, images())], &[executor.graph().output]);
    assert_eq!(found[0].shape(), [2, 2]);
}

#[test]
fn a_size_that_a_scale_was_made_from_comes_out() {
    let scale = [61.0 / 7.0, f64::from(0.7_f32)];
    let (interpolation, coordinates) = (Interpolation::Linear, Coordinates::HalfPixel);
    let mut graph = Graph::new(&[7, 10]);
    let resize = Operation::Resize { scale, interpolation, coordinates };
    graph.output = graph.push(&[Value::INPUT], resize, Name::default());
    let executor = executor_of(graph);
    let given = [(Value::INPUT, dense(vec![1.0; 70], &[1, 7, 10]))];
    let found = executor.run(&given, &[executor.graph().output]).remove(0);
    assert_eq!(found.shape(), [1, 61, 7]);
}

#[test]
fn parameters_that_do_not_fit_are_named() {
    let error = |change: fn(&mut BTreeMap<String, Vec<f32>>)| {
        let mut parameters = parameters();
        change(&mut parameters);
        let executor = GraphExecutor::new(graph(), parameters, &device(), Precision::F32);
        executor.err().expect("they do not fit")
    };
    let missing = error(|parameters| drop(parameters.remove("offset")));
    assert_eq!(missing, ParameterError::Missing { name: "offset".into(), shape: vec![2, 1, 1] });
    let size = error(|parameters| drop(parameters.insert("weight".into(), vec![1.0; 3])));
    let expected = "parameter `weight` of shape [2, 1, 1, 1] takes 2 numbers, not 3";
    assert_eq!(size.to_string(), expected);
}

#[test]
fn a_function_of_no_number_is_none() {
    let functions = [
        Function::Relu,
        Function::LeakyRelu { slope: 0.1 },
        Function::Elu { alpha: 1.0 },
        Function::Clip { low: -1.0, high: 1.0 },
        Function::Gelu,
        Function::HardSwish,
        Function::Sigmoid,
        Function::Softplus,
        Function::Mish,
        Function::Abs,
    ];
    for function in functions {
        let mut graph = Graph::new(&[2]);
        graph.output = graph.push(&[Value::INPUT], Operation::Map(function), Name::default());
        let executor = executor_of(graph);
        let given = [(Value::INPUT, dense(vec![f32::NAN, 1.0], &[1, 2]))];
        let found = executor.run(&given, &[executor.graph().output]).remove(0);
        let found = values(&found.numbers());
        assert!(found[0].is_nan() && found[1].is_finite(), "{function:?}: {found:?}");
    }
}

#[test]
fn the_greater_of_a_number_and_none_is_none() {
    for binary in [Binary::Maximum, Binary::Minimum] {
        let mut graph = Graph::new(&[2]);
        let negated =
            graph.push(&[Value::INPUT], Operation::Map(Function::Negate), Name::default());
        let combine = Operation::Combine(binary);
        graph.output = graph.push(&[Value::INPUT, negated], combine, Name::default());
        let executor = executor_of(graph);
        let given = [
            (Value::INPUT, dense(vec![f32::NAN, 1.0], &[1, 2])),
            (negated, dense(vec![1.0, f32::NAN], &[1, 2])),
        ];
        let found = executor.run(&given, &[executor.graph().output]).remove(0);
        let found = values(&found.numbers());
        assert!(found.iter().all(|x| x.is_nan()), "{binary:?}: {found:?}");
    }
}
