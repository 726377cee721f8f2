//! Branches whose condition is known once the size of the image is.

use std::collections::HashSet;

use super::lower;
use crate::array::Data;
use crate::import::importer::{Importer, Outcome};
use crate::import::known::Known;
use crate::import::order::ordered;
use crate::proto::{Attribute, Node};

/// Imports the branch that is taken, in the place of the node.
pub(super) fn taken(importer: &mut Importer<'_>, node: &Node) -> Outcome<()> {
    let condition = importer.needed(node, 0)?;
    let Data::Bool(flags) = &condition.data else {
        return Err("the condition is not a truth value".into());
    };
    let name = if flags.first() == Some(&true) { "then_branch" } else { "else_branch" };
    let Some(Attribute::Graph(graph)) = node.attribute(name) else {
        return Err(format!("{name} is missing").into());
    };
    for constant in &graph.initializers {
        if importer.values.contains_key(&constant.name) {
            return Err(format!("value {:?} is given twice", constant.name).into());
        }
        let array = importer.read(constant)?;
        importer.set(&constant.name, Known::Constant(array.into()))?;
    }
    let order = ordered(&graph.nodes, &importer.values).map_err(|error| error.to_string())?;
    for index in order {
        if importer.refused.is_none() {
            lower(importer, &graph.nodes[index]);
        }
    }
    for (index, output) in graph.outputs.iter().enumerate() {
        let found = importer.values.get(&output.name).cloned();
        let found = found.ok_or_else(|| format!("{name} does not give {:?}", output.name))?;
        importer.give(node, index, found);
    }
    // What is given inside is not seen outside.
    let given = graph.nodes.iter().flat_map(|inner| &inner.outputs);
    let kept: HashSet<&String> = node.outputs.iter().collect();
    for name in given.chain(graph.initializers.iter().map(|constant| &constant.name)) {
        if !kept.contains(name) {
            importer.let_go(name);
        }
    }
    Ok(())
}
