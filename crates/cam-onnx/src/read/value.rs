use crate::error::Error;
use crate::proto::{Dim, ElementType, ValueInfo};
use crate::wire::{Field, Message, Wire};

/// `ValueInfoProto`.
pub(super) fn value(field: &Field, wire: &mut Wire<'_>) -> Result<ValueInfo, Error> {
    let mut message = field.message("ValueInfoProto")?;
    let mut value = ValueInfo::default();
    while let Some(field) = message.next(wire)? {
        match field.number {
            1 => value.name = field.text(wire)?,
            2 => add_type(&mut value, field.message("TypeProto")?, wire)?,
            _ => {}
        }
    }
    Ok(value)
}

/// `TypeProto`, which holds one of several kinds, and the last one counts.
fn add_type(value: &mut ValueInfo, mut message: Message, wire: &mut Wire<'_>) -> Result<(), Error> {
    while let Some(field) = message.next(wire)? {
        match field.number {
            1 => add_tensor_type(value, field.message("TypeProto.Tensor")?, wire)?,
            // A sequence, a map, an opaque, a sparse tensor, an optional.
            4 | 5 | 7 | 8 | 9 => {
                value.element = ElementType::default();
                value.dims = None;
            }
            _ => {}
        }
    }
    Ok(())
}

fn add_tensor_type(
    value: &mut ValueInfo,
    mut message: Message,
    wire: &mut Wire<'_>,
) -> Result<(), Error> {
    while let Some(field) = message.next(wire)? {
        match field.number {
            1 => value.element = ElementType(field.enumerated()?),
            2 => {
                let dims = value.dims.get_or_insert_default();
                add_shape(dims, field.message("TensorShapeProto")?, wire)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn add_shape(dims: &mut Vec<Dim>, mut message: Message, wire: &mut Wire<'_>) -> Result<(), Error> {
    while let Some(field) = message.next(wire)? {
        if field.number == 1 {
            let dim = dim(&field, wire)?;
            wire.push(dims, dim, field.place)?;
        }
    }
    Ok(())
}

/// A side. One without value and name is free, and so is one below zero, as some exporters write it.
fn dim(field: &Field, wire: &mut Wire<'_>) -> Result<Dim, Error> {
    let mut message = field.message("TensorShapeProto.Dimension")?;
    let mut dim = Dim::Free(String::new());
    while let Some(field) = message.next(wire)? {
        match field.number {
            1 => {
                let side = usize::try_from(field.integer()?);
                dim = side.map_or_else(|_| Dim::Free(String::new()), Dim::Fixed);
            }
            2 => dim = Dim::Free(field.text(wire)?),
            _ => {}
        }
    }
    Ok(dim)
}
