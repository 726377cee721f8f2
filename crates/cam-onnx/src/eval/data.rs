//! Numbers of any kind, moved about without a look at their values.

use std::borrow::Cow;
use std::ops::Range;

use crate::array::Data;

use super::Outcome;

/// The same for every kind.
macro_rules! each {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            Data::F32($values) => Data::F32($body),
            Data::I64($values) => Data::I64($body),
            Data::I8($values) => Data::I8($body),
            Data::U8($values) => Data::U8($body),
            Data::Bool($values) => Data::Bool($body),
        }
    };
}

impl Data {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::I8(values) => values.len(),
            Self::U8(values) => values.len(),
            Self::Bool(values) => values.len(),
        }
    }

    /// For messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::F32(_) => "f32",
            Self::I64(_) => "i64",
            Self::I8(_) => "i8",
            Self::U8(_) => "u8",
            Self::Bool(_) => "bool",
        }
    }

    /// Those at these places, each of which must be there.
    pub(super) fn pick(&self, places: impl Iterator<Item = usize>) -> Self {
        each!(self, values => places.map(|place| values[place]).collect())
    }

    /// Those in these ranges, each of which must be there unless it is empty.
    pub(super) fn copy(&self, ranges: impl Iterator<Item = Range<usize>>) -> Self {
        each!(self, values => {
            let mut copied = Vec::new();
            let filled = ranges.filter(|range| !range.is_empty());
            filled.for_each(|range| copied.extend_from_slice(&values[range]));
            copied
        })
    }

    /// These and then those.
    pub(super) fn followed_by(mut self, others: &Self) -> Outcome<Self> {
        match (&mut self, others) {
            (Self::F32(own), Self::F32(others)) => own.extend(others),
            (Self::I64(own), Self::I64(others)) => own.extend(others),
            (Self::I8(own), Self::I8(others)) => own.extend(others),
            (Self::U8(own), Self::U8(others)) => own.extend(others),
            (Self::Bool(own), Self::Bool(others)) => own.extend(others),
            (own, others) => return Err(mixed(own, others)),
        }
        Ok(self)
    }

    /// f32, and nothing else.
    pub(super) fn floats(&self) -> Outcome<&[f32]> {
        match self {
            Self::F32(values) => Ok(values),
            other => Err(format!("{} where f32 is needed", other.kind())),
        }
    }

    /// Integers, widened.
    pub(super) fn ints(&self) -> Outcome<Cow<'_, [i64]>> {
        match self {
            Self::I64(values) => Ok(values.into()),
            Self::I8(values) => Ok(values.iter().map(|&value| value.into()).collect()),
            Self::U8(values) => Ok(values.iter().map(|&value| value.into()).collect()),
            other => Err(format!("{} where integers are needed", other.kind())),
        }
    }

    /// Truth values, and nothing else.
    pub(super) fn bools(&self) -> Outcome<&[bool]> {
        match self {
            Self::Bool(values) => Ok(values),
            other => Err(format!("{} where bool is needed", other.kind())),
        }
    }
}

/// Values that should be of one kind.
pub(super) fn mixed(one: &Data, other: &Data) -> String {
    format!("{} and {} do not go together", one.kind(), other.kind())
}
