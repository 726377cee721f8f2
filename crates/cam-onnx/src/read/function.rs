use super::attribute::attribute;
use super::node::node;
use super::notes::{domain, opset};
use crate::error::Error;
use crate::proto::Function;
use crate::wire::{Field, Wire};

/// `FunctionProto`.
pub(super) fn function(field: &Field, wire: &mut Wire<'_>) -> Result<Function, Error> {
    let mut message = field.message("FunctionProto")?;
    let mut function = Function::default();
    while let Some(field) = message.next(wire)? {
        match field.number {
            1 => function.name = field.text(wire)?,
            4 => field.add_text(wire, &mut function.inputs)?,
            5 => field.add_text(wire, &mut function.outputs)?,
            6 => field.add_text(wire, &mut function.attributes)?,
            7 => {
                let node = node(&field, wire)?;
                wire.push(&mut function.nodes, node, field.place)?;
            }
            9 => {
                let opset = opset(&field, wire)?;
                wire.push(&mut function.opsets, opset, field.place)?;
            }
            10 => function.domain = domain(&field, wire)?,
            11 => {
                let default = attribute(&field, wire)?;
                wire.push(&mut function.defaults, default, field.place)?;
            }
            13 => function.overload = field.text(wire)?,
            _ => {}
        }
    }
    Ok(function)
}
