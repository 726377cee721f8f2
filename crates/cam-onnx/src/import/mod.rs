//! An ONNX file as a graph for one image of a fixed size.

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

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use cam_graph::{Graph, Operation, Value};

pub use embedding::{Classifier, Output, Role};
pub use error::{ImportError, Unsupported};
pub use input::Input;
pub use part::{Given, Part, import_values};

use crate::array::{Array, Data};
use crate::import::importer::{Finished, Importer, initializers};
use crate::import::known::{Dynamic, Known, shape_of};
use crate::proto::{self, Node};
use crate::{Source, fuse};

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
    let nodes = supported_nodes(model)?;
    let input = Input::of(&model.graph, wish.size)?;
    let [height, width] = input.size;
    let mut importer = Importer::new(&[3, height, width], &model.opsets, (source, folder));
    importer.values.extend(initializers(&model.graph));
    give_input(&mut importer, &input)?;
    let (mut graph, parameters, values) = lowered(importer, &nodes)?;
    names::strip_wrapper(graph.steps.iter_mut().map(|step| &mut step.name));
    let found = embedding::choose(&graph, &values, &model.graph, wish.embedding.as_deref())?;
    graph.output = found.value;
    graph.name_modules();
    let mut numbers = numbers(parameters);
    let classifier = found.classifier.clone();
    fuse::fuse(&mut graph, &mut numbers, classifier.as_ref());
    Ok(Network {
        graph,
        parameters: numbers,
        input,
        outputs: found.outputs,
        embedding: found.role,
        classifier,
    })
}

/// All nodes, or every operation that cannot be imported, before a weight is read.
fn supported_nodes(model: &proto::Model) -> Result<Vec<Node>, ImportError> {
    let nodes = expand::expand(model)?;
    let mut unsupported = Unsupported::default();
    for node in &nodes {
        if !lower::is_known(&node.domain, &node.op_type) && !crate::eval::is_known(&node.op_type) {
            let name = if node.name.is_empty() { node.outputs.first() } else { Some(&node.name) };
            let operation = match node.domain.as_str() {
                "" => node.op_type.clone(),
                domain => format!("{domain}.{}", node.op_type),
            };
            unsupported.add(&operation, name.map_or("", String::as_str));
        }
    }
    match unsupported.0.is_empty() {
        true => Ok(nodes),
        false => Err(ImportError::Unsupported(unsupported)),
    }
}

/// Every node as steps, once what the file is given is known.
fn lowered<'m>(mut importer: Importer<'m>, nodes: &[Node]) -> Result<Finished<'m>, ImportError> {
    for node in order::ordered(nodes, &importer.values)? {
        lower::lower(&mut importer, node);
    }
    importer.finish()
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
