use cam_graph::{Binary, Graph, Name, Operation, Value};
use cam_models::{GraphExecutor, Precision};
use cam_tests::device;

use crate::dense;

#[test]
fn one_of_two_values_is_selected_even_if_the_other_is_infinite() {
    let mut graph = Graph::new(&[4]);
    graph.parameters.insert("zero".into(), vec![]);
    graph.parameters.insert("other".into(), vec![]);
    let constant = |name: &str| Operation::Constant { parameter: name.to_owned() };
    let zero = graph.push(&[], constant("zero"), Name::default());
    let other = graph.push(&[], constant("other"), Name::default());
    let less = Operation::Combine(Binary::Less);
    let below = graph.push(&[Value::INPUT, zero], less, Name::default());
    graph.output = graph.push(&[below, other, Value::INPUT], Operation::Select, Name::default());

    let numbers = [("zero".to_owned(), vec![0.0]), ("other".to_owned(), vec![7.0])];
    let executor = GraphExecutor::new(graph, numbers.into(), &device(), Precision::F32)
        .expect("every parameter is there");
    let image = dense(vec![-1.0, 0.0, f32::NEG_INFINITY, 2.0, 1.0, -2.0, 3.0, 0.5], &[2, 4]);
    let output = executor.graph().output;
    let found = executor.run(&[(Value::INPUT, image)], &[output]).remove(0);
    let found = found.numbers().into_data().try_to_vec::<f32>().expect("f32");
    assert_eq!(found, [7.0, 0.0, 7.0, 2.0, 1.0, 7.0, 3.0, 0.5]);
}
