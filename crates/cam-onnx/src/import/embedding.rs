//! Which value is the embedding.

use std::collections::HashMap;

use cam_graph::{Binary, Graph, Layout, Name, Operation, Positions, Reduction, Value};

use super::ImportError;
use super::known::{Dynamic, Known};
use super::names::short;
use crate::proto;

/// A value that the file gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its sides for one image.
    pub dims: Vec<usize>,
}

/// What the embedding is in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A value asked for by name.
    Asked(String),
    /// An output.
    Output(String),
    /// What the last fully connected layer reads, whose classes are the only output.
    BeforeClassifier(String),
    /// The first token of an output that holds all of them.
    FirstToken(String),
    /// The mean over the positions of an output that has nothing else to offer.
    Mean(String),
}

/// The fully connected layer behind the embedding, by the names of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classifier {
    /// `[classes, d]`.
    pub weight: String,
    /// `[classes]`.
    pub bias: Option<String>,
    /// How many.
    pub classes: usize,
}

pub(super) struct Found {
    pub(super) value: Value,
    pub(super) role: Role,
    pub(super) outputs: Vec<Output>,
    pub(super) classifier: Option<Classifier>,
}

/// Numbers of classes that are known to be classes, whatever the output is called.
const CLASSES: [usize; 6] = [1000, 1001, 21841, 21843, 11821, 365];

/// Steps that may lie behind the last fully connected layer: exporters write a softmax and some reshapes.
const BEHIND: usize = 16;

/// Outputs that a message lists.
const LISTED: usize = 16;

/// Names of outputs that are embeddings, the surest first.
const EMBEDDINGS: [&str; 7] =
    ["image_embeds", "pooler_output", "embedding", "embeddings", "features", "feature", "embed"];

pub(super) fn choose(
    graph: &mut Graph,
    values: &HashMap<String, Known<'_>>,
    file: &proto::Graph,
    asked: Option<&str>,
) -> Result<Found, ImportError> {
    let dynamic = |name: &str| match values.get(name) {
        Some(Known::Dynamic(dynamic)) => Some(dynamic.clone()),
        _ => None,
    };
    let given: Vec<(String, Dynamic)> = file
        .outputs
        .iter()
        .filter_map(|output| Some((output.name.clone(), dynamic(&output.name)?)))
        .collect();
    let outputs = given
        .iter()
        .map(|(name, dynamic)| Output { name: name.clone(), dims: dynamic.dims.clone() })
        .collect();
    if let Some(name) = asked {
        let Some(found) = dynamic(name) else {
            let listed = given.iter().take(LISTED).map(|(name, _)| short(name));
            let names = listed.collect::<Vec<_>>().join(", ");
            let more = if given.len() > LISTED { ", …" } else { "" };
            return Err(ImportError::Output(format!(
                "the network has no value {:?} that depends on the image: its outputs are {names}{more}",
                short(name)
            )));
        };
        let (value, role) = match vector(&found) {
            Some(value) => (value, Role::Asked(name.to_owned())),
            None => pooled(graph, name, &found)?,
        };
        return Ok(Found { value, role, outputs, classifier: None });
    }
    let by_name = EMBEDDINGS.iter().find_map(|wanted| {
        given.iter().find(|(name, found)| name.to_lowercase() == *wanted && vector(found).is_some())
    });
    let flat: Vec<&(String, Dynamic)> =
        given.iter().filter(|(_, found)| vector(found).is_some()).collect();
    let chosen = by_name.or_else(|| {
        // Of several vectors the one that is no list of classes.
        let embedding = flat.iter().find(|(_, found)| classifier(graph, found.value).is_none());
        embedding.or(flat.first()).copied()
    });
    if let Some((name, found)) = chosen {
        let value = vector(found).ok_or_else(|| no_vector(name, found))?;
        let head = classifier(graph, value).filter(|head| looks_like_classes(name, head));
        if let (None, Some(head)) = (by_name, head)
            && let Some(before) = head_input(graph, value)
        {
            let role = Role::BeforeClassifier(name.clone());
            return Ok(Found { value: before, role, outputs, classifier: Some(head) });
        }
        return Ok(Found { value, role: Role::Output(name.clone()), outputs, classifier: None });
    }
    match given.as_slice() {
        [(name, found)] => {
            let (value, role) = pooled(graph, name, found)?;
            Ok(Found { value, role, outputs, classifier: None })
        }
        [(name, found), ..] => Err(no_vector(name, found)),
        [] => Err(ImportError::Output("no output of the network depends on the image".to_owned())),
    }
}

