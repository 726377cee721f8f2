//! Functions that a file defines itself and branches whose condition is known, written out.

use std::collections::{BTreeMap, HashMap};

use super::ImportError;
use crate::proto::{Attribute, Function, Model, Node};

/// How deep functions may call functions.
const DEPTH: usize = 16;

/// Nodes that may come of it: functions that call others twice each would never end.
const NODES: usize = 1_000_000;

/// All nodes of the graph, without calls of the file's own functions.
pub(super) fn expand(model: &Model) -> Result<Vec<Node>, ImportError> {
    if model.functions.is_empty() {
        return Ok(model.graph.nodes.clone());
    }
    let functions: HashMap<(&str, &str), &Function> = model
        .functions
        .iter()
        .map(|function| ((function.domain.as_str(), function.name.as_str()), function))
        .collect();
    let mut nodes = Vec::new();
    let mut calls = 0;
    for node in &model.graph.nodes {
        write_out(node, &functions, (&mut nodes, &mut calls), 0)?;
    }
    Ok(nodes)
}

type Functions<'a> = HashMap<(&'a str, &'a str), &'a Function>;

fn write_out(
    node: &Node,
    functions: &Functions<'_>,
    (nodes, calls): (&mut Vec<Node>, &mut usize),
    depth: usize,
) -> Result<(), ImportError> {
    let Some(function) = functions.get(&(node.domain.as_str(), node.op_type.as_str())) else {
        nodes.push(node.clone());
        return Ok(());
    };
    if depth >= DEPTH || nodes.len() > NODES {
        let reason = format!("function {:?} calls others without end", function.name);
        return Err(ImportError::Contradiction(reason));
    }
    *calls += 1;
    let prefix = format!("{}#{calls}/", node.op_type);
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    for (inside, outside) in function.inputs.iter().zip(&node.inputs) {
        names.insert(inside, outside.clone());
    }
    // An input that the caller leaves out is left out inside.
    for inside in function.inputs.iter().skip(node.inputs.len()) {
        names.insert(inside, String::new());
    }
    for (inside, outside) in function.outputs.iter().zip(&node.outputs) {
        if !outside.is_empty() {
            names.insert(inside, outside.clone());
        }
    }
    let renamed = |name: &String| match (name.as_str(), names.get(name.as_str())) {
        ("", _) => String::new(),
        (_, Some(outside)) => outside.clone(),
        (name, None) => format!("{prefix}{name}"),
    };
    for inner in &function.nodes {
        let mut inner = inner.clone();
        inner.inputs = inner.inputs.iter().map(renamed).collect();
        inner.outputs = inner.outputs.iter().map(renamed).collect();
        inner.attributes = resolved(&inner, node, function);
        if inner.metadata.is_empty() {
            inner.metadata.clone_from(&node.metadata);
        }
        write_out(&inner, functions, (nodes, calls), depth + 1)?;
    }
    Ok(())
}

/// Attributes of an inner node, those of the caller in place of references to them.
fn resolved(inner: &Node, caller: &Node, function: &Function) -> Vec<(String, Attribute)> {
    let find = |list: &[(String, Attribute)], name: &str| {
        list.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let given = inner.attributes.iter().filter_map(|(name, value)| match value {
        Attribute::Reference(outer) => {
            let value = caller.attribute(outer).cloned();
            Some((name.clone(), value.or_else(|| find(&function.defaults, outer))?))
        }
        value => Some((name.clone(), value.clone())),
    });
    given.collect()
}
