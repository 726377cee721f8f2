//! `ResNet` as transformers has it (He et al. 2015), whose tensors go by stages and layers.

use cam_graph::{
    BatchNorm, Binary, Border, Convolution, Function, Operation, Padding, Value, Window,
};

use super::builder::Builder;

/// PyTorch's own for a batch norm.
const EPSILON: f64 = 1e-5;

/// A bottleneck is a quarter as wide inside.
pub(super) const REDUCTION: usize = 4;

/// A `ResNet`.
#[derive(Debug, Clone)]
pub(super) struct ResNet {
    /// Channels behind the first convolution.
    pub stem: usize,
    /// Blocks and channels of every stage.
    pub stages: Vec<(usize, usize)>,
    /// Behind the first convolution and behind every sum.
    pub activation: Function,
    /// 1×1, 3×3 and 1×1 convolutions in a block, and not two of 3×3.
    pub is_bottleneck: bool,
    /// A bottleneck's stride is at its first convolution, as in the paper, and not at the second.
    pub strides_first: bool,
    /// The first stage halves sides too.
    pub halves_first: bool,
}

/// A convolution in a block: channels out of it and into it, its side and its stride.
type Sides = ([usize; 3], usize);

impl ResNet {
    /// The list of a stage's blocks.
    pub fn blocks(stage: usize) -> String {
        format!("encoder.stages.{stage}.layers")
    }

    /// The embedding of the image: the mean over its positions.
    pub fn build(&self, builder: &mut Builder) -> Value {
        let stem = "embedder.embedder";
        let x = normed(builder, Value::INPUT, stem, ([self.stem, 3, 7], 2));
        let x = builder.map(x, self.activation, stem, "activation");
        let padding = Padding::Fixed(Border::all(1));
        let window = Window { stride: [2; 2], padding, ..Window::new([3; 2]) };
        let mut x = builder.step(&[x], Operation::MaxPool(window), "embedder.pooler", "");
        let mut inputs = self.stem;
        for (stage, &(depth, outputs)) in self.stages.iter().enumerate() {
            for index in 0..depth {
                let halves = index == 0 && (stage > 0 || self.halves_first);
                let block = format!("{}.{index}", Self::blocks(stage));
                let stride = if halves { 2 } else { 1 };
                x = self.block(builder, x, &block, ([outputs, inputs], stride));
                inputs = outputs;
            }
        }
        builder.mean(x, &[1, 2], "pooler", "")
    }

    /// f(x + convolutions(x)), x projected where its shape changes.
    fn block(
        &self,
        builder: &mut Builder,
        x: Value,
        block: &str,
        ([outputs, inputs], stride): ([usize; 2], usize),
    ) -> Value {
        let convolutions = self.convolutions([outputs, inputs], stride);
        let last = convolutions.len() - 1;
        let mut y = x;
        for (index, sides) in convolutions.into_iter().enumerate() {
            let layer = format!("{block}.layer.{index}");
            y = normed(builder, y, &layer, sides);
            if index < last {
                // The settings' activation is that of the stem and of sums: inside it is this one.
                y = builder.map(y, Function::Relu, &layer, "activation");
            }
        }
        let residual = match outputs != inputs || stride != 1 {
            true => {
                normed(builder, x, &format!("{block}.shortcut"), ([outputs, inputs, 1], stride))
            }
            false => x,
        };
        let sum = builder.combine((Binary::Add, y, residual), block, "sum");
        builder.map(sum, self.activation, block, "activation")
    }

    fn convolutions(&self, [outputs, inputs]: [usize; 2], stride: usize) -> Vec<Sides> {
        if !self.is_bottleneck {
            return vec![([outputs, inputs, 3], stride), ([outputs, outputs, 3], 1)];
        }
        let inner = outputs / REDUCTION;
        let [first, second] = if self.strides_first { [stride, 1] } else { [1, stride] };
        vec![([inner, inputs, 1], first), ([inner, inner, 3], second), ([outputs, inner, 1], 1)]
    }
}

/// A convolution without bias that keeps sides but for its stride, and its batch norm.
fn normed(builder: &mut Builder, x: Value, module: &str, (sides, stride): Sides) -> Value {
    let [outputs, inputs, side] = sides;
    let convolution = format!("{module}.convolution");
    let shape = vec![outputs, inputs, side, side];
    let weight = builder.tensor(&format!("{convolution}.weight"), shape);
    let operation = Convolution {
        stride: [stride; 2],
        padding: Padding::Fixed(Border::all(side / 2)),
        ..Convolution::new(weight, None)
    };
    let y = builder.step(&[x], Operation::Convolution(operation), &convolution, "");
    let module = format!("{module}.normalization");
    let norm = BatchNorm::named(&module, EPSILON);
    for name in norm.parameters() {
        builder.tensor(name, vec![outputs]);
    }
    builder.step(&[y], Operation::BatchNorm(norm), &module, "")
}
