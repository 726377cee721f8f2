//! A call of a function, and its body as the caller means it.

use std::collections::{BTreeMap, HashMap};

use super::size;
use crate::proto::{Attribute, Graph, Node, Tensor, ValueInfo};

pub(super) type Attributes<'a> = HashMap<&'a str, &'a Attribute>;

/// A call of a function.
pub(super) struct Call<'a> {
    /// What all names inside begin with that the caller does not know.
    pub prefix: String,
    /// What the caller calls inputs and outputs.
    pub names: BTreeMap<&'a str, &'a str>,
    /// Attributes that the caller gives.
    pub given: Attributes<'a>,
    /// And those that it need not give.
    pub defaults: Attributes<'a>,
    pub caller: &'a Node,
}

impl Call<'_> {
    /// A node of the function's body, as the caller means it.
    pub fn inner(&self, inner: &Node) -> Node {
        let metadata = self.metadata(inner).to_vec();
        Node { metadata, ..self.within(inner) }
    }

    fn metadata<'a>(&'a self, inner: &'a Node) -> &'a [(String, String)] {
        if inner.metadata.is_empty() { &self.caller.metadata } else { &inner.metadata }
    }

    fn within(&self, inner: &Node) -> Node {
        let attributes = self.attributes(inner).map(|(name, value)| {
            let value = match value {
                Attribute::Graph(graph) => Attribute::Graph(Box::new(self.branch(graph))),
                value => value.clone(),
            };
            (name.clone(), value)
        });
        let renamed = |list: &[String]| list.iter().map(|name| self.renamed(name)).collect();
        Node {
            inputs: renamed(&inner.inputs),
            outputs: renamed(&inner.outputs),
            attributes: attributes.collect(),
            name: inner.name.clone(),
            op_type: inner.op_type.clone(),
            domain: inner.domain.clone(),
            overload: inner.overload.clone(),
            metadata: inner.metadata.clone(),
        }
    }

    /// Names inside a branch are those of the function too.
    fn branch(&self, graph: &Graph) -> Graph {
        let constant =
            |tensor: &Tensor| Tensor { name: self.renamed(&tensor.name), ..tensor.clone() };
        let value =
            |value: &ValueInfo| ValueInfo { name: self.renamed(&value.name), ..value.clone() };
        Graph {
            name: graph.name.clone(),
            nodes: graph.nodes.iter().map(|node| self.within(node)).collect(),
            initializers: graph.initializers.iter().map(constant).collect(),
            inputs: graph.inputs.iter().map(value).collect(),
            outputs: graph.outputs.iter().map(value).collect(),
            values: Vec::new(),
        }
    }

    fn renamed(&self, name: &str) -> String {
        match (name, self.names.get(name)) {
            ("", _) => String::new(),
            (_, Some(outside)) => (*outside).to_owned(),
            (name, None) => format!("{}{name}", self.prefix),
        }
    }

    /// Attributes of an inner node, those of the caller in place of references to them.
    fn attributes<'a>(
        &'a self,
        inner: &'a Node,
    ) -> impl Iterator<Item = (&'a String, &'a Attribute)> {
        inner.attributes.iter().filter_map(|(name, value)| match value {
            Attribute::Reference(outer) => {
                let found = self.given.get(outer.as_str()).or(self.defaults.get(outer.as_str()));
                found.map(|found| (name, *found))
            }
            value => Some((name, value)),
        })
    }

    /// How large a node of the body becomes.
    pub fn bytes(&self, inner: &Node) -> usize {
        size::of_pairs(self.metadata(inner)) + self.bytes_within(inner)
    }

    fn bytes_within(&self, inner: &Node) -> usize {
        let attributes = self.attributes(inner).map(|(name, value)| {
            let value = match value {
                Attribute::Graph(graph) => self.bytes_of_branch(graph),
                value => size::of_attribute(value),
            };
            size::TEXT + name.len() + value
        });
        let texts = [&inner.name, &inner.op_type, &inner.domain, &inner.overload];
        size::NODE
            + self.longer(inner.inputs.iter().chain(&inner.outputs))
            + attributes.sum::<usize>()
            + texts.map(|text| text.len()).iter().sum::<usize>()
            + size::of_pairs(&inner.metadata)
    }

    fn bytes_of_branch(&self, graph: &Graph) -> usize {
        let values = graph.inputs.iter().chain(&graph.outputs).map(|value| &value.name);
        let names = values.chain(graph.initializers.iter().map(|tensor| &tensor.name));
        let nodes = graph.nodes.iter().map(|node| self.bytes_within(node));
        // With names as they are inside, which counts them twice at most.
        size::NODE
            + graph.initializers.iter().map(size::of_tensor).sum::<usize>()
            + graph.inputs.iter().chain(&graph.outputs).map(size::of_value).sum::<usize>()
            + self.longer(names)
            + nodes.sum::<usize>()
    }

    /// Bytes of names as the caller means them.
    fn longer<'a>(&self, names: impl Iterator<Item = &'a String>) -> usize {
        let each = names.map(|name| match self.names.get(name.as_str()) {
            Some(outside) => outside.len() + size::TEXT,
            None => self.prefix.len() + name.len() + size::TEXT,
        });
        each.sum()
    }
}
