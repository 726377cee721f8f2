//! Any network, or a part of one: an input of any shape, and all that the file gives.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;

use cam_graph::{Graph, Value};

use super::importer::{Importer, initializers};
use super::known::{Dynamic, Known, shape_of};
use super::{ImportError, Nodes, lowered, numbers};
use crate::array::Array;
use crate::{Source, proto};

/// A value that a file gives.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its sides, as ONNX counts them.
    pub dims: Vec<usize>,
    /// How it comes about.
    pub given: Given,
}

/// How a value comes about.
#[derive(Debug, Clone)]
pub enum Given {
    /// It does not depend on the input.
    Constant(Array),
    /// It is computed from the input. The graph's shapes lack a first axis of length 1: it is that of the images.
    Computed {
        /// What is computed.
        graph: Graph,
        /// The numbers of every parameter.
        parameters: BTreeMap<String, Vec<f32>>,
    },
}

/// Imports a file for one input, given by name and sides, that need not be an image; all others are constants. Gives
/// every output, each with a graph of its own. Without an input everything is constant.
///
/// Nodes become steps, and steps are fused, as for a network of images: [`import`](super::import) looks for the image
/// and the embedding by itself.
///
/// # Errors
/// [`ImportError`]; one lists all operations that are not supported.
pub fn import_values(
    model: &proto::Model,
    source: &Source,
    folder: Option<&Path>,
    input: Option<(&str, &[usize])>,
    constants: BTreeMap<String, Array>,
) -> Result<Vec<Part>, ImportError> {
    let wanted = model.graph.outputs.iter().map(|output| output.name.as_str()).collect();
    let nodes = Nodes::of(model, wanted)?;
    let (name, dims) = input.unwrap_or_default();
    if dims.contains(&0) {
        return Err(ImportError::Input(format!(
            "the input {name:?} is {dims:?}: it has no numbers"
        )));
    }
    let mut importer = Importer::new(shape_of(dims), &model.opsets, (source, folder));
    importer.values.extend(initializers(&model.graph));
    let given = constants.into_iter().map(|(name, array)| (name, Known::Constant(array.into())));
    importer.values.extend(given);
    if input.is_some() {
        let dynamic = Dynamic { value: Value::INPUT, dims: dims.to_vec() };
        importer.values.insert(name.to_owned(), Known::Dynamic(dynamic));
    }
    let (graph, parameters, values) = lowered(importer, &nodes)?;
    let outputs = model.graph.outputs.iter();
    outputs
        .map(|output| part(&output.name, &graph, &parameters, &values, (source, folder)))
        .collect()
}

fn part(
    name: &str,
    graph: &Graph,
    parameters: &BTreeMap<String, Rc<Array>>,
    values: &HashMap<String, Known<'_>>,
    (source, folder): (&Source, Option<&Path>),
) -> Result<Part, ImportError> {
    let constant = |array: Array| (array.dims.clone(), Given::Constant(array));
    let (dims, given) = match values.get(name) {
        Some(Known::Dynamic(dynamic)) if dynamic.dims.contains(&0) => {
            return Err(ImportError::Output(format!("the output {name:?} has no numbers")));
        }
        Some(Known::Dynamic(dynamic)) => {
            let mut graph = Graph { output: dynamic.value, ..graph.clone() };
            let mut numbers = numbers(parameters.clone());
            cam_fuse::fuse(&mut graph, &mut numbers, &[]);
            (dynamic.dims.clone(), Given::Computed { graph, parameters: numbers })
        }
        Some(Known::Constant(array)) => constant((**array).clone()),
        Some(Known::Stored(tensor)) => constant(crate::numbers(tensor, source, folder)?),
        _ => {
            let reason = format!("the network gives no numbers as its output {name:?}");
            return Err(ImportError::Output(reason));
        }
    };
    Ok(Part { name: name.to_owned(), dims, given })
}
