use std::ops::Range;

use super::notes::pair;
use crate::error::{Error, ExternalFault, TensorFault};
use crate::proto::{ElementType, Payload, Tensor};
use crate::wire::{Message, Wire};

/// `TensorProto.DataLocation.EXTERNAL`.
const EXTERNAL: i64 = 1;

/// What the fields of a `TensorProto` said so far.
#[derive(Default)]
pub(super) struct Parts {
    name: String,
    dims: Vec<i64>,
    element: ElementType,
    data_location: i64,
    entries: Vec<(String, String)>,
    raw: Option<Range<u64>>,
    floats: Vec<f32>,
    doubles: Vec<f64>,
    int32s: Vec<i64>,
    int64s: Vec<i64>,
    uint64s: Vec<i64>,
}

impl Parts {
    pub fn add(&mut self, mut message: Message, wire: &mut Wire<'_>) -> Result<(), Error> {
        while let Some(field) = message.next(wire)? {
            match field.number {
                1 => field.add_integers(wire, &mut self.dims, u64::cast_signed)?,
                2 => self.element = ElementType(field.enumerated()?),
                4 => field.add_floats(wire, &mut self.floats)?,
                // The format drops higher bits.
                5 => field.add_integers(wire, &mut self.int32s, |bits| i64::from(bits as i32))?,
                7 => field.add_integers(wire, &mut self.int64s, u64::cast_signed)?,
                8 => self.name = field.text(wire)?,
                9 => self.raw = Some(field.range()?),
                10 => field.add_doubles(wire, &mut self.doubles)?,
                11 => field.add_integers(wire, &mut self.uint64s, u64::cast_signed)?,
                13 => {
                    let entry = pair(&field, wire)?;
                    wire.push(&mut self.entries, entry, field.place)?;
                }
                14 => self.data_location = field.integer()?,
                _ => {}
            }
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<Tensor, Error> {
        let dims = self.dims.iter().map(|&side| usize::try_from(side).map_err(|_| side));
        let dims = dims.collect::<Result<Vec<_>, _>>();
        let dims = dims.map_err(|side| self.fault(TensorFault::Side { side }))?;
        let payload = self.payload()?;
        Ok(Tensor { name: self.name, dims, element: self.element, payload })
    }

    /// Where the numbers lie, which has to be one place.
    fn payload(&mut self) -> Result<Payload, Error> {
        let raw = self.raw.clone().filter(|range| !range.is_empty());
        let places = [
            ("external_data", self.data_location == EXTERNAL),
            ("raw_data", raw.is_some()),
            ("float_data", !self.floats.is_empty()),
            ("double_data", !self.doubles.is_empty()),
            ("int32_data", !self.int32s.is_empty()),
            ("int64_data", !self.int64s.is_empty()),
            ("uint64_data", !self.uint64s.is_empty()),
        ];
        let mut found = places.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| *name);
        let one = found.next();
        if let (Some(one), Some(other)) = (one, found.next()) {
            return Err(self.fault(TensorFault::Twice { one, other }));
        }
        Ok(match one {
            Some("external_data") => self.external()?,
            Some("raw_data") => raw.map_or(Payload::Empty, Payload::Inside),
            Some("float_data") => Payload::Floats(std::mem::take(&mut self.floats)),
            Some("double_data") => Payload::Doubles(std::mem::take(&mut self.doubles)),
            Some("int32_data") => Payload::Ints(std::mem::take(&mut self.int32s)),
            Some("int64_data") => Payload::Ints(std::mem::take(&mut self.int64s)),
            Some("uint64_data") => Payload::Ints(std::mem::take(&mut self.uint64s)),
            _ => self.raw.take().map_or(Payload::Empty, Payload::Inside),
        })
    }

    fn external(&self) -> Result<Payload, Error> {
        let location = self.entry("location").unwrap_or_default();
        if location.is_empty() {
            return Err(self.external_fault(ExternalFault::Unnamed));
        }
        Ok(Payload::External {
            location: location.to_owned(),
            offset: self.bytes_of("offset")?.unwrap_or(0),
            length: self.bytes_of("length")?,
        })
    }

    /// The last entry with this key.
    fn entry(&self, key: &str) -> Option<&str> {
        let entry = self.entries.iter().rev().find(|(found, _)| found == key)?;
        Some(&entry.1)
    }

    fn bytes_of(&self, key: &'static str) -> Result<Option<u64>, Error> {
        let Some(value) = self.entry(key) else { return Ok(None) };
        value
            .parse()
            .map(Some)
            .map_err(|_| self.external_fault(ExternalFault::Entry { key, value: value.to_owned() }))
    }

    fn fault(&self, what: TensorFault) -> Error {
        Error::Tensor { tensor: self.name.clone(), what }
    }

    fn external_fault(&self, what: ExternalFault) -> Error {
        let location = self.entry("location").unwrap_or_default().to_owned();
        Error::External { tensor: self.name.clone(), location, what }
    }
}
