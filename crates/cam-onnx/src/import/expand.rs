//! Functions that a file defines itself, written out.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::ImportError;
use super::call::{Attributes, Call};
use super::names::short;
use super::size;
use crate::proto::{Function, Model, Node};

/// How deep functions may call functions.
const DEPTH: usize = 16;

/// Bytes that may come of it: functions that call others twice each would never end.
const BYTES: usize = 64 << 20;

/// All nodes of the graph, without calls of the file's own functions.
pub(super) fn expand(model: &Model) -> Result<Cow<'_, [Node]>, ImportError> {
    if model.functions.is_empty() {
        return Ok(Cow::Borrowed(&model.graph.nodes));
    }
    let functions = model.functions.iter().map(|function| {
        let defaults = function.defaults.iter().map(|(name, value)| (name.as_str(), value));
        let key = (function.domain.as_str(), function.name.as_str());
        (key, (function, defaults.collect()))
    });
    let mut out = Written { functions: functions.collect(), nodes: Vec::new(), calls: 0, bytes: 0 };
    for node in &model.graph.nodes {
        out.write(Cow::Borrowed(node), 0)?;
    }
    Ok(Cow::Owned(out.nodes))
}

/// What was written out so far.
struct Written<'a> {
    functions: HashMap<(&'a str, &'a str), (&'a Function, Attributes<'a>)>,
    nodes: Vec<Node>,
    calls: usize,
    bytes: usize,
}

impl Written<'_> {
    fn write(&mut self, node: Cow<'_, Node>, depth: usize) -> Result<(), ImportError> {
        let Some((function, defaults)) =
            self.functions.get(&(node.domain.as_str(), node.op_type.as_str()))
        else {
            if let Cow::Borrowed(node) = &node {
                self.count(size::of_node(node))?;
            }
            self.nodes.push(node.into_owned());
            return Ok(());
        };
        let (function, defaults) = (*function, defaults.clone());
        if depth >= DEPTH {
            let reason = format!("function {:?} calls others without end", short(&function.name));
            return Err(ImportError::Contradiction(reason));
        }
        self.calls += 1;
        let call = Call {
            prefix: format!("{}#{}/", short(&node.op_type), self.calls),
            names: names(function, &node),
            given: node.attributes.iter().map(|(name, value)| (name.as_str(), value)).collect(),
            defaults,
            caller: &node,
        };
        for inner in &function.nodes {
            self.count(call.bytes(inner))?;
            self.write(Cow::Owned(call.inner(inner)), depth + 1)?;
        }
        Ok(())
    }

    /// Counts what is going to be written.
    fn count(&mut self, bytes: usize) -> Result<(), ImportError> {
        self.bytes = self.bytes.saturating_add(bytes);
        match self.bytes <= BYTES {
            true => Ok(()),
            false => Err(ImportError::TooMuch(format!(
                "more than {} MiB of nodes, once its functions are written out",
                BYTES >> 20
            ))),
        }
    }
}

/// What the caller calls a function's inputs and outputs.
fn names<'a>(function: &'a Function, node: &'a Node) -> BTreeMap<&'a str, &'a str> {
    // An input that the caller leaves out is left out inside.
    let outside = node.inputs.iter().map(String::as_str).chain(std::iter::repeat(""));
    let inputs = function.inputs.iter().map(String::as_str).zip(outside);
    let outputs = function.outputs.iter().map(String::as_str);
    let outputs = outputs.zip(node.outputs.iter().map(String::as_str));
    inputs.chain(outputs.filter(|(_, outside)| !outside.is_empty())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{Attribute, Graph, ValueInfo};

    fn node(op_type: &str, inputs: &[&str], outputs: &[&str]) -> Node {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Node {
            op_type: op_type.to_owned(),
            inputs: texts(inputs),
            outputs: texts(outputs),
            ..Node::default()
        }
    }

    fn function(name: &str, nodes: Vec<Node>) -> Function {
        let (inputs, outputs) = (vec!["a".to_owned()], vec!["b".to_owned()]);
        Function { name: name.to_owned(), inputs, outputs, nodes, ..Function::default() }
    }

    fn model(functions: Vec<Function>) -> Model {
        let graph = Graph { nodes: vec![node("F0", &["x"], &["y"])], ..Graph::default() };
        Model { functions, graph, ..Model::default() }
    }

    #[test]
    fn calls_become_the_nodes_of_the_body() {
        let body = vec![node("Relu", &["a"], &["c"]), node("Neg", &["c"], &["b"])];
        let model = model(vec![function("F0", body)]);
        let nodes = expand(&model).expect("one call");
        let expected = [node("Relu", &["x"], &["F0#1/c"]), node("Neg", &["F0#1/c"], &["y"])];
        assert_eq!(*nodes, expected);
    }

    #[test]
    fn what_a_branch_reads_is_that_of_the_function() {
        let output = ValueInfo { name: "c".to_owned(), ..ValueInfo::default() };
        let nodes = vec![node("Relu", &["a"], &["c"])];
        let branch = |nodes, output| {
            let graph = Graph { nodes, outputs: vec![output], ..Graph::default() };
            vec![("then_branch".to_owned(), Attribute::Graph(Box::new(graph)))]
        };
        let inner = Node { attributes: branch(nodes, output), ..node("If", &["a"], &["b"]) };
        let model = model(vec![function("F0", vec![inner])]);
        let output = ValueInfo { name: "F0#1/c".to_owned(), ..ValueInfo::default() };
        let nodes = vec![node("Relu", &["x"], &["F0#1/c"])];
        let expected = Node { attributes: branch(nodes, output), ..node("If", &["x"], &["y"]) };
        assert_eq!(*expand(&model).expect("one call"), [expected]);
    }

    #[test]
    fn functions_that_call_each_other_are_an_error() {
        let ring = |to: &str| vec![node(to, &["a"], &["b"])];
        let model = model(vec![function("F0", ring("F1")), function("F1", ring("F0"))]);
        let error = expand(&model).expect_err("a ring").to_string();
        assert!(error.contains("without end"), "{error}");
    }

    #[test]
    fn calls_that_double_are_too_much_before_they_are_written() {
        let twice = |to: usize| {
            let to = format!("F{to}");
            vec![node(&to, &["a"], &["c"]); 64]
        };
        let mut functions: Vec<_> =
            (0..8).map(|i| function(&format!("F{i}"), twice(i + 1))).collect();
        functions.push(function("F8", vec![node("Relu", &["a"], &["b"])]));
        let error = expand(&model(functions)).expect_err("64^8 nodes").to_string();
        assert!(error.contains("64 MiB of nodes"), "{error}");
    }
}
