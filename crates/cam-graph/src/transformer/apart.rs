//! Where every token goes its own way.

use std::collections::BTreeSet;

use super::Tokens;
use crate::{Graph, LayerNorm, Operation, Shape, Step, Value};

impl Graph {
    /// Whether a stream of tokens at a later place can be computed for some tokens without the others, and by the same
    /// steps: none of them joins tokens, depends on how many there are, or reads what was computed elsewhere.
    pub fn keeps_tokens_apart(&self, from: Value, to: Value, shapes: &[Shape]) -> bool {
        let axes = self.axes(shapes);
        let stream = &shapes[from.index()];
        let Some(tokens) = Tokens::on(&axes[from.index()], stream) else { return false };
        let Some(axis) = stream.iter().position(|side| *side == tokens.count()) else {
            return false;
        };
        let place = Place { axis, rank: stream.len() };
        let mut along = BTreeSet::from([from]);
        let needed = self.needed(|value| value == from, &[to]);
        let steps = self.steps.iter().enumerate().filter(|(index, _)| needed[*index]);
        for (index, step) in steps {
            if matches!(step.operation, Operation::Constant { .. }) {
                continue;
            }
            let is_known = |value: &Value| {
                along.contains(value)
                    || self.is_constant(*value) && place.is_narrow(&shapes[value.index()])
            };
            let value = Value::of_step(index);
            let is_apart = step.inputs.iter().all(is_known)
                && shapes[value.index()].len() == place.rank
                && place.is_apart(step);
            if !is_apart {
                return false;
            }
            along.insert(value);
        }
        along.contains(&to)
    }
}

/// The axis of tokens among the axes of a stream.
#[derive(Clone, Copy)]
struct Place {
    axis: usize,
    rank: usize,
}

impl Place {
    /// Whether what is the same for every image is the same for every token.
    fn is_narrow(self, shape: &[usize]) -> bool {
        let from_behind = self.rank - self.axis;
        shape.len().checked_sub(from_behind).is_none_or(|axis| shape[axis] == 1)
    }

    /// Whether a step works on every token by itself.
    fn is_apart(self, step: &Step) -> bool {
        match &step.operation {
            Operation::Combine(_) | Operation::Select => true,
            operation => operation.keeps_apart(self.axis, self.rank),
        }
    }
}

impl Operation {
    /// Whether it is one of those that give every index of an axis from the same index of what they read, of so many axes.
    pub(crate) fn keeps_apart(&self, axis: usize, rank: usize) -> bool {
        match self {
            Self::Linear(_) => axis + 1 < rank,
            Self::Map(_) => true,
            Self::LayerNorm(LayerNorm { axes, .. }) => !axes.contains(&axis),
            Self::ScaleShift { axis: other, .. }
            | Self::PRelu { axis: other, .. }
            | Self::L2Normalize { axis: other, .. }
            | Self::Softmax { axis: other }
            | Self::Concat { axis: other }
            | Self::Slice { axis: other, .. } => *other != axis,
            _ => false,
        }
    }
}
