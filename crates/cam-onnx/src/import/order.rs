//! Nodes in an order in which they can be computed.

use std::collections::{HashMap, HashSet};

use super::ImportError;
use super::known::Known;
use super::names::short;
use crate::proto::{Attribute, Node};

/// The nodes by their places, each behind those whose values it reads. Files need not keep that order.
pub(super) fn ordered(
    nodes: &[Node],
    given: &HashMap<String, Known<'_>>,
) -> Result<Vec<usize>, ImportError> {
    let mut givers: HashMap<&str, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for output in node.outputs.iter().filter(|name| !name.is_empty()) {
            if given.contains_key(output) || givers.insert(output, index).is_some() {
                let reason = format!("value {:?} is given twice", short(output));
                return Err(ImportError::Contradiction(reason));
            }
        }
    }
    let mut waits = vec![0_usize; nodes.len()];
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        let own = own(node).count();
        for (place, input) in reads(node).into_iter().enumerate() {
            if let Some(&giver) = givers.get(input) {
                waits[index] += 1;
                readers[giver].push(index);
            // What a branch reads may be given inside it.
            } else if !given.contains_key(input) && place < own {
                let (node, input) = (short(&node.name), short(input));
                let reason = format!("node {node:?} reads {input:?}, which nothing gives");
                return Err(ImportError::Contradiction(reason));
            }
        }
    }
    // The file's own order wherever it can be kept: it is the order in which cuts are listed.
    let mut ready: std::collections::BTreeSet<usize> =
        (0..nodes.len()).filter(|&index| waits[index] == 0).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(index) = ready.pop_first() {
        order.push(index);
        for &reader in &readers[index] {
            waits[reader] -= 1;
            if waits[reader] == 0 {
                ready.insert(reader);
            }
        }
    }
    match order.len() == nodes.len() {
        true => Ok(order),
        false => {
            let stuck = waits.iter().position(|&waits| waits > 0);
            let stuck = stuck.map_or_else(String::new, |index| short(&nodes[index].name));
            Err(ImportError::Contradiction(format!(
                "nodes read each other in a circle, near {stuck:?}"
            )))
        }
    }
}

/// Which nodes values depend on.
pub(super) fn needed(nodes: &[Node], values: &[&str]) -> Vec<bool> {
    let mut givers: HashMap<&str, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for output in &node.outputs {
            givers.entry(output).or_insert(index);
        }
    }
    let mut needed = vec![false; nodes.len()];
    let mut open: Vec<usize> =
        values.iter().filter_map(|&name| givers.get(name).copied()).collect();
    while let Some(index) = open.pop() {
        if !std::mem::replace(&mut needed[index], true) {
            open.extend(reads(&nodes[index]).iter().filter_map(|&name| givers.get(name).copied()));
        }
    }
    needed
}

/// The values that a node reads, those that its branches take from outside too.
fn reads(node: &Node) -> Vec<&str> {
    let mut names: Vec<&str> = own(node).collect();
    inside(node, &mut names);
    names
}

fn own(node: &Node) -> impl Iterator<Item = &str> {
    node.inputs.iter().map(String::as_str).filter(|name| !name.is_empty())
}

/// What is read in a node's branches, and in theirs, and given outside: the reader limits how deep they lie.
fn inside<'a>(node: &'a Node, names: &mut Vec<&'a str>) {
    for (_, attribute) in &node.attributes {
        let Attribute::Graph(graph) = attribute else { continue };
        let mut read = Vec::new();
        for inner in &graph.nodes {
            read.extend(own(inner));
            inside(inner, &mut read);
        }
        let outputs = graph.outputs.iter().map(|output| output.name.as_str());
        read.extend(outputs.filter(|name| !name.is_empty()));
        let nodes = graph.nodes.iter().flat_map(|inner| &inner.outputs);
        let constants = graph.initializers.iter().map(|constant| &constant.name);
        let given: HashSet<&str> = nodes.chain(constants).map(String::as_str).collect();
        names.extend(read.into_iter().filter(|name| !given.contains(name)));
    }
}

/// How often each value is still read.
pub(super) struct Readings<'a>(HashMap<&'a str, usize>);

impl<'a> Readings<'a> {
    pub(super) fn of(nodes: impl Iterator<Item = &'a Node>) -> Self {
        let mut left: HashMap<&str, usize> = HashMap::new();
        for name in nodes.flat_map(reads) {
            *left.entry(name).or_default() += 1;
        }
        Self(left)
    }

    /// A node was computed: the values that nothing will read any more.
    pub(super) fn done(&mut self, node: &'a Node) -> impl Iterator<Item = &'a str> {
        let read = reads(node).into_iter().filter(|name| match self.0.get_mut(name) {
            Some(left) => {
                *left -= 1;
                *left == 0
            }
            None => false,
        });
        let read: Vec<&str> = read.collect();
        let given = node.outputs.iter().map(String::as_str);
        let unread: Vec<&str> = given.filter(|name| !self.0.contains_key(name)).collect();
        read.into_iter().chain(unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(inputs: &[&str], output: &str) -> Node {
        let inputs = inputs.iter().map(|name| (*name).to_owned()).collect();
        Node { inputs, outputs: vec![output.to_owned()], ..Node::default() }
    }

    #[test]
    fn a_value_is_done_with_its_last_reading() {
        let nodes = [node(&["a", "a"], "b"), node(&["a", "b"], "c")];
        let mut readings = Readings::of(nodes.iter());
        assert_eq!(readings.done(&nodes[0]).count(), 0);
        assert_eq!(readings.done(&nodes[1]).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn what_a_branch_in_a_branch_reads_comes_before() {
        let graph = |node: Node| crate::proto::Graph { nodes: vec![node], ..Default::default() };
        let branch =
            |node: Node| ("then_branch".to_owned(), Attribute::Graph(Box::new(graph(node))));
        let inner = Node { attributes: vec![branch(node(&["late"], "z"))], ..node(&["c"], "y") };
        let outer = Node { attributes: vec![branch(inner)], ..node(&[], "x") };
        let nodes = [outer, node(&[], "late")];
        let order = ordered(&nodes, &HashMap::new()).expect("they can be ordered");
        assert_eq!(nodes[order[0]].outputs, ["late"]);
    }
}
