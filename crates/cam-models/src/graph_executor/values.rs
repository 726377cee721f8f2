use cam_graph::{Graph, Value};

use super::Dense;

/// The values that later steps still read; the others are dropped, so that memory holds a few of them and not all.
pub(super) struct Values {
    values: Vec<Option<Dense>>,
    reads_left: Vec<usize>,
}

impl Values {
    pub(super) fn new(graph: &Graph, needed: &[bool], wanted: &[Value]) -> Self {
        let mut reads_left = vec![0; graph.steps.len() + 1];
        let steps = graph.steps.iter().zip(needed).filter(|(_, needed)| **needed);
        for value in steps.flat_map(|(step, _)| &step.inputs).chain(wanted) {
            reads_left[value.index()] += 1;
        }
        Self { values: vec![None; graph.steps.len() + 1], reads_left }
    }

    /// Keeps a value, if it will be read.
    pub(super) fn put(&mut self, value: Value, dense: Dense) {
        self.values[value.index()] = (self.reads_left[value.index()] > 0).then_some(dense);
    }

    /// The last to read a value owns it, and may write over its numbers.
    pub(super) fn read(&mut self, value: Value) -> Dense {
        let index = value.index();
        self.reads_left[index] -= 1;
        let found = match self.reads_left[index] {
            0 => self.values[index].take(),
            _ => self.values[index].clone(),
        };
        found.expect("what a step reads is given or was computed before")
    }
}
