//! How much arithmetic a network is.

use crate::shape::numbers;
use crate::{Graph, Operation, Shape, Value};

impl Graph {
    /// The multiply-adds of every step for one image: those of convolutions, linear layers and matrix products. All else
    /// counts as nothing.
    pub fn multiply_adds(&self, shapes: &[Shape]) -> Vec<u64> {
        let numbers = |shape: &[usize]| numbers(shape) as u64;
        let steps = self.steps.iter().enumerate().map(|(index, step)| {
            let outputs = numbers(&shapes[Value::of_step(index).index()]);
            let of_weight = |name: &String| self.parameters.get(name).map(Vec::as_slice);
            let each = match &step.operation {
                Operation::Convolution(convolution) => {
                    of_weight(&convolution.weight).map_or(0, |weight| numbers(&weight[1..]))
                }
                Operation::Linear(linear) => {
                    of_weight(&linear.weight).map_or(0, |weight| numbers(&weight[1..]))
                }
                Operation::MatMul => {
                    let left = step.inputs.first().map(|value| shapes[value.index()].as_slice());
                    left.and_then(<[usize]>::last).map_or(0, |&side| side as u64)
                }
                _ => 0,
            };
            outputs.saturating_mul(each)
        });
        steps.collect()
    }

    /// The part of all multiply-adds that lies in the steps up to a value.
    pub fn share_before(&self, value: Value, shapes: &[Shape]) -> f64 {
        let each = self.multiply_adds(shapes);
        let sum = |each: &[u64]| each.iter().fold(0_u64, |sum, &work| sum.saturating_add(work));
        let all = sum(&each);
        let before = sum(&each[..value.index()]);
        before as f64 / all.max(1) as f64
    }
}