/// A value that is one vector per image.
fn vector(found: &Dynamic) -> Option<Value> {
    let wide = found.dims.iter().filter(|&&side| side != 1).count();
    (found.is_led() && wide == 1).then_some(found.value)
}

/// The first token of a value that holds a grid's positions behind others, else the mean over its positions.
fn pooled(graph: &mut Graph, name: &str, found: &Dynamic) -> Result<(Value, Role), ImportError> {
    let shapes = graph.shapes(&graph.input)?;
    let axes = graph.axes(&shapes);
    let shape = &shapes[found.value.index()];
    let layout = Layout::of(&axes[found.value.index()], shape);
    let layout = layout
        .filter(|_| found.is_led() && found.value != Value::INPUT)
        .ok_or_else(|| no_vector(name, found))?;
    let (operation, role) = match layout.positions {
        Positions::Tokens { axis, before, .. } if before > 0 => {
            let first = Operation::Slice { axis, start: 0, length: 1 };
            (first, Role::FirstToken(name.to_owned()))
        }
        Positions::Tokens { axis, .. } => (mean(vec![axis]), Role::Mean(name.to_owned())),
        Positions::Grid { rows, columns } => {
            let mut axes = vec![rows, columns];
            axes.sort_unstable();
            (mean(axes), Role::Mean(name.to_owned()))
        }
    };
    let width = shape[layout.channels];
    let value = graph.push(&[found.value], operation, Name::default());
    let flat = Operation::Reshape { shape: vec![width] };
    Ok((graph.push(&[value], flat, Name::default()), role))
}

fn mean(axes: Vec<usize>) -> Operation {
    Operation::Reduce { reduction: Reduction::Mean, axes, keep: false }
}

fn no_vector(name: &str, found: &Dynamic) -> ImportError {
    ImportError::Output(format!(
        "value {:?} is {:?} and not one vector per image: name the value that is the embedding, or export the network \
         up to it",
        short(name),
        found.dims
    ))
}

/// Whether a fully connected layer's outputs are classes rather than an embedding.
fn looks_like_classes(name: &str, head: &Classifier) -> bool {
    let name = name.to_lowercase();
    // Widths of embeddings are multiples of 16 as a rule; numbers of classes are counted.
    CLASSES.contains(&head.classes)
        || !head.classes.is_multiple_of(16)
        || ["logit", "prob", "class", "score", "softmax", "pred"]
            .iter()
            .any(|word| name.contains(word))
}

/// The fully connected layer that gives a value, softmax and reshapes aside.
fn classifier(graph: &Graph, value: Value) -> Option<Classifier> {
    let (_, weight, bias) = last_linear(graph, value)?;
    let classes = graph.parameters.get(weight)?.first().copied()?;
    Some(Classifier { weight: weight.to_owned(), bias: bias.cloned(), classes })
}

fn head_input(graph: &Graph, value: Value) -> Option<Value> {
    last_linear(graph, value).map(|(input, _, _)| input)
}

fn last_linear(graph: &Graph, mut value: Value) -> Option<(Value, &str, Option<&String>)> {
    // A bias may be a sum of its own.
    let mut added = None;
    for _ in 0..BEHIND {
        let step = graph.giver(value)?;
        match &step.operation {
            Operation::Combine(Binary::Add) if added.is_none() => {
                let &[a, b] = step.inputs.as_slice() else { return None };
                let (x, bias) = if graph.is_constant(b) { (a, b) } else { (b, a) };
                let Operation::Constant { parameter } = &graph.giver(bias)?.operation else {
                    return None;
                };
                (value, added) = (x, Some(parameter));
            }
            Operation::Softmax { .. } | Operation::Reshape { .. } => {
                value = *step.inputs.first()?
            }
            Operation::Map(cam_graph::Function::Sigmoid) => value = *step.inputs.first()?,
            Operation::Linear(linear) => {
                let bias = linear.bias.as_ref().or(added);
                return Some((*step.inputs.first()?, &linear.weight, bias));
            }
            _ => return None,
        }
    }
    None
}
