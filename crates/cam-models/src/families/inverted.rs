//! Inverted bottlenecks (Sandler et al., *MobileNetV2*, arXiv 1801.04381): widen, convolve each channel for itself,
//! narrow, add where the shape stays. MobileNetV2, MobileNetV3 and EfficientNet are rows of them.

use cam_graph::{Function, Graph, Operation, Padding, Value};

use super::modules::{Modules, Part};
use crate::builder::{Builder, Moves, all};

/// x·σ(x).
pub(super) const SILU: Function = Function::Swish { beta: 1.0 };

/// min(max(x, 0), 6).
pub(super) const RELU6: Function = Function::Clip { low: 0.0, high: 6.0 };

/// min(max(x/6 + 1/2, 0), 1).
pub(super) const HARD_SIGMOID: Function = Function::HardSigmoid { slope: 1.0 / 6.0, offset: 0.5 };

/// The kind of block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One dense convolution.
    Plain,
    /// A dense convolution that widens, and one that narrows (EfficientNetV2).
    Fused,
    /// Each channel for itself, and a narrowing: nothing is widened.
    Separable,
    /// Widen, each channel for itself, narrow.
    Inverted,
}

/// One block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) inputs: usize,
    /// Channels inside.
    pub(super) wide: usize,
    pub(super) outputs: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    /// Channels between the two layers of squeeze-and-excitation (Hu et al., arXiv 1709.01507).
    pub(super) squeeze: Option<usize>,
    pub(super) activation: Function,
}

/// What follows the last block.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// A 1×1 convolution to so many channels, which are pooled.
    Pooled(usize),
    /// The mean of such a convolution, and a linear layer with an activation (Howard et al., arXiv 1905.02244): both widths.
    Projected(usize, usize),
}

/// A network of such blocks.
pub(super) struct Network {
    pub(super) stem: usize,
    /// Blocks by stage.
    pub(super) stages: Vec<Vec<Block>>,
    pub(super) end: End,
    /// Behind the first convolution and the last.
    pub(super) activation: Function,
    /// Inside squeeze-and-excitation, and what makes the gate.
    pub(super) gate: [Function; 2],
    pub(super) port: Port,
    pub(super) modules: Modules,
}

/// What a port of a network has of its own, which no weight file says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Port {
    /// Added to the variance in batch norms.
    pub(super) epsilon: f64,
    /// Whether borders are TensorFlow's, with an odd pixel behind.
    pub(super) is_tensorflow: bool,
}

impl Port {
    /// PyTorch's own.
    pub(super) const PYTORCH: Self = Self { epsilon: 1e-5, is_tensorflow: false };
    /// Trained in PyTorch with TensorFlow's epsilon.
    pub(super) const WIDER_EPSILON: Self = Self { epsilon: 1e-3, is_tensorflow: false };
    /// Trained in TensorFlow.
    pub(super) const TENSORFLOW: Self = Self { epsilon: 1e-3, is_tensorflow: true };

    fn moves(self, kernel: usize, stride: usize, groups: usize) -> Moves {
        let padding = match self.is_tensorflow {
            true => Padding::Same { lower: false },
            false => all(kernel / 2),
        };
        Moves { stride, groups, padding }
    }
}

impl Network {
    /// The network as data, for images of that size.
    pub(super) fn graph(&self, size: (usize, usize)) -> Graph {
        let mut builder = Builder::new(size);
        let stem = ([self.stem, 3, 3], self.port.moves(3, 2, 1));
        let names = self.modules.stem();
        let mut x = self.normed(&mut builder, &names, Value::INPUT, stem, Some(self.activation));
        let mut counted = 0;
        let mut last = self.stem;
        for (stage, blocks) in self.stages.iter().enumerate() {
            for (index, block) in blocks.iter().enumerate() {
                let path = self.modules.block(stage, index, counted);
                x = self.block(&mut builder, x, block, &path);
                counted += 1;
                last = block.outputs;
            }
        }
        let (End::Pooled(wide) | End::Projected(wide, _)) = self.end;
        let is_projected = matches!(self.end, End::Projected(..));
        let names = self.modules.head(self.stages.len(), counted, is_projected);
        let head = ([wide, last, 1], self.port.moves(1, 1, 1));
        x = self.normed(&mut builder, &names, x, head, Some(self.activation));
        match self.end {
            End::Pooled(_) => builder.averaged(x),
            End::Projected(_, outputs) => self.projected(builder, x, [outputs, wide]),
        }
    }

