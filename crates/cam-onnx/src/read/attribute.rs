use super::graph::add_graph;
use super::tensor;
use crate::error::{Broken, Error};
use crate::proto::{Attribute, Graph};
use crate::wire::{Field, Message, Wire};

/// `AttributeProto`: name and setting.
pub(super) fn attribute(field: &Field, wire: &mut Wire<'_>) -> Result<(String, Attribute), Error> {
    let mut parts = Parts::default();
    parts.add(field.message("AttributeProto")?, wire)?;
    parts.finish(field.place)
}

/// Kinds of attributes, by the numbers of `AttributeProto.AttributeType`.
const FLOAT: i64 = 1;
const INT: i64 = 2;
const STRING: i64 = 3;
const TENSOR: i64 = 4;
const GRAPH: i64 = 5;
const FLOATS: i64 = 6;
const INTS: i64 = 7;
const STRINGS: i64 = 8;

/// What the fields of an attribute said so far.
#[derive(Default)]
struct Parts {
    name: String,
    /// The attribute of the caller that it stands for.
    reference: String,
    /// Its kind; files of the first version leave it out.
    announced: i64,
    float: Option<f32>,
    int: Option<i64>,
    string: Option<Vec<u8>>,
    tensor: Option<tensor::Parts>,
    graph: Option<Graph>,
    floats: Vec<f32>,
    ints: Vec<i64>,
    strings: Vec<Vec<u8>>,
}

impl Parts {
    fn add(&mut self, mut message: Message, wire: &mut Wire<'_>) -> Result<(), Error> {
        while let Some(field) = message.next(wire)? {
            match field.number {
                1 => self.name = field.text(wire)?,
                2 => self.float = Some(field.float()?),
                3 => self.int = Some(field.integer()?),
                4 => self.string = Some(field.bytes(wire)?),
                5 => {
                    let message = field.message("TensorProto")?;
                    self.tensor.get_or_insert_default().add(message, wire)?;
                }
                6 => {
                    let message = field.message("GraphProto")?;
                    add_graph(self.graph.get_or_insert_default(), message, wire)?;
                }
                7 => field.add_floats(wire, &mut self.floats)?,
                8 => field.add_integers(wire, &mut self.ints, u64::cast_signed)?,
                9 => {
                    let string = field.bytes(wire)?;
                    wire.push(&mut self.strings, string, field.place)?;
                }
                20 => self.announced = field.integer()?,
                21 => self.reference = field.text(wire)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn finish(self, place: u64) -> Result<(String, Attribute), Error> {
        if !self.reference.is_empty() {
            return Ok((self.name, Attribute::Reference(self.reference)));
        }
        let kind = if self.announced == 0 { self.held() } else { self.announced };
        if self.contradicts(kind) {
            let what = Broken::Attribute { name: self.name, announced: kind };
            return Err(Error::Malformed { place, what });
        }
        // A field that holds a zero, or an empty list, may be left out.
        let attribute = match kind {
            FLOAT => Attribute::Float(self.float.unwrap_or_default()),
            INT => Attribute::Int(self.int.unwrap_or_default()),
            STRING => Attribute::String(self.string.unwrap_or_default()),
            TENSOR => Attribute::Tensor(self.tensor.unwrap_or_default().finish()?),
            GRAPH => Attribute::Graph(Box::new(self.graph.unwrap_or_default())),
            FLOATS => Attribute::Floats(self.floats),
            INTS => Attribute::Ints(self.ints),
            STRINGS => Attribute::Strings(self.strings),
            _ => Attribute::Other,
        };
        Ok((self.name, attribute))
    }

    /// Whether it holds something, but nothing of its kind.
    fn contradicts(&self, kind: i64) -> bool {
        match kind {
            TENSOR | GRAPH => !self.holds(kind),
            FLOAT..=STRINGS => !self.holds(kind) && self.held() != 0,
            _ => false,
        }
    }

    /// The first kind of which it holds something, or zero.
    fn held(&self) -> i64 {
        (FLOAT..=STRINGS).find(|&kind| self.holds(kind)).unwrap_or(0)
    }

    fn holds(&self, kind: i64) -> bool {
        match kind {
            FLOAT => self.float.is_some(),
            INT => self.int.is_some(),
            STRING => self.string.is_some(),
            TENSOR => self.tensor.is_some(),
            GRAPH => self.graph.is_some(),
            FLOATS => !self.floats.is_empty(),
            INTS => !self.ints.is_empty(),
            STRINGS => !self.strings.is_empty(),
            _ => false,
        }
    }
}
