//! Branches whose condition is known once the size of the image is.

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
        let array = importer.read(constant)?;
        importer.values.insert(constant.name.clone(), Known::Constant(array.into()));
    }
    let nodes = ordered(&graph.nodes, &importer.values).map_err(|error| error.to_string())?;
    for inner in nodes {
        lower(importer, inner);
    }
    for (index, output) in graph.outputs.iter().enumerate() {
        let found = importer.values.get(&output.name).cloned();
        let found = found.ok_or_else(|| format!("{name} does not give {:?}", output.name))?;
        importer.give(node, index, found);
    }
    Ok(())
}
