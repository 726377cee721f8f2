//! torchvision's ResNet, ResNeXt and Wide-ResNet (He et al., *Deep Residual Learning for Image
//! Recognition*, arXiv 1512.03385; Xie et al., arXiv 1611.05431; Zagoruyko and Komodakis,
//! arXiv 1605.07146), with the stride on the 3×3 convolution as torchvision has it.

use cam_graph::{Function, Value};

use crate::builder::{Builder, Moves};
use crate::preprocessing::Preprocessing;
use crate::{Classifier, Description};

/// PyTorch's `BatchNorm2d` default.
const EPSILON: f64 = 1e-5;

/// What tells one network of the family from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResNet {
    /// Two 3×3 convolutions per block, or 1×1, 3×3, 1×1.
    pub block: Block,
    /// Channels behind the first convolution.
    pub stem: usize,
    /// The stages, `layer1` first.
    pub stages: Vec<Stage>,
    /// Groups of the 3×3 convolutions in bottlenecks.
    pub groups: usize,
    /// Classes of `fc`, where there is one.
    pub classes: Option<usize>,
}

/// The kind of block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// Two 3×3 convolutions.
    Basic,
    /// 1×1, 3×3 and 1×1 convolutions.
    Bottleneck,
}

/// Blocks at one resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// How many.
    pub blocks: usize,
    /// Channels inside a block.
    pub inner: usize,
    /// Channels behind a block.
    pub outputs: usize,
}

/// torchvision's members of the family: name, block, blocks per stage, inner channels of
/// `layer1`, groups.
const KNOWN: [(&str, Block, [usize; 4], usize, usize); 10] = [
    ("resnet18", Block::Basic, [2, 2, 2, 2], 64, 1),
    ("resnet34", Block::Basic, [3, 4, 6, 3], 64, 1),
    ("resnet50", Block::Bottleneck, [3, 4, 6, 3], 64, 1),
    ("resnet101", Block::Bottleneck, [3, 4, 23, 3], 64, 1),
    ("resnet152", Block::Bottleneck, [3, 8, 36, 3], 64, 1),
    ("resnext50_32x4d", Block::Bottleneck, [3, 4, 6, 3], 128, 32),
    ("resnext101_32x8d", Block::Bottleneck, [3, 4, 23, 3], 256, 32),
    ("resnext101_64x4d", Block::Bottleneck, [3, 4, 23, 3], 256, 64),
    ("wide_resnet50_2", Block::Bottleneck, [3, 4, 6, 3], 128, 1),
    ("wide_resnet101_2", Block::Bottleneck, [3, 4, 23, 3], 128, 1),
];

impl ResNet {
    /// torchvision's network of that name, with 1000 classes.
    pub fn named(name: &str) -> Option<Self> {
        let &(_, block, blocks, inner, groups) = KNOWN.iter().find(|known| known.0 == name)?;
        let expansion = match block {
            Block::Basic => 1,
            Block::Bottleneck => 4,
        };
        let stages = blocks.iter().enumerate().map(|(i, &blocks)| Stage {
            blocks,
            inner: inner << i,
            outputs: (64 * expansion) << i,
        });
        Some(Self { block, stem: 64, stages: stages.collect(), groups, classes: Some(1000) })
    }

    /// The names [`named`](Self::named) knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|known| known.0)
    }

    /// torchvision's name for it, or a name that says how it differs from those.
    pub fn name(&self) -> String {
        let same = |name: &&str| {
            Self::named(name).is_some_and(|known| Self { classes: self.classes, ..known } == *self)
        };
        Self::names().find(same).map_or_else(|| self.constructed_name(), str::to_owned)
    }

    fn constructed_name(&self) -> String {
        let blocks: Vec<String> =
            self.stages.iter().map(|stage| stage.blocks.to_string()).collect();
        let kind = match self.block {
            Block::Basic => "basic",
            Block::Bottleneck => "bottleneck",
        };
        let widths: Vec<String> = self.stages.iter().map(|stage| stage.inner.to_string()).collect();
        let groups =
            if self.groups == 1 { String::new() } else { format!(", {} groups", self.groups) };
        format!("resnet ({kind} {}, widths {}{groups})", blocks.join("-"), widths.join("-"))
    }

    /// The network as data.
    pub fn describe(&self) -> Description {
        let preprocessing = Preprocessing::imagenet();
        let mut builder = Builder::new(preprocessing.size);
        let moves = Moves::keeping(7).by(2);
        let x = builder.convolution(("conv1", "conv1"), Value::INPUT, [self.stem, 3, 7], moves);
        let x = builder.batch_norm(("bn1", "bn1"), x, self.stem, EPSILON);
        let x = builder.map("relu", x, Function::Relu);
        let mut x = builder.max_pool("maxpool", x, [3, 2, 1]);
        let mut inputs = self.stem;
        for (index, stage) in self.stages.iter().enumerate() {
            for block in 0..stage.blocks {
                let name = format!("layer{}.{block}", index + 1);
                let stride = if index > 0 && block == 0 { 2 } else { 1 };
                x = self.block(&mut builder, x, &name, (inputs, stage, stride));
                inputs = stage.outputs;
            }
        }
        Description {
            name: self.name(),
            graph: builder.averaged(x),
            classifier: self.classes.map(|classes| Classifier::named("fc", classes)),
            preprocessing,
        }
    }

    fn block(
        &self,
        builder: &mut Builder,
        x: Value,
        name: &str,
        (inputs, stage, stride): (usize, &Stage, usize),
    ) -> Value {
        let key = |part: &str| format!("{name}.{part}");
        let normed =
            |builder: &mut Builder, x, [conv, norm]: [&str; 2], sides: [usize; 3], moves| {
                let (conv, norm) = (key(conv), key(norm));
                let [outputs, ..] = sides;
                let y = builder.convolution((&conv, &conv), x, sides, moves);
                builder.batch_norm((&norm, &norm), y, outputs, EPSILON)
            };
        let (inner, outputs) = (stage.inner, stage.outputs);
        // Convolutions inside a block: their sides and how they move. An activation follows each.
        let convolutions = match self.block {
            Block::Basic => vec![
                ([inner, inputs, 3], Moves::keeping(3).by(stride)),
                ([outputs, inner, 3], Moves::keeping(3)),
            ],
            Block::Bottleneck => vec![
                ([inner, inputs, 1], Moves::keeping(1)),
                ([inner, inner, 3], Moves::keeping(3).by(stride).in_groups(self.groups)),
                ([outputs, inner, 1], Moves::keeping(1)),
            ],
        };
        let shortcut = match stride != 1 || inputs != outputs {
            true => {
                let names = ["downsample.0", "downsample.1"];
                normed(builder, x, names, [outputs, inputs, 1], Moves::keeping(1).by(stride))
            }
            false => x,
        };
        let last = convolutions.len() - 1;
        let mut y = x;
        for (index, (sides, moves)) in convolutions.into_iter().enumerate() {
            let [conv, norm] = ["conv", "bn"].map(|part| format!("{part}{}", index + 1));
            y = normed(builder, y, [&conv, &norm], sides, moves);
            if index == last {
                y = builder.add(name, y, shortcut);
            }
            // One module is used several times; torchvision's own tools number its results like this.
            let relu = match index {
                0 => "relu".to_owned(),
                index => format!("relu_{index}"),
            };
            y = builder.map(&key(&relu), y, Function::Relu);
        }
        y
    }
}
