//! torchvision's ResNet, ResNeXt and Wide-ResNet (He et al., *Deep Residual Learning for Image
//! Recognition*, arXiv 1512.03385; Xie et al., arXiv 1611.05431; Zagoruyko and Komodakis,
//! arXiv 1605.07146), with the stride on the 3×3 convolution as torchvision has it.

use crate::description::{
    Activation, BatchNorm, Builder, Classifier, Convolution, Description, MaxPool, PoolingStep,
    Value,
};
use crate::preprocessing::Preprocessing;

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
        let mut builder = Builder::default();
        let stem = convolution(("conv1", "bn1"), (3, self.stem), 7, 2, Activation::Relu);
        let stem = builder.convolution(Value::INPUT, stem);
        builder.cut("relu", None);
        let mut x = builder.max_pool(stem, MaxPool { kernel: 3, stride: 2, padding: 1 });
        builder.cut("maxpool", None);
        let mut inputs = self.stem;
        for (index, stage) in self.stages.iter().enumerate() {
            for block in 0..stage.blocks {
                let name = format!("layer{}.{block}", index + 1);
                let stride = if index > 0 && block == 0 { 2 } else { 1 };
                x = self.block(&mut builder, x, &name, inputs, stage, stride);
                let alias = (block + 1 == stage.blocks).then(|| format!("layer{}", index + 1));
                builder.cut(name, alias);
                inputs = stage.outputs;
            }
        }
        Description {
            name: self.name(),
            steps: builder.steps,
            cuts: builder.cuts,
            pooling: PoolingStep::Average,
            necks: Vec::new(),
            classifier: self.classes.map(|classes| Classifier {
                key: "fc".into(),
                inputs,
                classes,
            }),
            preprocessing: Preprocessing::imagenet(),
        }
    }

    fn block(
        &self,
        builder: &mut Builder,
        x: Value,
        name: &str,
        inputs: usize,
        stage: &Stage,
        stride: usize,
    ) -> Value {
        let key = |part: &str| format!("{name}.{part}");
        let shortcut = if stride != 1 || inputs != stage.outputs {
            let keys = (key("downsample.0"), key("downsample.1"));
            let step = convolution(keys, (inputs, stage.outputs), 1, stride, Activation::Identity);
            builder.convolution(x, step)
        } else {
            x
        };
        let conv = |i: usize, channels, kernel, stride| {
            let keys = (key(&format!("conv{i}")), key(&format!("bn{i}")));
            convolution(keys, channels, kernel, stride, Activation::Relu)
        };
        let (mut y, last) = match self.block {
            Block::Basic => {
                let y = builder.convolution(x, conv(1, (inputs, stage.inner), 3, stride));
                (y, conv(2, (stage.inner, stage.outputs), 3, 1))
            }
            Block::Bottleneck => {
                let y = builder.convolution(x, conv(1, (inputs, stage.inner), 1, 1));
                let grouped = conv(2, (stage.inner, stage.inner), 3, stride);
                let y = builder.convolution(y, Convolution { groups: self.groups, ..grouped });
                (y, conv(3, (stage.inner, stage.outputs), 1, 1))
            }
        };
        y = builder.convolution(y, Convolution { residual: Some(shortcut), ..last });
        y
    }
}

fn convolution(
    (key, norm): (impl Into<String>, impl Into<String>),
    channels: (usize, usize),
    kernel: usize,
    stride: usize,
    activation: Activation,
) -> Convolution {
    let norm = BatchNorm { key: norm.into(), epsilon: EPSILON };
    Convolution { activation, ..Convolution::plain(key, norm, channels, kernel, stride) }
}
