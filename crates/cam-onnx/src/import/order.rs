//! Nodes in an order in which they can be computed.

use std::collections::HashMap;

use super::ImportError;
use super::known::Known;
use crate::proto::{Attribute, Node};

/// The nodes, each behind those whose values it reads. Files need not keep that order.
pub(super) fn ordered<'a>(
    nodes: &'a [Node],
    given: &HashMap<String, Known<'_>>,
) -> Result<Vec<&'a Node>, ImportError> {
    let mut givers: HashMap<&str, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for output in node.outputs.iter().filter(|name| !name.is_empty()) {
            if given.contains_key(output) || givers.insert(output, index).is_some() {
                let reason = format!("value {output:?} is given twice");
                return Err(ImportError::Contradiction(reason));
            }
        }
    }
    let mut waits = vec![0_usize; nodes.len()];
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        for input in reads(node) {
            if let Some(&giver) = givers.get(input.as_str()) {
                waits[index] += 1;
                readers[giver].push(index);
            } else if !given.contains_key(input) && node.inputs.contains(input) {
                let reason = format!("node {:?} reads {input:?}, which nothing gives", node.name);
                return Err(ImportError::Contradiction(reason));
            }
        }
    }
    // The file's own order wherever it can be kept: it is the order in which cuts are listed.
    let mut ready: std::collections::BTreeSet<usize> =
        (0..nodes.len()).filter(|&index| waits[index] == 0).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(index) = ready.pop_first() {
        order.push(&nodes[index]);
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
            let stuck = waits.iter().position(|&waits| waits > 0).map(|index| &nodes[index].name);
            Err(ImportError::Contradiction(format!(
                "nodes read each other in a circle, near {stuck:?}"
            )))
        }
    }
}

/// The nodes that values depend on, in the file's order.
pub(super) fn needed(nodes: Vec<Node>, values: &[&str]) -> Vec<Node> {
    let mut givers: HashMap<String, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for output in &node.outputs {
            givers.entry(output.clone()).or_insert(index);
        }
    }
    let mut keep = vec![false; nodes.len()];
    let mut open: Vec<usize> =
        values.iter().filter_map(|&name| givers.get(name).copied()).collect();
    while let Some(index) = open.pop() {
        if !std::mem::replace(&mut keep[index], true) {
            open.extend(reads(&nodes[index]).filter_map(|name| givers.get(name).copied()));
        }
    }
    nodes.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(node, _)| node).collect()
}

/// The values that a node reads, those that its branches take from outside too.
fn reads(node: &Node) -> impl Iterator<Item = &String> {
    let inside = node.attributes.iter().filter_map(|(_, attribute)| match attribute {
        Attribute::Graph(graph) => Some(graph),
        _ => None,
    });
    let captured = inside.flat_map(|graph| {
        let names = graph.nodes.iter().flat_map(|node| &node.inputs);
        names.chain(graph.outputs.iter().map(|output| &output.name))
    });
    node.inputs.iter().chain(captured).filter(|name| !name.is_empty())
}
