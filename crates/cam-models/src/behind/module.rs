use std::collections::BTreeMap;
use std::fmt;

use cam_graph::{BatchNorm, Graph, Linear, Operation, Step};

use super::slot::{self, Slot, is_number};
use crate::checkpoint::{Checkpoint, StoredTensor};

/// PyTorch's default.
const EPSILON: f64 = 1e-5;

/// What a generalised mean takes negative activations for, wherever it is published.
const LEAST_ACTIVATION: f32 = 1e-6;

/// A layer with tensors.
pub(super) struct Module<'a> {
    /// Its name, without what is in front of the network.
    pub(super) path: String,
    pub(super) kind: Kind,
    tensors: BTreeMap<&'a str, &'a StoredTensor>,
}

/// What a layer is, by the names and shapes of its tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Linear { inputs: usize, outputs: usize },
    BatchNorm { width: usize },
    GeneralizedMean,
}

impl<'a> Module<'a> {
    /// The layers that are one of the [`Kind`]s, and the names of all other tensors.
    pub(super) fn all(tensors: &'a [(String, &'a StoredTensor)]) -> (Vec<Self>, Vec<String>) {
        let mut modules: BTreeMap<&str, BTreeMap<&str, &StoredTensor>> = BTreeMap::new();
        for (path, tensor) in tensors {
            let (module, part) = path.rsplit_once('.').unwrap_or(("", path));
            if part != "num_batches_tracked" {
                modules.entry(module).or_default().insert(part, tensor);
            }
        }
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (path, tensors) in modules {
            match kind(&tensors) {
                Some(kind) => known.push(Self { path: path.to_owned(), kind, tensors }),
                None => unknown.extend(tensors.values().map(|tensor| tensor.name().to_owned())),
            }
        }
        (known, unknown)
    }

    /// Names of its tensors in the file.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.tensors.values().map(|tensor| tensor.name().to_owned())
    }

    /// Its name in the file.
    pub(super) fn name(&self) -> String {
        let first = self.tensors.values().next().map(|tensor| tensor.name());
        let module = first.and_then(|name| name.rsplit_once('.')).map(|(module, _)| module);
        module.unwrap_or_default().to_owned()
    }

    /// The `nn.Sequential` that it is a child of, and its number there.
    pub(super) fn sequence(&self) -> (&str, Option<usize>) {
        match self.path.rsplit_once('.') {
            Some((sequence, number)) if is_number(number) => (sequence, number.parse().ok()),
            _ => (&self.path, None),
        }
    }

    /// The width it takes and the width it gives; none where it takes any.
    pub(super) fn widths(&self) -> Option<[usize; 2]> {
        match self.kind {
            Kind::Linear { inputs, outputs } => Some([inputs, outputs]),
            Kind::BatchNorm { width } => Some([width, width]),
            Kind::GeneralizedMean => None,
        }
    }

    /// Whether it is a classifier by its name, of a vector of that width, and stands by itself.
    pub(super) fn reads_as_classifier(&self, width: usize) -> bool {
        let reads = self.widths().is_some_and(|[inputs, _]| inputs == width);
        reads
            && matches!(self.kind, Kind::Linear { .. })
            && slot::of(&self.path) == Slot::Classifier
    }

    /// Takes the place of the mean of the positions, the last step that gives a vector of them; adds its exponent to the
    /// network's tensors.
    pub(super) fn pool(&self, graph: &mut Graph, network: &mut Checkpoint) {
        const KEY: &str = "pool.p";
        if let Some(exponent) = self.tensors.get("p") {
            network.insert(KEY.to_owned(), exponent.reshaped(vec![1]));
        }
        graph.parameters.insert(KEY.to_owned(), vec![1]);
        let is_mean =
            |step: &&mut Step| matches!(step.operation, Operation::Reduce { keep: false, .. });
        if let Some(step) = graph.steps.iter_mut().rfind(is_mean) {
            let exponent = KEY.to_owned();
            step.operation = Operation::GeneralizedMean { exponent, epsilon: LEAST_ACTIVATION };
        }
    }

    /// Adds its tensors to the network's, as a step between pooling and embedding.
    pub(super) fn neck(
        &self,
        key: &str,
        graph: &mut Graph,
        network: &mut Checkpoint,
    ) -> Option<Operation> {
        let has = |part: &str| self.tensors.contains_key(part).then(|| format!("{key}.{part}"));
        let operation = match self.kind {
            Kind::Linear { .. } => {
                self.linear(key, network);
                Operation::Linear(Linear { weight: format!("{key}.weight"), bias: has("bias") })
            }
            Kind::BatchNorm { .. } => {
                self.add(key, network);
                let norm = BatchNorm::named(key, EPSILON);
                let (scale, shift) = (has("weight"), has("bias"));
                Operation::BatchNorm(BatchNorm { scale, shift, ..norm })
            }
            Kind::GeneralizedMean => return None,
        };
        for name in operation.parameters() {
            let shape = match self.kind {
                Kind::Linear { inputs, outputs } if name.ends_with("weight") => {
                    vec![outputs, inputs]
                }
                Kind::Linear { outputs: width, .. } | Kind::BatchNorm { width } => vec![width],
                Kind::GeneralizedMean => vec![1],
            };
            graph.parameters.insert(name.to_owned(), shape);
        }
        Some(operation)
    }

    /// Adds its tensors to the network's, as a linear layer; its widths, out and in.
    pub(super) fn linear(&self, key: &str, network: &mut Checkpoint) -> [usize; 2] {
        self.add(key, network);
        let Kind::Linear { inputs, outputs } = self.kind else { return [0, 0] };
        if let Some(weight) = self.tensors.get("weight") {
            // A 1×1 convolution of a single position is a linear layer.
            network.insert(format!("{key}.weight"), weight.reshaped(vec![outputs, inputs]));
        }
        [outputs, inputs]
    }

    fn add(&self, key: &str, network: &mut Checkpoint) {
        for (part, tensor) in &self.tensors {
            network.insert(format!("{key}.{part}"), (*tensor).clone());
        }
    }
}

fn kind(tensors: &BTreeMap<&str, &StoredTensor>) -> Option<Kind> {
    let parts: Vec<&str> = tensors.keys().copied().collect();
    let shape = |part: &str| tensors.get(part).map(|tensor| tensor.shape());
    match parts.as_slice() {
        ["p"] => (shape("p")?.iter().product::<usize>() == 1).then_some(Kind::GeneralizedMean),
        ["weight"] | ["bias", "weight"] => match *shape("weight")? {
            [outputs, inputs] | [outputs, inputs, 1, 1] => Some(Kind::Linear { inputs, outputs }),
            _ => None,
        },
        ["running_mean", "running_var"] | ["bias", "running_mean", "running_var", "weight"] => {
            match *shape("running_mean")? {
                [width] => Some(Kind::BatchNorm { width }),
                _ => None,
            }
        }
        _ => None,
    }
}

impl fmt::Display for Module<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self.kind {
            Kind::Linear { inputs, outputs } => write!(f, "linear {name} ({inputs} to {outputs})"),
            Kind::BatchNorm { width } => write!(f, "batch norm {name} ({width})"),
            Kind::GeneralizedMean => write!(f, "generalised mean {name}"),
        }
    }
}