    fn block(&self, builder: &mut Builder, x: Value, block: &Block, path: &str) -> Value {
        let mut y = x;
        let parts = block.parts();
        for (place, &part) in parts.iter().enumerate() {
            let names = self.modules.part(path, block.kind, &parts, place);
            let (wide, kernel, stride) = (block.wide, block.kernel, block.stride);
            let (sides, moves) = match part {
                Part::Squeeze => {
                    y = self.excited(builder, y, block, &names);
                    continue;
                }
                Part::Only => {
                    ([block.outputs, block.inputs, kernel], self.port.moves(kernel, stride, 1))
                }
                Part::Widen if block.kind == Kind::Fused => {
                    ([wide, block.inputs, kernel], self.port.moves(kernel, stride, 1))
                }
                Part::Widen => ([wide, block.inputs, 1], self.port.moves(1, 1, 1)),
                Part::Depthwise => ([wide, wide, kernel], self.port.moves(kernel, stride, wide)),
                Part::Narrow => ([block.outputs, wide, 1], self.port.moves(1, 1, 1)),
            };
            let activation = (part != Part::Narrow).then_some(block.activation);
            y = self.normed(builder, &names, y, (sides, moves), activation);
        }
        let adds = block.stride == 1 && block.inputs == block.outputs;
        if adds { builder.add(path, y, x) } else { y }
    }

    /// A convolution, its batch norm and an activation, by the names of the three.
    fn normed(
        &self,
        builder: &mut Builder,
        names: &[String],
        x: Value,
        (sides, moves): ([usize; 3], Moves),
        activation: Option<Function>,
    ) -> Value {
        let [conv, norm, rectifier] = names else { return x };
        let y = builder.convolution((conv, conv), x, sides, moves);
        let y = builder.batch_norm((norm, norm), y, sides[0], self.port.epsilon);
        activation.map_or(y, |function| builder.map(rectifier, y, function))
    }

    /// Channels multiplied by a gate that their means make.
    fn excited(&self, builder: &mut Builder, x: Value, block: &Block, names: &[String]) -> Value {
        let [pool, reduce, inner, expand, gate, whole] = names else { return x };
        let (wide, narrow) = (block.wide, block.squeeze.unwrap_or(1));
        let y = builder.squeeze(pool, x);
        let y = builder.biased(reduce, y, [narrow, wide, 1], Moves::keeping(1));
        let y = builder.map(inner, y, self.gate[0]);
        let y = builder.biased(expand, y, [wide, narrow, 1], Moves::keeping(1));
        let y = builder.map(gate, y, self.gate[1]);
        builder.multiply(whole, x, y)
    }

    /// MobileNetV3's end: timm's linear layer is a convolution of one pixel.
    fn projected(&self, mut builder: Builder, x: Value, sides: [usize; 2]) -> Graph {
        let [outputs, wide] = sides;
        let y = match self.modules {
            Modules::Timm => {
                let y = builder.squeeze("global_pool", x);
                let y = builder.biased("conv_head", y, [outputs, wide, 1], Moves::keeping(1));
                let y = builder.map("act2", y, self.activation);
                let flat = Operation::Reshape { shape: vec![outputs] };
                builder.step("flatten", &[y], flat)
            }
            _ => {
                let y = builder.pooled(x);
                let y = builder.linear("classifier.0", y, sides);
                builder.map("classifier.1", y, self.activation)
            }
        };
        builder.ending(y)
    }
}

impl Block {
    /// What it does, in order.
    fn parts(&self) -> Vec<Part> {
        let parts: &[Part] = match self.kind {
            Kind::Plain => &[Part::Only],
            Kind::Fused => &[Part::Widen, Part::Narrow],
            Kind::Separable => &[Part::Depthwise, Part::Squeeze, Part::Narrow],
            Kind::Inverted => &[Part::Widen, Part::Depthwise, Part::Squeeze, Part::Narrow],
        };
        let has = |part: &&Part| **part != Part::Squeeze || self.squeeze.is_some();
        parts.iter().filter(has).copied().collect()
    }
}

/// A width that is scaled, as a multiple of 8 and not much less (TensorFlow's `make_divisible`).
pub(super) fn scaled(width: usize, by: f64) -> usize {
    let width = width as f64 * by;
    let rounded = ((width + 4.0) as usize / 8 * 8).max(8);
    if (rounded as f64) < 0.9 * width { rounded + 8 } else { rounded }
}
