//! The stream from its end back to where the first block reads it.

use super::AttentionBlock;
use super::attention::Branch;
use crate::{Binary, Graph, Operation, Value};

/// Where the stream begins, and its blocks; none where an attention does not add to it.
pub(super) fn blocks(
    graph: &Graph,
    end: Value,
    mut branches: Vec<Branch>,
) -> Option<(Value, Vec<AttentionBlock>)> {
    let mut blocks = Vec::new();
    let (mut value, mut after) = (end, end);
    while !branches.is_empty() {
        let step = graph.giver(value)?;
        let (&[a, b], Operation::Combine(Binary::Add)) = (&step.inputs[..], &step.operation) else {
            return None;
        };
        match branches.iter().position(|branch| branch.sum == value) {
            Some(found) => {
                let branch = branches.swap_remove(found);
                let before = if branch.added == a { b } else { a };
                blocks.push(AttentionBlock {
                    before,
                    attention: branch.attention,
                    similarity: branch.similarity,
                    values: branch.values,
                    heads: branch.heads,
                    projection: branch.projection,
                    after_attention: value,
                    after,
                });
                (value, after) = (before, before);
            }
            None if depends(graph, b, a) => value = a,
            None if depends(graph, a, b) => value = b,
            // Attention and MLP side by side: the stream is what an attention was added to.
            None if branches.iter().any(|branch| branch.sum == a) => value = a,
            None if branches.iter().any(|branch| branch.sum == b) => value = b,
            None => return None,
        }
    }
    blocks.reverse();
    (!blocks.is_empty()).then_some((value, blocks))
}

/// Whether a value is computed from another.
fn depends(graph: &Graph, value: Value, on: Value) -> bool {
    if value <= on {
        return false;
    }
    let needed = graph.needed(|found| found == on, &[value]);
    let reads = graph.steps.iter().zip(needed).filter(|(_, needed)| *needed);
    reads.into_iter().any(|(step, _)| step.inputs.contains(&on))
}
