//! `ConvNeXt` (Liu et al. 2022), its second version (Woo et al. 2023), and DINOv3's.

use cam_graph::{Binary, Border, Convolution, Function, Operation, Padding, Reduction, Value};

use super::builder::Builder;

/// A `ConvNeXt`, with the names of its tensors.
#[derive(Debug, Clone)]
pub(super) struct ConvNext {
    /// Blocks and channels of every stage.
    pub stages: Vec<(usize, usize)>,
    /// Pixels of a patch, one side.
    pub patch: usize,
    pub activation: Function,
    /// ε of the norms of stem, blocks and in between.
    pub epsilon: f32,
    /// ε of the norm behind the mean.
    pub last_epsilon: f32,
    pub names: Names,
}

/// How its tensors are called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    /// Convolution and norm in front of the first stage.
    pub stem: [&'static str; 2],
    /// The list of stages.
    pub stages: &'static str,
    /// The list of blocks, below the stage's name.
    pub blocks: &'static str,
    /// What stands between stages, below the stage's name: a norm (0) and a convolution (1).
    pub between: &'static str,
    /// Convolution, norm and two linear layers, below the block's name.
    pub parts: [&'static str; 4],
    /// What the block's branch is multiplied by.
    pub scale: Option<&'static str>,
    /// The normalisation of responses in between.
    pub responses: Option<&'static str>,
    /// The norm behind the mean.
    pub norm: &'static str,
}

impl ConvNext {
    /// The list of a stage's blocks.
    pub fn blocks(&self, stage: usize) -> String {
        format!("{}.{stage}.{}", self.names.stages, self.names.blocks)
    }

    /// The embedding of the image: the mean over its positions, normalised.
    pub fn build(&self, builder: &mut Builder) -> Value {
        let first = self.stages[0].1;
        let [convolution, norm] = self.names.stem;
        let mut x = patches(builder, Value::INPUT, convolution, [first, 3, self.patch]);
        x = builder.layer_norm(x, norm, (0, first), self.epsilon);
        let mut before = first;
        for (stage, &(depth, width)) in self.stages.iter().enumerate() {
            if stage > 0 {
                let between = format!("{}.{stage}.{}", self.names.stages, self.names.between);
                x = builder.layer_norm(x, &format!("{between}.0"), (0, before), self.epsilon);
                x = patches(builder, x, &format!("{between}.1"), [width, before, 2]);
            }
            for index in 0..depth {
                x = self.block(builder, x, &format!("{}.{index}", self.blocks(stage)), width);
            }
            before = width;
        }
        let x = builder.mean(x, &[1, 2], "", "mean");
        builder.layer_norm(x, self.names.norm, (0, before), self.last_epsilon)
    }

    /// x + γ·MLP(norm(depthwise(x))), the MLP over channels at each position.
    fn block(&self, builder: &mut Builder, x: Value, block: &str, width: usize) -> Value {
        let [depthwise, norm, up, down] = self.names.parts.map(|part| format!("{block}.{part}"));
        let weight = builder.tensor(&format!("{depthwise}.weight"), vec![width, 1, 7, 7]);
        let bias = builder.tensor(&format!("{depthwise}.bias"), vec![width]);
        let convolution = Convolution {
            groups: width,
            padding: Padding::Fixed(Border::all(3)),
            ..Convolution::new(weight, Some(bias))
        };
        let y = builder.step(&[x], Operation::Convolution(convolution), &depthwise, "");
        let y = builder.transpose(y, &[1, 2, 0], block, "channels_last");
        let y = builder.layer_norm(y, &norm, (2, width), self.epsilon);
        let y = builder.linear(y, &up, [4 * width, width], true);
        let mut y = builder.map(y, self.activation, block, "activation");
        if let Some(responses) = self.names.responses {
            y = respond(builder, y, &format!("{block}.{responses}"), 4 * width);
        }
        let mut y = builder.linear(y, &down, [width, 4 * width], true);
        if let Some(scale) = self.names.scale {
            y = builder.scale(y, &format!("{block}.{scale}"), 2, width);
        }
        let y = builder.transpose(y, &[2, 0, 1], block, "channels_first");
        builder.combine((Binary::Add, x, y), block, "sum")
    }
}

/// A convolution whose windows do not overlap, `[out, in, side]`.
fn patches(
    builder: &mut Builder,
    x: Value,
    module: &str,
    [outputs, inputs, side]: [usize; 3],
) -> Value {
    let weight = builder.tensor(&format!("{module}.weight"), vec![outputs, inputs, side, side]);
    let bias = builder.tensor(&format!("{module}.bias"), vec![outputs]);
    let convolution = Convolution { stride: [side; 2], ..Convolution::new(weight, Some(bias)) };
    builder.step(&[x], Operation::Convolution(convolution), module, "")
}

/// Global response normalisation of `[h, w, c]`: x + γ·x·(‖x_c‖/mean of ‖x_c‖) + β, ‖x_c‖ being a channel's length over
/// all positions.
fn respond(builder: &mut Builder, x: Value, module: &str, width: usize) -> Value {
    let reduce = |reduction, axes: &[usize]| Operation::Reduce {
        reduction,
        axes: axes.to_vec(),
        keep: true,
    };
    let lengths = builder.step(&[x], reduce(Reduction::L2, &[0, 1]), module, "lengths");
    let mean = builder.step(&[lengths], reduce(Reduction::Mean, &[2]), module, "mean");
    let name = format!("{module}#epsilon");
    let epsilon = builder.made(&name, vec![1], Vec::new(), |_| vec![1e-6]);
    let epsilon = builder.constant(epsilon, module, "epsilon");
    let mean = builder.combine((Binary::Add, mean, epsilon), module, "above_zero");
    let share = builder.combine((Binary::Divide, lengths, mean), module, "share");
    let y = builder.combine((Binary::Multiply, x, share), module, "shared");
    let [scale, shift] = ["weight", "bias"].map(|part| {
        let name = format!("{module}.{part}");
        let tensors = vec![(name.clone(), vec![1, 1, 1, width])];
        builder.made(&name, vec![width], tensors, |mut values| values.pop().unwrap_or_default())
    });
    let y = builder.step(&[y], Operation::ScaleShift { axis: 2, scale, shift }, module, "scaled");
    builder.combine((Binary::Add, x, y), module, "sum")
}
