/// What a module is for, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Pooling,
    /// Between pooling and embedding.
    Neck,
    Classifier,
    Unknown,
}

const POOLING: [&str; 9] = [
    "pool",
    "gem",
    "gem_pool",
    "pooling",
    "pool_layer",
    "global_pool",
    "avgpool",
    "gap",
    "aggregation",
];

const NECK: [&str; 30] = [
    "add_block",
    "bn",
    "bn_neck",
    "bnneck",
    "bottleneck",
    "emb",
    "embed",
    "embedder",
    "embedding",
    "embedding_head",
    "embedding_layer",
    "embeddings",
    "feat",
    "feat_bn",
    "feature",
    "fc_embedding",
    "neck",
    "proj",
    "project",
    "projection",
    "projection_head",
    "projection_layer",
    "projector",
    "reduction",
    "reduction_layer",
    "reduce",
    "to_embedding",
    "whiten",
    "whitening",
    "lwhiten",
];

const CLASSIFIER: [&str; 10] = [
    "classif",
    "classification_head",
    "classifier",
    "classifiers",
    "cls",
    "cls_head",
    "cls_layer",
    "last_linear",
    "logits",
    "softmax",
];

/// Names that mean a classifier where no other part of the path says more.
const MOSTLY_CLASSIFIER: [&str; 6] = ["fc", "_fc", "head", "heads", "linear", "out"];

/// Names that say nothing.
const PLAIN: [&str; 8] = ["layer", "layers", "net", "model", "module", "fc_layer", "norm", "block"];

/// The last part of a path that says something decides; numbers never do.
pub(super) fn of(path: &str) -> Slot {
    let parts = || path.rsplit('.').filter(|part| !is_number(part));
    let known = |part: &str| {
        [&POOLING[..], &NECK, &CLASSIFIER, &MOSTLY_CLASSIFIER, &PLAIN]
            .iter()
            .position(|words| words.contains(&part))
    };
    let mut slots = Vec::new();
    for part in parts() {
        match known(part) {
            None => return Slot::Unknown,
            Some(slot) => slots.push(slot),
        }
    }
    let strong = slots.iter().find(|&&slot| slot < 3);
    match strong.or_else(|| slots.iter().find(|&&slot| slot == 3)) {
        Some(0) => Slot::Pooling,
        Some(1) => Slot::Neck,
        Some(2 | 3) => Slot::Classifier,
        _ => Slot::Unknown,
    }
}

/// The batch norm that "Bag of Tricks" puts behind the pooling (Luo et al., arXiv 1903.07071).
pub(super) fn is_of_reidentification(path: &str) -> bool {
    path.split('.').any(|part| ["bottleneck", "bnneck", "bn_neck"].contains(&part))
}

/// Whether the vector is brought to length 1 before and behind, as where Radenović et al. (arXiv
/// 1711.02512) whiten it.
pub(super) fn is_whitening(path: &str) -> bool {
    path.split('.').any(|part| ["whiten", "whitening", "lwhiten"].contains(&part))
}

pub(super) fn is_number(part: &str) -> bool {
    part.parse::<usize>().is_ok()
}
