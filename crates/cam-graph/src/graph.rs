use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::shape::bounded;
use crate::{Operation, Shape, ShapeError, Value};

/// A network as data: what is computed for one image, in which order, from which parameters.
///
/// Every step gives one value. Shapes are those of one image: an executor puts an axis of images in front of each
/// value, except in front of constants, which all images share.
///
/// # Examples
/// ```
/// use cam_graph::{Border, Convolution, Function, Graph, Name, Operation, Padding, Reduction, Value};
///
/// let mut graph = Graph::new(&[3, 32, 32]);
/// graph.parameters.insert("conv.weight".into(), vec![8, 3, 3, 3]);
/// let convolution = Convolution {
///     activation: Some(Function::Relu),
///     padding: Padding::Fixed(Border::all(1)),
///     ..Convolution::new("conv.weight", None)
/// };
/// let x = graph.push(&[Value::INPUT], Operation::Convolution(convolution), Name::default());
/// let mean = Operation::Reduce { reduction: Reduction::Mean, axes: vec![1, 2], keep: false };
/// let x = graph.push(&[x], mean, Name::default());
/// graph.output = x;
/// assert_eq!(graph.shapes(&[3, 64, 64])?[x.index()], [8]);
/// # Ok::<(), cam_graph::ShapeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// The shape of the input that the graph was made for, `[3, h, w]` as a rule.
    pub input: Shape,
    /// What is computed, in order.
    pub steps: Vec<Step>,
    /// What the network gives.
    pub output: Value,
    /// The shape of every parameter, by name.
    pub parameters: BTreeMap<String, Shape>,
}

/// One operation, what it reads and what it is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it reads.
    pub inputs: Vec<Value>,
    /// What it does.
    pub operation: Operation,
    /// What the network's authors call it.
    pub name: Name,
}

/// The names of a step. Any may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Name {
    /// The path of the module that it belongs to (`layer4.2.relu`).
    pub module: String,
    /// Its own (`/layer4/layer4.2/relu/Relu`).
    pub node: String,
    /// That of the value that it gives (`relu_48`).
    pub value: String,
    /// The modules whose last value it gives, the outermost first: [`Graph::name_modules`] finds them.
    pub ends: Vec<String>,
}

impl Graph {
    /// A graph without steps, for inputs of that shape.
    pub fn new(input: &[usize]) -> Self {
        Self {
            input: input.to_vec(),
            steps: Vec::new(),
            output: Value::INPUT,
            parameters: BTreeMap::new(),
        }
    }

    /// Adds a step behind the others.
    pub fn push(&mut self, inputs: &[Value], operation: Operation, name: Name) -> Value {
        self.steps.push(Step { inputs: inputs.to_vec(), operation, name });
        Value::of_step(self.steps.len() - 1)
    }

    /// The step that gives a value.
    pub fn giver(&self, value: Value) -> Option<&Step> {
        self.steps.get(value.step()?)
    }

    /// Whether a value is a constant, which has no axis of images.
    pub fn is_constant(&self, value: Value) -> bool {
        self.giver(value).is_some_and(|step| matches!(step.operation, Operation::Constant { .. }))
    }

    /// The shape of every value, for an image of that shape.
    ///
    /// # Errors
    /// [`ShapeError`] for the first step that cannot work on what it reads.
    pub fn shapes(&self, input: &[usize]) -> Result<Vec<Shape>, ShapeError> {
        let input_error = |reason| ShapeError { step: 0, name: "the input".to_owned(), reason };
        bounded(input).map_err(input_error)?;
        let mut shapes = Vec::with_capacity(self.steps.len() + 1);
        shapes.push(input.to_vec());
        for (index, step) in self.steps.iter().enumerate() {
            let error = |reason| ShapeError { step: index, name: step.name.node.clone(), reason };
            let mut inputs = Vec::with_capacity(step.inputs.len());
            for value in &step.inputs {
                let early = || error("it reads a value that does not exist yet".to_owned());
                inputs.push(shapes.get(value.index()).ok_or_else(early)?.as_slice());
            }
            let shape = step.operation.shape(&inputs, &self.parameters).map_err(error)?;
            shapes.push(shape);
        }
        Ok(shapes)
    }

    /// How many later steps read each value; the network's output counts as read once.
    pub fn readers(&self) -> Vec<usize> {
        let mut readers = vec![0; self.steps.len() + 1];
        readers[self.output.index()] += 1;
        for value in self.steps.iter().flat_map(|step| &step.inputs) {
            readers[value.index()] += 1;
        }
        readers
    }

    /// The steps that `output` depends on, computed from values that exist already.
    pub fn needed(&self, exists: impl Fn(Value) -> bool, outputs: &[Value]) -> Vec<bool> {
        let mut wanted = vec![false; self.steps.len() + 1];
        for output in outputs {
            wanted[output.index()] = true;
        }
        for index in (0..self.steps.len()).rev() {
            let value = Value::of_step(index);
            if exists(value) {
                wanted[value.index()] = false;
            }
            if wanted[value.index()] {
                self.steps[index].inputs.iter().for_each(|read| wanted[read.index()] = true);
            }
        }
        wanted.split_off(1)
    }

    /// Leaves out the steps and parameters that the output does not depend on. Values are numbered anew.
    pub fn prune(&mut self) {
        let needed = self.needed(|_| false, &[self.output]);
        let mut renumbered = vec![Value::INPUT; self.steps.len() + 1];
        let mut kept = Vec::new();
        for (index, mut step) in std::mem::take(&mut self.steps).into_iter().enumerate() {
            if needed[index] {
                step.inputs.iter_mut().for_each(|value| *value = renumbered[value.index()]);
                renumbered[index + 1] = Value::of_step(kept.len());
                kept.push(step);
            }
        }
        self.steps = kept;
        self.output = renumbered[self.output.index()];
        let named: std::collections::BTreeSet<&str> =
            self.steps.iter().flat_map(|step| step.operation.parameters()).collect();
        self.parameters.retain(|name, _| named.contains(name.as_str()));
    }
}
