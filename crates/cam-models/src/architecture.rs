//! Which network a weight file is of, from its names and shapes alone.

use crate::Description;
use crate::checkpoint::Checkpoint;
use crate::efficientnet_lite::{EfficientNetLite, Port};
use crate::naming::Family;
use crate::resnet::{Block, ResNet, Stage};

/// Deeper networks are not convolutional ones: each stage halves the image.
const MOST_STAGES: usize = 8;

/// The network of a family, up to its last activations; or why it cannot be told.
pub(crate) fn infer(network: &Checkpoint, family: Family) -> Result<Description, String> {
    match family {
        Family::ResNet => Ok(resnet(network)?.describe()),
        Family::EfficientNetLite => Ok(efficientnet_lite(network)?.describe()),
        Family::Listed(listed) => {
            listed.nearest(network).ok_or_else(|| "no network of it is known".to_owned())
        }
    }
}

fn resnet(checkpoint: &Checkpoint) -> Result<ResNet, String> {
    let bottleneck =
        checkpoint.tensors().any(|(name, _)| name.starts_with("layer") && name.contains(".conv3."));
    let (block, last) = if bottleneck { (Block::Bottleneck, 3) } else { (Block::Basic, 2) };
    let mut stages = Vec::new();
    for stage in 1..=MOST_STAGES {
        let blocks = count(checkpoint, &format!("layer{stage}."));
        if blocks == 0 {
            break;
        }
        // Every block tells a stage's widths; what most say is right, and the others are found to
        // be of the wrong shape.
        let width = |conv: usize| {
            let told = (0..blocks).flat_map(|block| {
                let norm = ["weight", "bias", "running_mean"]
                    .map(|part| format!("layer{stage}.{block}.bn{conv}.{part}"));
                norm.into_iter().chain([format!("layer{stage}.{block}.conv{conv}.weight")])
            });
            let told = told.filter_map(|key| checkpoint.shape(&key)?.first().copied());
            most_frequent(told).ok_or_else(|| format!("the width of layer{stage} cannot be told"))
        };
        stages.push(Stage { blocks, inner: width(1)?, outputs: width(last)? });
    }
    let stem = ["bn1.weight", "bn1.bias", "bn1.running_mean", "conv1.weight"].iter();
    let stem = most_frequent(stem.filter_map(|key| checkpoint.shape(key)?.first().copied()));
    let stem = stem.ok_or("the width of conv1 cannot be told")?;
    let groups = if bottleneck { groups(checkpoint, &stages) } else { 1 };
    Ok(ResNet { block, stem, stages, groups, classes: None })
}

/// Channels in over channels in per group, as most 3×3 convolutions have it.
fn groups(checkpoint: &Checkpoint, stages: &[Stage]) -> usize {
    let told = stages.iter().enumerate().flat_map(|(index, stage)| {
        let per_block = move |block: usize| {
            let per_group =
                *checkpoint.shape(&format!("layer{}.{block}.conv2.weight", index + 1))?.get(1)?;
            (per_group > 0 && stage.inner.is_multiple_of(per_group))
                .then(|| stage.inner / per_group)
        };
        (0..stage.blocks).filter_map(per_block)
    });
    most_frequent(told).unwrap_or(1)
}

/// The first of those that occur most often.
///
/// A width of zero is none.
fn most_frequent(values: impl Iterator<Item = usize>) -> Option<usize> {
    let values: Vec<usize> = values.filter(|&value| value > 0).collect();
    let occurrences = |value: &usize| values.iter().filter(|other| *other == value).count();
    // `max_by_key` would give the last one.
    values.iter().rev().max_by_key(|value| occurrences(value)).copied()
}

/// One more than the highest index that follows the prefix, so that a missing tensor does not
/// make the network look shorter. An index beyond what any network has is a damaged name.
fn count(checkpoint: &Checkpoint, prefix: &str) -> usize {
    // Every block has a tensor of its own at least.
    let tensors = checkpoint.tensors().count();
    let indices = checkpoint.tensors().filter_map(|(name, _)| {
        let index: usize = name.strip_prefix(prefix)?.split('.').next()?.parse().ok()?;
        (index < tensors).then_some(index + 1)
    });
    indices.max().unwrap_or(0)
}

fn efficientnet_lite(checkpoint: &Checkpoint) -> Result<EfficientNetLite, String> {
    let width = |keys: [&str; 2]| {
        most_frequent(keys.iter().filter_map(|key| checkpoint.shape(key)?.first().copied()))
    };
    let stem = width(["_conv_stem.weight", "_bn0.weight"])
        .ok_or("the width of _conv_stem cannot be told")?;
    let head = width(["_conv_head.weight", "_bn1.weight"])
        .ok_or("the width of _conv_head cannot be told")?;
    // Strides are no part of a file. They follow from the stages, and a new stage begins where
    // the blocks' output widens.
    let mut stages: Vec<(usize, usize)> = Vec::new();
    for block in 0..count(checkpoint, "_blocks.") {
        let (project, norm) = (
            format!("_blocks.{block}._project_conv.weight"),
            format!("_blocks.{block}._bn2.weight"),
        );
        let outputs = width([&project, &norm])
            .ok_or_else(|| format!("the width of _blocks.{block} cannot be told"))?;
        match stages.last_mut() {
            Some((blocks, last)) if *last == outputs => *blocks += 1,
            _ => stages.push((1, outputs)),
        }
    }
    let found = stages.len();
    let stages = stages.try_into().map_err(|_| format!("it has {found} stages instead of 7"))?;
    Ok(EfficientNetLite { stem, stages, head, port: Port::TensorFlow, classes: None })
}
