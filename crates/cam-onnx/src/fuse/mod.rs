//! Steps that are one, made one: norms into convolutions, spelt-out functions into their names.
//!
//! Every pass leaves what the network computes as it is, to rounding. A pass turns a later step into the fused one and
//! has it read what the earlier steps read; those then have no reader and are left out at the end.

mod affine;
mod convolution;
mod function;
mod layer_norm;
mod movement;
mod normalize;

use std::collections::BTreeMap;

use cam_graph::{Graph, Operation, Shape, Value};

use crate::import::Classifier;

/// The numbers of every parameter.
pub type Numbers = BTreeMap<String, Vec<f32>>;

/// Runs all passes. What the classifier needs is kept.
pub fn fuse(graph: &mut Graph, numbers: &mut Numbers, classifier: Option<&Classifier>) {
    graph.prune();
    let passes: [fn(&mut Work<'_>); 6] = [
        movement::merge,
        function::recognise,
        layer_norm::recognise,
        normalize::recognise,
        affine::fold,
        convolution::fuse,
    ];
    for pass in passes {
        let Ok(shapes) = graph.shapes(&graph.input) else { return };
        let readers = graph.readers();
        pass(&mut Work { graph: &mut *graph, numbers: &mut *numbers, shapes, readers });
        graph.prune();
    }
    let is_kept = |name: &String| {
        let of_classifier =
            classifier.is_some_and(|head| head.weight == *name || head.bias.as_ref() == Some(name));
        graph.parameters.contains_key(name) || of_classifier
    };
    numbers.retain(|name, _| is_kept(name));
}

/// A graph while a pass works on it.
struct Work<'a> {
    graph: &'a mut Graph,
    numbers: &'a mut Numbers,
    /// Of every value.
    shapes: Vec<Shape>,
    /// How many steps read each value.
    readers: Vec<usize>,
}

impl Work<'_> {
    fn operation(&self, value: Value) -> Option<&Operation> {
        self.graph.giver(value).map(|step| &step.operation)
    }

    fn inputs(&self, value: Value) -> &[Value] {
        self.graph.giver(value).map_or(&[], |step| &step.inputs)
    }

    fn shape(&self, value: Value) -> &[usize] {
        &self.shapes[value.index()]
    }

    /// Whether one step alone reads a value.
    fn is_read_once(&self, value: Value) -> bool {
        self.readers[value.index()] == 1
    }

    /// The numbers of a constant.
    fn constant(&self, value: Value) -> Option<&[f32]> {
        match self.operation(value)? {
            Operation::Constant { parameter } => self.numbers.get(parameter).map(Vec::as_slice),
            _ => None,
        }
    }

    /// A constant that is one number.
    fn scalar(&self, value: Value) -> Option<f32> {
        match self.constant(value)? {
            &[number] => Some(number),
            _ => None,
        }
    }

    /// The two things that a step combines.
    fn pair(&self, value: Value) -> Option<(Value, Value)> {
        match self.inputs(value) {
            &[a, b] => Some((a, b)),
            _ => None,
        }
    }

    /// Turns a step into another.
    fn replace(&mut self, value: Value, inputs: &[Value], operation: Operation) {
        let Some(index) = value.step() else { return };
        for read in std::mem::take(&mut self.graph.steps[index].inputs) {
            self.readers[read.index()] -= 1;
        }
        for read in inputs {
            self.readers[read.index()] += 1;
        }
        let step = &mut self.graph.steps[index];
        step.inputs = inputs.to_vec();
        step.operation = operation;
    }

    /// A new parameter; the name is made one of its own.
    fn parameter(&mut self, name: &str, shape: Shape, values: Vec<f32>) -> String {
        let mut unique = name.to_owned();
        let mut count = 1;
        while self.numbers.contains_key(&unique) {
            count += 1;
            unique = format!("{name}~{count}");
        }
        self.graph.parameters.insert(unique.clone(), shape);
        self.numbers.insert(unique.clone(), values);
        unique
    }

    /// Values in order.
    fn values(&self) -> impl Iterator<Item = Value> + use<> {
        (0..self.graph.steps.len()).map(Value::of_step)
    }
}
