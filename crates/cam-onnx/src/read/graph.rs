use super::node::node;
use super::tensor::Parts;
use super::value::value;
use crate::error::Error;
use crate::proto::Graph;
use crate::wire::{Message, Wire};

/// `GraphProto`, into what an earlier part of it said.
pub(super) fn add_graph(
    graph: &mut Graph,
    mut message: Message,
    wire: &mut Wire<'_>,
) -> Result<(), Error> {
    while let Some(field) = message.next(wire)? {
        let place = field.place;
        match field.number {
            1 => {
                let node = node(&field, wire)?;
                wire.push(&mut graph.nodes, node, place)?;
            }
            2 => graph.name = field.text(wire)?,
            5 => {
                let mut parts = Parts::default();
                parts.add(field.message("TensorProto")?, wire)?;
                wire.push(&mut graph.initializers, parts.finish()?, place)?;
            }
            11 => {
                let value = value(&field, wire)?;
                wire.push(&mut graph.inputs, value, place)?;
            }
            12 => {
                let value = value(&field, wire)?;
                wire.push(&mut graph.outputs, value, place)?;
            }
            13 => {
                let value = value(&field, wire)?;
                wire.push(&mut graph.values, value, place)?;
            }
            _ => {}
        }
    }
    Ok(())
}
