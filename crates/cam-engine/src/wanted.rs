//! What is wanted of a run, and which rows of its values it therefore has to compute.

use std::ops::Range;

use crate::{Operation, Step};

/// A value that a run gives, all of it or some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The value; value v is given by step v − 1.
    pub value: usize,
    /// Rows of each of its images; none for all of them. Where a step needs no other rows of what it reads than
    /// these, no others are computed: of a transformer whose class token alone is read, the last block costs little
    /// more than its keys and values.
    pub rows: Option<Range<usize>>,
}

impl Wanted {
    /// All of a value.
    pub fn whole(value: usize) -> Self {
        Self { value, rows: None }
    }

    /// Some of its rows.
    pub fn rows(value: usize, rows: Range<usize>) -> Self {
        Self { value, rows: Some(rows) }
    }
}

/// Rows of a value's images that are computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Rows {
    pub(crate) fn of(range: &Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }

    pub(crate) fn all(height: usize) -> Self {
        Self { start: 0, end: height }
    }

    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }

    fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Both, and what lies between them.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => other,
            (_, true) => self,
            _ => Self { start: self.start.min(other.start), end: self.end.max(other.end) },
        }
    }
}

impl Step {
    /// Whether a row of what it reads as that operand has no part in the other rows of what it gives. A convolution's
    /// own windows are for the caller to look at: here it counts as if they were single pixels.
    pub(crate) fn keeps_rows_apart(&self, operand: usize) -> bool {
        match &self.operation {
            Operation::Convolution(_)
            | Operation::Activation(_)
            | Operation::Add { .. }
            | Operation::Multiply { .. }
            | Operation::ScaleShift(_)
            | Operation::Concat { .. }
            | Operation::Slice { .. }
            | Operation::Shuffle { .. }
            | Operation::LayerNorm(_) => true,
            // A query looks at all keys, and takes from all values.
            Operation::Attention(_) => operand == 0,
            Operation::MaxPool(_)
            | Operation::AveragePool { .. }
            | Operation::GlobalMaximum
            | Operation::GlobalAverage
            | Operation::Upsample { .. }
            | Operation::Tokens(_) => false,
        }
    }
}
