//! The families of networks that a folder may hold.

use super::config::Config;
use super::convnext::ConvNext;
use super::error::FolderError;
use super::names::Spelling;
use super::projection::Projection;
use super::resnet::ResNet;
use super::tower::Tower;
use crate::checkpoint::Checkpoint;

/// What is known, for whoever has something else.
pub(super) const KNOWN: &str = "dinov2, dinov2_with_registers, dinov3_vit, vit, deit, clip, clip_vision_model, siglip, siglip_vision_model, convnext, convnextv2, dinov3_convnext and resnet of \
     transformers, the plain vision transformers of timm (vit_…, deit_…, deit3_…), and those of open_clip with its own or with timm's, or with a ConvNeXt";

/// A family: how its files spell its tensors, and what its settings say.
pub(super) struct Family {
    /// The types that it goes by in `config.json`.
    pub types: &'static [&'static str],
    pub spelling: Spelling,
    /// What a file's settings, and where they are silent its tensors, say.
    pub describe: fn(&Config, &Checkpoint) -> Result<Described, FolderError>,
    /// What stands for them where there are none: the class's defaults.
    pub processor: &'static str,
    /// Files that say how images are prepared, the first that is there being the one that is read.
    pub preprocessors: &'static [&'static str],
}

/// A network as its folder describes it.
pub(super) struct Described {
    pub body: Body,
    /// What stands behind it.
    pub projection: Option<Projection>,
    /// The size of images that it was made for, `[h, w]`; none where any will do.
    pub image: Option<[usize; 2]>,
    /// The layer behind the embedding that tells classes apart, where the file has one that reads the embedding.
    pub classifier: Option<&'static str>,
    /// The embedding in words.
    pub embedding: &'static str,
    /// What the user ought to know.
    pub remarks: Vec<String>,
}

/// What computes.
pub(super) enum Body {
    Tower(Box<Tower>),
    ConvNext(Box<ConvNext>),
    ResNet(Box<ResNet>),
}

impl Body {
    /// Width of the vector that it gives.
    pub fn width(&self) -> usize {
        match self {
            Self::Tower(tower) => tower.width,
            Self::ConvNext(network) => network.stages.last().map_or(0, |(_, width)| *width),
            Self::ResNet(network) => network.stages.last().map_or(0, |(_, width)| *width),
        }
    }

    /// The lists of blocks, and how many each has.
    pub fn lists(&self) -> Vec<(String, usize)> {
        match self {
            Self::Tower(tower) => vec![(tower.names.blocks.to_owned(), tower.depth)],
            Self::ConvNext(network) => {
                let stages = network.stages.iter().enumerate();
                stages.map(|(stage, (depth, _))| (network.blocks(stage), *depth)).collect()
            }
            Self::ResNet(network) => {
                let stages = network.stages.iter().enumerate();
                stages.map(|(stage, (depth, _))| (ResNet::blocks(stage), *depth)).collect()
            }
        }
    }
}

impl From<Tower> for Body {
    fn from(tower: Tower) -> Self {
        Self::Tower(Box::new(tower))
    }
}

impl From<ConvNext> for Body {
    fn from(network: ConvNext) -> Self {
        Self::ConvNext(Box::new(network))
    }
}

impl From<ResNet> for Body {
    fn from(network: ResNet) -> Self {
        Self::ResNet(Box::new(network))
    }
}

impl Described {
    pub fn new(body: impl Into<Body>, embedding: &'static str) -> Self {
        Self {
            body: body.into(),
            projection: None,
            image: None,
            classifier: None,
            embedding,
            remarks: Vec::new(),
        }
    }

    /// Width of the embedding.
    pub fn width(&self) -> usize {
        self.projection.map_or_else(|| self.body.width(), |projection| projection.width)
    }
}

/// How many blocks a list of them has in a file: one more than the highest index.
pub(super) fn blocks(checkpoint: &Checkpoint, list: &str) -> usize {
    let prefix = format!("{list}.");
    let indices = checkpoint.under(&prefix).filter_map(|(rest, _)| {
        let index: usize = rest.split('.').next()?.parse().ok()?;
        index.checked_add(1)
    });
    indices.max().unwrap_or(0)
}

/// Rows and columns of patches.
pub(super) fn grid(size: [usize; 2], patch: [usize; 2]) -> [usize; 2] {
    [0, 1].map(|axis| size[axis] / patch[axis])
}
