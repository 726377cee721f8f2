//! A node with its inputs, and the questions that operations ask about them.

use crate::array::{Array, Data};
use crate::proto::Node;

use super::index::{whole, within};
use super::{Operation, Outcome};

/// A node with its inputs.
pub(super) struct Call<'a> {
    operation: &'a Operation<'a>,
    inputs: &'a [Option<&'a Array>],
}

impl<'a> Call<'a> {
    /// Inputs that hold as many numbers as their sides say, and not too many.
    pub fn new(operation: &'a Operation<'a>, inputs: &'a [Option<&'a Array>]) -> Outcome<Self> {
        inputs.iter().copied().flatten().try_for_each(whole)?;
        Ok(Self { operation, inputs })
    }

    pub fn node(&self) -> &'a Node {
        self.operation.node
    }

    pub fn kind(&self) -> &'a str {
        &self.node().op_type
    }

    pub fn opset(&self) -> i64 {
        self.operation.opset
    }

    /// An optional input.
    pub fn optional(&self, position: usize) -> Option<&'a Array> {
        self.inputs.get(position).copied().flatten()
    }

    /// An input that must be there.
    pub fn input(&self, position: usize) -> Outcome<&'a Array> {
        self.optional(position).ok_or_else(|| format!("input {position} is missing"))
    }

    /// All inputs, of an operation that takes any number.
    pub fn all(&self) -> Outcome<Vec<&'a Array>> {
        match self.inputs.len() {
            0 => Err("there are no inputs".into()),
            count => (0..count).map(|position| self.input(position)).collect(),
        }
    }

    /// A constant that is a setting.
    pub fn tensor(&self, name: &str) -> Option<Outcome<Array>> {
        let tensor = self.node().tensor(name)?;
        Some((self.operation.read)(tensor).and_then(|array| whole(&array).map(|()| array)))
    }

    /// Integers that are an input, or a setting as in older operator sets.
    ///
    /// Whichever is there is meant: nothing else says `axes`, and to overlook one would fold to a wrong value.
    pub fn ints(&self, position: usize, name: &str) -> Outcome<Option<Vec<i64>>> {
        match self.optional(position) {
            Some(array) => array.data.ints().map(|ints| Some(ints.into_owned())),
            None => Ok(self.node().ints(name).map(<[i64]>::to_vec)),
        }
    }

    /// Integers that must be there.
    pub fn needed_ints(&self, position: usize, name: &str) -> Outcome<Vec<i64>> {
        self.ints(position, name)?.ok_or_else(|| format!("{name} is missing"))
    }

    /// An input of a single integer.
    pub fn one_int(&self, position: usize) -> Outcome<Option<i64>> {
        let Some(array) = self.optional(position) else { return Ok(None) };
        match array.data.ints()?.as_ref() {
            [value] => Ok(Some(*value)),
            values => Err(format!("input {position} should be one integer, not {}", values.len())),
        }
    }

    /// The setting `axis`, counted from the front.
    pub fn axis(&self, default: i64, rank: usize) -> Outcome<usize> {
        within(self.node().int_or("axis", default), rank, "axis")
    }

    /// Axes counted from the front, without repetition.
    pub fn axes(&self, axes: &[i64], rank: usize) -> Outcome<Vec<usize>> {
        let mut seen = Vec::new();
        for &axis in axes {
            let axis = within(axis, rank, "axis")?;
            if seen.contains(&axis) {
                return Err(format!("axis {axis} is named twice in {axes:?}"));
            }
            seen.push(axis);
        }
        Ok(seen)
    }

    /// An input of f32.
    pub fn floats(&self, position: usize) -> Outcome<&'a [f32]> {
        self.input(position)?.data.floats()
    }

    /// An optional input of a single value.
    pub fn one(&self, position: usize) -> Outcome<Option<&'a Data>> {
        match self.optional(position) {
            Some(array) if array.data.count() != 1 => {
                Err(format!("input {position} should be one value, not {}", array.data.count()))
            }
            array => Ok(array.map(|array| &array.data)),
        }
    }
}
