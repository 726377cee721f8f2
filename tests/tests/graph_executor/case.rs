//! One step, what it reads and what it is called.

use std::collections::BTreeMap;

use cam_graph::{Graph, Name, Operation, Value};
use cam_models::{Dense, GraphExecutor, Precision};
use cam_tests::{device, formula};

#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    operation: Operation,
    /// Shapes for one image, in the order in which references number them.
    pub values: Vec<Vec<usize>>,
    parameters: Vec<(String, Vec<usize>)>,
    reads: Vec<Read>,
    positive: bool,
}

#[derive(Debug, Clone)]
enum Read {
    Value(usize),
    Constant(String),
}

impl Case {
    pub fn new(name: impl Into<String>, operation: Operation) -> Self {
        Self {
            name: name.into(),
            operation,
            values: Vec::new(),
            parameters: Vec::new(),
            reads: Vec::new(),
            positive: false,
        }
    }

    /// It reads a value of every image.
    pub fn value(mut self, shape: &[usize]) -> Self {
        self.reads.push(Read::Value(self.values.len()));
        self.values.push(shape.to_vec());
        self
    }

    /// It reads what all images share.
    pub fn constant(self, shape: &[usize]) -> Self {
        let mut case = self.parameter("constant", shape);
        case.reads.push(Read::Constant("constant".to_owned()));
        case
    }

    /// Its operation names a parameter.
    pub fn parameter(mut self, name: &str, shape: &[usize]) -> Self {
        self.parameters.push((name.to_owned(), shape.to_vec()));
        self
    }

    /// What was listed first is read last.
    pub fn in_reverse(mut self) -> Self {
        self.reads.reverse();
        self
    }

    /// Its values are greater than 0.
    pub fn positive(mut self) -> Self {
        self.positive = true;
        self
    }

    /// The values of the references: multiples of 1/4 that every precision holds.
    pub fn ramp(&self, number: usize, shape: &[usize]) -> Vec<f32> {
        let ramp = ramp(number, shape);
        if self.positive { ramp.into_iter().map(|x| x + 3.0).collect() } else { ramp }
    }

    /// Values no two of which are equal, so that the greatest is one.
    pub fn scattered(&self, number: usize, shape: &[usize]) -> Vec<f32> {
        let unit = formula::unit(&format!("{} {number}", self.name), shape.iter().product());
        let least = if self.positive { 0.25 } else { -2.75 };
        unit.into_iter().map(|u| 5.5 * u + least).collect()
    }

    pub fn executor(&self, precision: Precision) -> Walk {
        let first = self.values.first().expect("every case reads a value");
        let mut graph = Graph::new(first);
        // What gives the further values is never run, as they are given.
        let values: Vec<Value> = std::iter::once(Value::INPUT)
            .chain(
                self.values
                    .iter()
                    .skip(1)
                    .map(|shape| graph.push(&[], absent(shape), Name::default())),
            )
            .collect();
        graph.parameters = self.parameters.iter().cloned().collect();
        let reads: Vec<Value> = self
            .reads
            .iter()
            .map(|read| match read {
                Read::Value(index) => values[*index],
                Read::Constant(parameter) => {
                    let constant = Operation::Constant { parameter: parameter.clone() };
                    graph.push(&[], constant, Name::default())
                }
            })
            .collect();
        graph.output = graph.push(&reads, self.operation.clone(), Name::default());
        let numbers: BTreeMap<String, Vec<f32>> = self
            .parameters
            .iter()
            .enumerate()
            .map(|(index, (name, shape))| (name.clone(), ramp(self.values.len() + index, shape)))
            .collect();
        let executor = GraphExecutor::new(graph, numbers, &device(), precision);
        Walk { executor: executor.expect("the parameters fit"), values }
    }
}

fn absent(shape: &[usize]) -> Operation {
    Operation::Reshape { shape: shape.to_vec() }
}

fn ramp(number: usize, shape: &[usize]) -> Vec<f32> {
    let count = shape.iter().product::<usize>();
    (0..count).map(|i| ((7 * i + 3 + 5 * number) % 23) as f32 / 4.0 - 2.75).collect()
}

/// A case that can be run.
pub struct Walk {
    executor: GraphExecutor,
    values: Vec<Value>,
}

impl Walk {
    pub fn run(&self, given: Vec<Dense>) -> Dense {
        let given: Vec<(Value, Dense)> = self.values.iter().copied().zip(given).collect();
        let wanted = [self.executor.graph().output];
        self.executor.run(&given, &wanted).pop().expect("one value was wanted")
    }
}
