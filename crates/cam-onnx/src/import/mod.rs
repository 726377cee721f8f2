//! An ONNX file as a graph for one image of a fixed size.

mod budget;
mod call;
mod embedding;
mod error;
mod expand;
mod importer;
mod input;
mod known;
mod lower;
mod names;
mod order;
mod part;
mod size;

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use cam_graph::{Graph, Operation, Value};

pub use embedding::{Classifier, Output, Role};
pub use error::{ImportError, Unsupported};
pub use input::Input;
pub use part::{Given, Part, import_values};

use crate::Source;
use crate::array::{Array, Data};
use crate::import::importer::{Finished, Importer, initializers};
use crate::import::known::{Dynamic, Known, shape_of};
use crate::proto::{self, Node};

/// The most nodes: steps, and the constants that exporters write as nodes.
const NODES: usize = 1 << 18;

/// What is asked of an import.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Rows and columns of the image; the file's own unless given, 224 where it leaves them free.
    pub size: Option<[usize; 2]>,
    /// The value that is the embedding, by name; found by itself unless given.
    pub embedding: Option<String>,
}

/// A network from an ONNX file.
#[derive(Debug, Clone)]
pub struct Network {
    /// What is computed, from the image to the embedding.
    pub graph: Graph,
    /// The numbers of every parameter, those of the classifier too.
    pub parameters: BTreeMap<String, Vec<f32>>,
    /// The image that it takes.
    pub input: Input,
    /// What the file says it gives.
    pub outputs: Vec<Output>,
    /// Which of them, or which value in front of them, is the embedding.
    pub embedding: Role,
    /// The fully connected layer behind the embedding, where the file has one.
    pub classifier: Option<Classifier>,
}

/// Imports a file that has been read. `folder` is where files lie that it names.
///
/// # Errors
/// [`ImportError`]; one lists all operations that are not supported.
pub fn import(
    model: &proto::Model,
    source: &Source,
    folder: Option<&Path>,
    wish: &Wish,
) -> Result<Network, ImportError> {
    let wanted: Vec<&str> = match &wish.embedding {
        Some(name) => vec![name],
        None => model.graph.outputs.iter().map(|output| output.name.as_str()).collect(),
    };
    let nodes = Nodes::of(model, wanted)?;
    let input = Input::of(&model.graph, wish.size)?;
    let [height, width] = input.size;
    let mut importer = Importer::new(&[3, height, width], &model.opsets, (source, folder));
    for (name, known) in initializers(&model.graph) {
        if importer.values.insert(name, known).is_some() {
            return Err(given_twice(&model.graph));
        }
    }
    give_input(&mut importer, &input)?;
    let (mut graph, parameters, values) = lowered(importer, &nodes)?;
    let found = embedding::choose(&mut graph, &values, &model.graph, wish.embedding.as_deref())?;
    graph.output = found.value;
    graph.name_modules();
    names::strip_wrapper(graph.steps.iter_mut().map(|step| &mut step.name));
    let mut numbers = numbers(parameters);
    let classifier = found.classifier.clone();
    let head = classifier.iter().flat_map(|head| std::iter::once(&head.weight).chain(&head.bias));
    let read_elsewhere: Vec<&str> = head.map(String::as_str).collect();
    cam_fuse::fuse(&mut graph, &mut numbers, &read_elsewhere);
    Ok(Network {
        graph,
        parameters: numbers,
        input,
        outputs: found.outputs,
        embedding: found.role,
        classifier,
    })
}

/// Names the first constant that is given twice.
fn given_twice(graph: &proto::Graph) -> ImportError {
    let mut known = std::collections::HashSet::new();
    let twice = graph.initializers.iter().find(|constant| !known.insert(&constant.name));
    let name = twice.map_or("", |constant| constant.name.as_str());
    ImportError::Contradiction(format!("constant {:?} is given twice", names::short(name)))
}

/// The nodes of a file, functions written out, and which of them some values need.
struct Nodes<'m> {
    all: std::borrow::Cow<'m, [Node]>,
    needed: Vec<bool>,
    wanted: Vec<&'m str>,
}

impl<'m> Nodes<'m> {
    fn of(model: &'m proto::Model, wanted: Vec<&'m str>) -> Result<Self, ImportError> {
        let all = expand::expand(model)?;
        if all.len() > NODES {
            let reason = format!("{} nodes, the most being {NODES}", all.len());
            return Err(ImportError::TooMuch(reason));
        }
        let needed = order::needed(&all, &wanted);
        let nodes = Self { all, needed, wanted };
        check_operations(
            nodes.all.iter().zip(&nodes.needed).filter(|(_, is)| **is).map(|(node, _)| node),
        )?;
        Ok(nodes)
    }
}

/// Every needed node as steps, once what the file is given is known. A file that contradicts itself is refused wherever
/// it does, but only what is needed is computed.
fn lowered<'m>(mut importer: Importer<'m>, nodes: &Nodes<'_>) -> Result<Finished<'m>, ImportError> {
    let order = order::ordered(&nodes.all, &importer.values)?;
    let order = order.into_iter().filter(|&index| nodes.needed[index]);
    let order: Vec<&Node> = order.map(|index| &nodes.all[index]).collect();
    let mut readings = order::Readings::of(order.iter().copied());
    for node in order {
        lower::lower(&mut importer, node);
        if let Some(reason) = importer.refused.take() {
            return Err(ImportError::TooMuch(reason));
        }
        let done = readings.done(node).filter(|name| !nodes.wanted.contains(name));
        done.for_each(|name| importer.let_go(name));
    }
    importer.finish()
}

/// Every operation that cannot be imported, before a weight is read.
fn check_operations<'a>(nodes: impl Iterator<Item = &'a Node>) -> Result<(), ImportError> {
    let mut unsupported = error::Listed::default();
    for node in nodes {
        if !lower::is_known(&node.domain, &node.op_type) && !crate::eval::is_known(&node.op_type) {
            let name = if node.name.is_empty() { node.outputs.first() } else { Some(&node.name) };
            let operation = match node.domain.as_str() {
                "" => node.op_type.clone(),
                domain => format!("{domain}.{}", node.op_type),
            };
            unsupported.add(&operation, name.map_or("", String::as_str));
        }
    }
    unsupported.check()
}

fn give_input(importer: &mut Importer<'_>, input: &Input) -> Result<(), ImportError> {
    let dims = input.dims();
    let value = match input.is_channels_last {
        false => Value::INPUT,
        true => {
            let order = vec![1, 2, 0];
            let value = importer.push(&[Value::INPUT], Operation::Transpose { order });
            value.map_err(|_| ImportError::Input("the input cannot be transposed".to_owned()))?
        }
    };
    debug_assert_eq!(importer.shape(value), shape_of(&dims));
    importer.values.insert(input.name.clone(), Known::Dynamic(Dynamic { value, dims }));
    Ok(())
}

/// The numbers themselves. Those that several parameters share are copied.
fn numbers(parameters: BTreeMap<String, Rc<Array>>) -> BTreeMap<String, Vec<f32>> {
    let numbers = parameters.into_iter().map(|(name, array)| {
        let array = Rc::try_unwrap(array).unwrap_or_else(|shared| (*shared).clone());
        let values = match array.data {
            Data::F32(values) => values,
            _ => Vec::new(),
        };
        (name, values)
    });
    numbers.collect()
}
