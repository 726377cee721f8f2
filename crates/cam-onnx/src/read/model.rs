use super::function::function;
use super::graph::add_graph;
use super::notes::{opset, pair};
use crate::error::Error;
use crate::proto::{Graph, Model};
use crate::wire::{Message, Wire};

/// `ModelProto`; nothing where it has no graph.
pub(super) fn model(mut message: Message, wire: &mut Wire<'_>) -> Result<Option<Model>, Error> {
    let mut model = Model::default();
    let mut graph: Option<Graph> = None;
    let (mut producer, mut version) = <(String, String)>::default();
    while let Some(field) = message.next(wire)? {
        let place = field.place;
        match field.number {
            1 => model.ir_version = field.integer()?,
            2 => producer = field.note(wire)?,
            3 => version = field.note(wire)?,
            7 => {
                let message = field.message("GraphProto")?;
                add_graph(graph.get_or_insert_default(), message, wire)?;
            }
            8 => {
                let opset = opset(&field, wire)?;
                wire.push(&mut model.opsets, opset, place)?;
            }
            14 => {
                let pair = pair(&field, wire)?;
                wire.push(&mut model.metadata, pair, place)?;
            }
            25 => {
                let function = function(&field, wire)?;
                wire.push(&mut model.functions, function, place)?;
            }
            _ => {}
        }
    }
    let Some(graph) = graph else { return Ok(None) };
    model.producer = [producer, version].join(" ").trim().to_owned();
    Ok(Some(Model { graph, ..model }))
}
