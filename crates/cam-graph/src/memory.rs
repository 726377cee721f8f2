//! How many numbers are in memory while a network runs.

use crate::{Graph, Shape, Value};

impl Graph {
    /// The most numbers that exist at once while the steps from `first` on run for one image, if every value is let go
    /// of once nothing reads it any more, and all that they make.
    pub fn numbers_in_memory(&self, first: Value, shapes: &[Shape]) -> (usize, usize) {
        let size = |value: usize| shapes[value].iter().product::<usize>();
        let mut last_read = vec![0; self.steps.len() + 1];
        for (index, step) in self.steps.iter().enumerate() {
            for value in &step.inputs {
                last_read[value.index()] = index;
            }
        }
        let mut ends: Vec<Vec<usize>> = vec![Vec::new(); self.steps.len()];
        let (mut alive, mut peak, mut total) = (size(first.index()), size(first.index()), 0);
        for (value, &last) in
            last_read.iter().enumerate().filter(|(value, _)| *value >= first.index())
        {
            if last >= first.index() && last < self.steps.len() {
                ends[last].push(value);
            }
        }
        for (index, ends) in ends.iter().enumerate().skip(first.index()) {
            if self.is_constant(Value::of_step(index)) {
                continue;
            }
            alive += size(index + 1);
            total += size(index + 1);
            peak = peak.max(alive);
            let done = ends.iter().filter(|&&value| !self.is_constant_index(value));
            alive -= done.map(|&value| size(value)).sum::<usize>().min(alive);
        }
        (peak, total + size(first.index()))
    }

    fn is_constant_index(&self, value: usize) -> bool {
        value > 0 && self.is_constant(Value::of_step(value - 1))
    }
}
