//! From the last stream of tokens to the output, step by step.

use super::Tokens;
use crate::{Axes, Graph, HeadStep, LayerNorm, Operation, Reduction, Shape, Value};

/// A step from a stream of tokens to an embedding.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadoutStep {
    /// (x − mean)/√(variance + ε) over channels, of every token or of what was pooled.
    Norm(LayerNorm),
    /// Of the tokens only these, their mean; a class token is one of one.
    Pool {
        /// The first.
        start: usize,
        /// How many.
        length: usize,
    },
    /// All tokens one behind another.
    Flatten,
    /// A step of the vector that was pooled, or of every token.
    Then(HeadStep),
}

/// The stream that is read, and the steps from it to the output; none where there are others.
pub(super) fn of(
    graph: &Graph,
    shapes: &[Shape],
    axes: &[Axes],
) -> Option<(Value, Vec<ReadoutStep>)> {
    let mut steps = Vec::new();
    let mut value = graph.output;
    loop {
        let step = graph.giver(value)?;
        let read = *step.inputs.first()?;
        let (before, behind) = (&shapes[read.index()], &shapes[value.index()]);
        let channels = behind.iter().product::<usize>()
            / Tokens::on(&axes[value.index()], behind).map_or(1, |tokens| tokens.count());
        let is_channels = |axis: usize| {
            axes[read.index()].as_ref().is_none_or(|axes| Tokens::of(axes[axis]).is_none())
        };
        match &step.operation {
            Operation::Combine(crate::Binary::Add) => {
                Tokens::on(&axes[value.index()], behind)?;
                steps.reverse();
                return Some((value, steps));
            }
            Operation::Linear(linear) if is_channels(before.len() - 1) => {
                let (weight, bias) = (linear.weight.clone(), linear.bias.clone());
                steps.push(ReadoutStep::Then(HeadStep::Linear { weight, bias }));
            }
            Operation::ScaleShift { scale, shift, axis }
                if behind[*axis] == channels && is_channels(*axis) =>
            {
                let (scale, shift) = (scale.clone(), shift.clone());
                steps.push(ReadoutStep::Then(HeadStep::ScaleShift { scale, shift }));
            }
            Operation::L2Normalize { axis, epsilon }
                if behind[*axis] == channels && is_channels(*axis) =>
            {
                steps.push(ReadoutStep::Then(HeadStep::L2Normalize { epsilon: *epsilon }));
            }
            Operation::LayerNorm(norm) if norm.axes.iter().all(|&axis| is_channels(axis)) => {
                let over: usize = norm.axes.iter().map(|&axis| behind[axis]).product();
                steps.push(ReadoutStep::Norm((over == channels).then(|| norm.clone())?));
            }
            Operation::Slice { .. } | Operation::Gather { .. } | Operation::Reduce { .. } => {
                steps.extend(pool(graph, &mut value, (shapes, axes))?);
                continue;
            }
            Operation::Reshape { .. } | Operation::Transpose { .. } => {
                let tokens =
                    |value: Value| Tokens::on(&axes[value.index()], &shapes[value.index()]);
                let is_vector = before.iter().filter(|&&side| side != 1).count() <= 1;
                let flattens = matches!(
                    axes[read.index()].as_deref(),
                    Some([front @ .., crate::Axis::Positions { .. }, crate::Axis::Other])
                        if front.iter().all(|axis| *axis == crate::Axis::Other)
                );
                match (tokens(read), tokens(value)) {
                    (a, b) if a == b => {}
                    (None, Some(_)) => return None,
                    (Some(_), _) if flattens && !is_vector => steps.push(ReadoutStep::Flatten),
                    _ => return None,
                }
            }
            _ => return None,
        }
        value = read;
    }
}

/// Pools from the last step of it backwards: a token that is taken, a mean of all or of those that were taken before.
fn pool(
    graph: &Graph,
    value: &mut Value,
    (shapes, axes): (&[Shape], &[Axes]),
) -> Option<Option<ReadoutStep>> {
    let step = graph.giver(*value)?;
    let read = *step.inputs.first()?;
    let tokens = Tokens::on(&axes[read.index()], &shapes[read.index()])?;
    let is_tokens = |axis: usize| {
        axes[read.index()].as_ref().is_some_and(|axes| Tokens::of(axes[axis]).is_some())
    };
    let pooled = match &step.operation {
        Operation::Slice { axis, start, length: 1 } if is_tokens(*axis) => (*start, 1),
        Operation::Gather { axis, indices } if is_tokens(*axis) && indices.len() == 1 => {
            (indices[0], 1)
        }
        Operation::Reduce { reduction: Reduction::Mean, axes: over, .. }
            if over.len() == 1 && is_tokens(over[0]) =>
        {
            let sliced = graph.giver(read);
            let outer = sliced.and_then(|step| step.inputs.first().copied());
            let whole =
                outer.and_then(|outer| Tokens::on(&axes[outer.index()], &shapes[outer.index()]));
            match (sliced.map(|step| &step.operation), whole) {
                (Some(Operation::Slice { start, length, .. }), Some(whole))
                    if whole.count() > tokens.count() =>
                {
                    *value = outer?;
                    return Some(Some(ReadoutStep::Pool { start: *start, length: *length }));
                }
                _ => (0, tokens.count()),
            }
        }
        _ => return None,
    };
    *value = read;
    Some(Some(ReadoutStep::Pool { start: pooled.0, length: pooled.1 }))
}
