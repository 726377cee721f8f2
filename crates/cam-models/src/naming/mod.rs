//! The names that libraries give to the tensors of one network.
//!
//! Within this crate a network goes by the names of [`Naming::Torchvision`] or
//! [`Naming::EfficientNetPytorch`]. Every other library has a table that leads there; nothing else
//! knows of it.

mod rule;
mod tables;

use std::fmt;

use crate::checkpoint::Checkpoint;
use crate::families::{LISTED, Listed};
use rule::Rule;

/// Whose names a weight file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Naming {
    /// torchvision's ResNets, and timm's, whose names are the same: `layer1.0.conv1`.
    Torchvision,
    /// Hugging Face's ResNets: `encoder.stages.0.layers.0.layer.0.convolution`.
    HuggingFace,
    /// torchvision's ResNet as an `nn.Sequential` of its children: `4.0.conv1`.
    Numbered,
    /// The PyTorch port of EfficientNet-Lite: `_blocks.0._project_conv`.
    EfficientNetPytorch,
    /// timm's EfficientNet-Lite: `blocks.0.0.conv_pw`.
    Timm,
    /// torchvision's or timm's, of a family whose networks are known one by one.
    Listed(&'static Listed),
}

/// Which of the families a library's names are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    ResNet,
    EfficientNetLite,
    Listed(&'static Listed),
}

impl Family {
    /// Its first weight, in this crate's names.
    pub(crate) fn stem(self) -> &'static str {
        match self {
            Self::ResNet => "conv1.weight",
            Self::EfficientNetLite => "_conv_stem.weight",
            Self::Listed(listed) => listed.stem,
        }
    }

    /// What the classifier is called within this crate.
    pub(crate) fn classifier(self) -> &'static str {
        match self {
            Self::ResNet => "fc",
            Self::EfficientNetLite => "_fc",
            Self::Listed(listed) => listed.classifier,
        }
    }

    /// What one of them is, in an error.
    pub(crate) fn one(self) -> &'static str {
        match self {
            Self::ResNet => "a ResNet",
            Self::EfficientNetLite => "an EfficientNet-Lite",
            Self::Listed(listed) => listed.one,
        }
    }
}

/// No network here has so many.
const MOST_STAGES: usize = 16;

impl Naming {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let known = [
            Self::Torchvision,
            Self::HuggingFace,
            Self::Numbered,
            Self::EfficientNetPytorch,
            Self::Timm,
        ];
        known.into_iter().chain(LISTED.iter().map(Self::Listed))
    }

    pub(crate) fn family(self) -> Family {
        match self {
            Self::Torchvision | Self::HuggingFace | Self::Numbered => Family::ResNet,
            Self::EfficientNetPytorch | Self::Timm => Family::EfficientNetLite,
            Self::Listed(listed) => Family::Listed(listed),
        }
    }

    /// Names that only the network itself has, whatever it is wrapped in: what stands before them
    /// is the prefix. More than one, for in a damaged file some are missing.
    pub(crate) fn anchors(self) -> &'static [&'static str] {
        match self {
            Self::Torchvision => {
                &["layer1.0.conv1.weight", "layer2.0.conv1.weight", "layer1.0.bn1.weight"]
            }
            Self::HuggingFace => &[
                "encoder.stages.0.layers.0.layer.0.convolution.weight",
                "encoder.stages.1.layers.0.layer.0.convolution.weight",
            ],
            Self::Numbered => &["4.0.conv1.weight", "5.0.conv1.weight", "4.0.bn1.weight"],
            Self::EfficientNetPytorch => {
                &["_conv_stem.weight", "_conv_head.weight", "_blocks.0._project_conv.weight"]
            }
            Self::Timm => &["blocks.0.0.conv_dw.weight", "blocks.1.0.conv_pwl.weight"],
            Self::Listed(listed) => listed.anchors,
        }
    }

    /// The network under a prefix, in this crate's own names. What is no part of it, such as what
    /// stands behind its pooling, is left where it is.
    pub(crate) fn network(self, checkpoint: &Checkpoint, prefix: &str) -> Checkpoint {
        let starts = self.starts(checkpoint, prefix);
        let own = |name: &str| match self {
            Self::Listed(listed) => listed.within(name),
            _ => rule::first(self.rules(), name, &starts),
        };
        let renamed = checkpoint
            .under(prefix)
            .filter_map(|(name, tensor)| Some((own(name)?, tensor.clone())));
        checkpoint.renamed(renamed.collect())
    }

    fn rules(self) -> &'static [Rule] {
        match self {
            Self::Torchvision => tables::TORCHVISION,
            Self::HuggingFace => tables::HUGGING_FACE,
            Self::Numbered => tables::NUMBERED,
            Self::EfficientNetPytorch => tables::EFFICIENTNET_PYTORCH,
            Self::Timm => tables::TIMM,
            Self::Listed(_) => &[],
        }
    }

    /// How many blocks stand before each stage, where a library counts blocks by stage and we
    /// count on.
    fn starts(self, checkpoint: &Checkpoint, prefix: &str) -> Vec<usize> {
        if self != Self::Timm {
            return Vec::new();
        }
        let blocks: Vec<[usize; 2]> =
            checkpoint.under(prefix).filter_map(|(name, _)| rule::stage_and_block(name)).collect();
        let mut starts = vec![0];
        for stage in 0..MOST_STAGES {
            let of_stage = blocks.iter().filter(|block| block[0] == stage);
            let Some(last) = of_stage.map(|block| block[1]).max() else { break };
            starts.push(starts[stage] + last + 1);
        }
        starts
    }
}

impl fmt::Display for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Torchvision => "torchvision",
            Self::HuggingFace => "Hugging Face",
            Self::Numbered => "numbered children of nn.Sequential",
            Self::EfficientNetPytorch => "EfficientNet-PyTorch",
            Self::Timm => "timm",
            Self::Listed(listed) => listed.library,
        })
    }
}
