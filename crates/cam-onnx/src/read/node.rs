use super::attribute::attribute;
use super::notes::{domain, pair};
use crate::error::Error;
use crate::proto::Node;
use crate::wire::{Field, Wire};

/// `NodeProto`.
pub(super) fn node(field: &Field, wire: &mut Wire<'_>) -> Result<Node, Error> {
    let mut message = field.message("NodeProto")?;
    let mut node = Node::default();
    while let Some(field) = message.next(wire)? {
        match field.number {
            1 => field.add_text(wire, &mut node.inputs)?,
            2 => field.add_text(wire, &mut node.outputs)?,
            3 => node.name = field.text(wire)?,
            4 => node.op_type = field.text(wire)?,
            5 => {
                let attribute = attribute(&field, wire)?;
                wire.push(&mut node.attributes, attribute, field.place)?;
            }
            7 => node.domain = domain(&field, wire)?,
            8 => node.overload = field.text(wire)?,
            9 => {
                let pair = pair(&field, wire)?;
                wire.push(&mut node.metadata, pair, field.place)?;
            }
            _ => {}
        }
    }
    Ok(node)
}
