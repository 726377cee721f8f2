//! How much memory the parts of a file take, about.

use crate::proto::{Attribute, Graph, Node, Payload, Tensor, ValueInfo};

/// Bytes of a node beside its texts and numbers.
pub(super) const NODE: usize = 256;

/// Bytes of a text beside its letters, about.
pub(super) const TEXT: usize = 48;

pub(super) fn of_texts(texts: &[String]) -> usize {
    texts.iter().map(|text| text.len() + TEXT).sum()
}

pub(super) fn of_pairs(pairs: &[(String, String)]) -> usize {
    pairs.iter().map(|(key, value)| key.len() + value.len() + 2 * TEXT).sum()
}

pub(super) fn of_node(node: &Node) -> usize {
    let texts = [&node.name, &node.op_type, &node.domain, &node.overload];
    let attributes =
        node.attributes.iter().map(|(name, value)| name.len() + TEXT + of_attribute(value));
    NODE + texts.map(|text| text.len()).iter().sum::<usize>()
        + of_texts(&node.inputs)
        + of_texts(&node.outputs)
        + attributes.sum::<usize>()
        + of_pairs(&node.metadata)
}

pub(super) fn of_attribute(attribute: &Attribute) -> usize {
    TEXT + match attribute {
        Attribute::String(bytes) => bytes.len(),
        Attribute::Tensor(tensor) => of_tensor(tensor),
        Attribute::Graph(graph) => of_graph(graph),
        Attribute::Floats(list) => list.len() * 4,
        Attribute::Ints(list) => list.len() * 8,
        Attribute::Strings(list) => list.iter().map(|bytes| bytes.len() + TEXT).sum(),
        Attribute::Reference(name) => name.len(),
        Attribute::Float(_) | Attribute::Int(_) | Attribute::Other => 0,
    }
}

pub(super) fn of_tensor(tensor: &Tensor) -> usize {
    let payload = match &tensor.payload {
        Payload::External { location, .. } => location.len(),
        Payload::Floats(list) => list.len() * 4,
        Payload::Doubles(list) => list.len() * 8,
        Payload::Ints(list) => list.len() * 8,
        Payload::Empty | Payload::Inside(_) => 0,
    };
    NODE + tensor.name.len() + tensor.dims.len() * 8 + payload
}

/// The reader limits how deep graphs lie in each other.
pub(super) fn of_graph(graph: &Graph) -> usize {
    let values = graph.inputs.iter().chain(&graph.outputs).chain(&graph.values);
    NODE + graph.nodes.iter().map(of_node).sum::<usize>()
        + graph.initializers.iter().map(of_tensor).sum::<usize>()
        + values.map(of_value).sum::<usize>()
}

pub(super) fn of_value(value: &ValueInfo) -> usize {
    NODE + value.name.len() + value.dims.iter().flatten().count() * TEXT
}
