//! What a file holds behind a network's last convolution, as far as names and shapes tell: pooling,
//! linear layers and batch norms up to the embedding, and a classifier.
//!
//! A file says which layers there are, and neither in which order nor what lies between them without
//! tensors. What is not certain by name, number and width is not applied, and is then a breach.

mod chain;
mod module;
mod sequences;
mod slot;

use std::collections::BTreeSet;

use cam_graph::{Graph, Name, Operation};

use crate::checkpoint::{Checkpoint, StoredTensor};
use crate::naming::Naming;
use crate::{Classifier, Description};
use chain::Chain;
use module::{Kind, Module};
use slot::Slot;

/// What was found behind a network.
#[derive(Default)]
pub(crate) struct Behind {
    /// Names of what is applied, and what it is.
    pub(crate) head: Vec<String>,
    /// The classifier's name in the file.
    pub(crate) classifier: Option<String>,
    /// What is not applied.
    pub(crate) unexpected: Vec<String>,
    /// Why not.
    pub(crate) notes: Vec<String>,
    /// What was taken to be so.
    pub(crate) assumptions: Vec<String>,
}

impl Behind {
    /// Adds to a network what the tensors behind it say: path, without what is in front of the
    /// network, and tensor.
    pub(crate) fn apply(
        tensors: &[(String, &StoredTensor)],
        naming: Naming,
        network: &mut Checkpoint,
        description: &mut Description,
    ) -> Self {
        let (modules, mut unknown) = Module::all(tensors);
        let (known, others): (Vec<_>, Vec<_>) =
            modules.into_iter().partition(|module| slot::of(&module.path) != Slot::Unknown);
        unknown.extend(others.iter().flat_map(Module::names));
        let mut behind = Self { unexpected: unknown, ..Self::default() };
        let width = description.embedding_width();
        match Chain::of(&known, width, naming) {
            Ok(chain) => behind.take(&chain, naming, network, description),
            Err(note) => {
                behind.notes.push(note);
                // Whoever forgives that they are left out still has the pooling, and the classifier
                // where it reads what is pooled.
                let alone: BTreeSet<String> = alone(&known);
                let (plain, others): (Vec<_>, Vec<_>) = known.into_iter().partition(|module| {
                    module.kind == Kind::GeneralizedMean
                        || (module.reads_as_classifier(width) && alone.contains(&module.path))
                });
                behind.unexpected.extend(others.iter().flat_map(Module::names));
                match Chain::of(&plain, width, naming) {
                    Ok(chain) => behind.take(&chain, naming, network, description),
                    Err(_) => behind.unexpected.extend(plain.iter().flat_map(Module::names)),
                }
            }
        }
        behind
    }

    fn take(
        &mut self,
        chain: &Chain<'_>,
        naming: Naming,
        network: &mut Checkpoint,
        description: &mut Description,
    ) {
        let graph = &mut description.graph;
        if let Some(module) = chain.pooling {
            module.pool(graph, network);
            self.head.push(module.to_string());
        }
        for (index, link) in chain.necks.iter().enumerate() {
            let unit = link.unit.map(|epsilon| Operation::L2Normalize { axis: 0, epsilon });
            for operation in
                [&unit, &link.module.neck(&format!("neck.{index}"), graph, network), &unit]
            {
                operation.iter().for_each(|operation| append(graph, operation.clone()));
            }
            self.head.push(link.module.to_string());
        }
        if chain.necks.iter().any(|link| slot::is_of_reidentification(&link.module.path)) {
            self.assumptions.push(REIDENTIFICATION.to_owned());
        }
        if let Some(module) = chain.classifier {
            let key = naming.family().classifier();
            // One of another width is a breach of the contract, which names both.
            let [classes, _] = module.linear(key, network);
            description.classifier = Some(Classifier::named(key, classes));
            self.classifier = Some(module.name());
        }
    }
}

/// A step behind all others.
fn append(graph: &mut Graph, operation: Operation) {
    graph.output = graph.push(&[graph.output], operation, Name::default());
}

/// Paths of the layers that are the only ones with tensors in their `nn.Sequential`.
fn alone(modules: &[Module<'_>]) -> BTreeSet<String> {
    let of = |sequence: &str| modules.iter().filter(|other| other.sequence().0 == sequence).count();
    let alone = modules.iter().filter(|module| of(module.sequence().0) == 1);
    alone.map(|module| module.path.clone()).collect()
}

/// The stride is no part of a file.
const REIDENTIFICATION: &str = "networks of re-identification are often trained with stride 1 in \
                                their last stage, which no weight file says; it is 2 here";
