//! A node's settings by name and kind.
//!
//! A setting of another kind than asked for counts as left out: ONNX fixes the kind of each.

use crate::proto::{Attribute, Node, Tensor};

impl Node {
    /// A setting, whatever its kind.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, attribute)| attribute)
    }

    /// An integer.
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        match self.attribute(name)? {
            Attribute::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// An integer, or what ONNX takes when it is left out.
    pub(crate) fn int_or(&self, name: &str, default: i64) -> i64 {
        self.int(name).unwrap_or(default)
    }

    /// A switch: an integer that is not zero.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.int(name).map_or(default, |value| value != 0)
    }

    /// Integers.
    pub(crate) fn ints(&self, name: &str) -> Option<&[i64]> {
        match self.attribute(name)? {
            Attribute::Ints(values) => Some(values),
            _ => None,
        }
    }

    /// A number.
    pub(crate) fn float(&self, name: &str) -> Option<f32> {
        match self.attribute(name)? {
            Attribute::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// A number, or what ONNX takes when it is left out.
    pub(crate) fn float_or(&self, name: &str, default: f32) -> f32 {
        self.float(name).unwrap_or(default)
    }

    /// Numbers.
    pub(crate) fn floats(&self, name: &str) -> Option<&[f32]> {
        match self.attribute(name)? {
            Attribute::Floats(values) => Some(values),
            _ => None,
        }
    }

    /// Text; bytes that are none count as left out.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.attribute(name)? {
            Attribute::String(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// A constant, whose numbers may still lie in the file.
    pub(crate) fn tensor(&self, name: &str) -> Option<&Tensor> {
        match self.attribute(name)? {
            Attribute::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_of_another_kind_counts_as_left_out() {
        let attributes = vec![
            ("axis".into(), Attribute::Int(-1)),
            ("mode".into(), Attribute::String(b"edge".to_vec())),
        ];
        let node = Node { attributes, ..Node::default() };
        assert_eq!(node.int("axis"), Some(-1));
        assert_eq!(node.float("axis"), None);
        assert_eq!(node.text("mode"), Some("edge"));
        assert_eq!(node.int_or("keepdims", 1), 1);
    }
}
