//! Small messages: pairs of texts, and operator sets.

use crate::error::Error;
use crate::wire::{Field, Wire};

/// `StringStringEntryProto`: key and value.
pub(super) fn pair(field: &Field, wire: &mut Wire<'_>) -> Result<(String, String), Error> {
    let mut message = field.message("StringStringEntryProto")?;
    let (mut key, mut value) = <(String, String)>::default();
    while let Some(field) = message.next(wire)? {
        match field.number {
            1 => key = field.note(wire)?,
            2 => value = field.note(wire)?,
            _ => {}
        }
    }
    Ok((key, value))
}

/// `OperatorSetIdProto`: domain and version.
pub(super) fn opset(field: &Field, wire: &mut Wire<'_>) -> Result<(String, i64), Error> {
    let mut message = field.message("OperatorSetIdProto")?;
    let (mut domain, mut version) = <(String, i64)>::default();
    while let Some(field) = message.next(wire)? {
        match field.number {
            1 => domain = self::domain(&field, wire)?,
            2 => version = field.integer()?,
            _ => {}
        }
    }
    Ok((domain, version))
}

/// An operator set's name. ONNX's own has two.
pub(super) fn domain(field: &Field, wire: &mut Wire<'_>) -> Result<String, Error> {
    let name = field.text(wire)?;
    Ok(if name == "ai.onnx" { String::new() } else { name })
}
