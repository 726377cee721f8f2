//! Messages of `onnx.proto`, one file for each, by their field numbers.
//!
//! As protocol buffers have it: of a single field that comes twice the last one counts, and messages are merged.

mod attribute;
mod function;
mod graph;
mod model;
mod node;
mod notes;
mod tensor;
mod value;

use crate::error::{Error, Looks};
use crate::proto::Model;
use crate::source::Source;
use crate::wire::{Message, Wire};

/// How much of a file says what else it could be.
const HEAD: u64 = 64;

/// Reads what a file says, but not the numbers of its constants: [`numbers`](crate::numbers()) does, one by one.
///
/// The operator set `ai.onnx` is given as `""`, which is its other name. A list of tensors or graphs, a sparse tensor and
/// a type as an attribute are [`Attribute::Other`](crate::proto::Attribute::Other); strings in a tensor are left out.
///
/// # Errors
/// [`Error::NotOnnx`] for files of other formats, [`Error::Malformed`] for broken ones, [`Error::TooDeep`] and
/// [`Error::TooMuch`] for those made to harm, [`Error::Tensor`] and [`Error::External`] for constants whose place is
/// not clear, and [`Error::Io`].
pub fn read(source: &Source) -> Result<Model, Error> {
    let model = model::model(Message::whole("ModelProto", source.len()), &mut Wire::new(source));
    match model {
        Ok(Some(model)) => Ok(model),
        Ok(None) => Err(Error::NotOnnx { found: looks(source)?.unwrap_or(Looks::NoGraph) }),
        // A web page is no message, and saying at which byte helps nobody.
        Err(Error::Malformed { place, what }) => Err(match looks(source)? {
            Some(found) => Error::NotOnnx { found },
            None => Error::Malformed { place, what },
        }),
        Err(error) => Err(error),
    }
}

fn looks(source: &Source) -> Result<Option<Looks>, Error> {
    let mut head = vec![0; source.len().min(HEAD) as usize];
    source.read_at(0, &mut head)?;
    Ok(Looks::of(&head))
}
