use std::fmt;

/// How a segment is run on an input of one shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The steps that are run, in order.
    pub steps: Vec<PlannedStep>,
    /// Buffers that the activations share.
    pub buffers: usize,
    /// Bytes that a run holds besides weights, input and output.
    pub peak_bytes: usize,
}

/// How one step is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedStep {
    /// Index into the graph's steps.
    pub step: usize,
    /// `[n, c, h, w]` of what it gives.
    pub shape: [usize; 4],
    /// How it is computed.
    pub kernel: Kernel,
    /// The buffer that holds what it gives, unless it is fused to a later step.
    pub buffer: Option<usize>,
    /// Whether it takes the place of its residual.
    pub in_place: bool,
}

/// A way to compute a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kernel {
    /// Pixels times panels of weights.
    Direct,
    /// The same, and in the same sums a shortcut's projection.
    DirectWithProjection,
    /// Computed by a later step: see [`Kernel::DirectWithProjection`] and [`Kernel::DirectDepthwise`].
    Fused,
    /// Winograd's algorithm, for 2×2 output pixels at a time.
    Winograd2,
    /// Winograd's algorithm, for 4×4 output pixels at a time.
    Winograd4,
    /// Groups narrower than a vector.
    Grouped,
    /// Every channel for itself.
    Depthwise,
    /// The same, band by band behind the dense convolution that feeds it.
    DirectDepthwise,
    /// A function of every number.
    Activation,
    /// A sum of two values.
    Add,
    /// A product of two values.
    Multiply,
    /// A line for every channel.
    ScaleShift,
    /// A maximum over windows.
    MaxPool,
    /// A mean over windows.
    AveragePool,
    /// Channels or pixels that go elsewhere as they are.
    Copy,
    /// A norm over the channels of every pixel.
    LayerNorm,
    /// Attention, a block of queries and of keys at a time.
    Attention,
    /// Pixels in one column, with constants.
    Tokens,
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Direct => "direct",
            Self::DirectWithProjection => "direct + projection",
            Self::Fused => "fused",
            Self::Winograd2 => "winograd 2x2",
            Self::Winograd4 => "winograd 4x4",
            Self::Grouped => "grouped",
            Self::Depthwise => "depthwise",
            Self::DirectDepthwise => "direct + depthwise",
            Self::Activation => "activation",
            Self::Add => "add",
            Self::Multiply => "multiply",
            Self::ScaleShift => "scale and shift",
            Self::MaxPool => "max pool",
            Self::AveragePool => "average pool",
            Self::Copy => "copy",
            Self::LayerNorm => "layer norm",
            Self::Attention => "attention",
            Self::Tokens => "tokens",
        })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let [n, c, h, w] = step.shape;
            let shape = format!("{n}x{c}x{h}x{w}");
            write!(f, "{:4}  {:20} {shape:>18}", step.step, step.kernel)?;
            match (step.buffer, step.in_place) {
                (Some(buffer), false) => writeln!(f, "  buffer {buffer}")?,
                (Some(buffer), true) => writeln!(f, "  buffer {buffer}, in place")?,
                (None, _) => writeln!(f)?,
            }
        }
        let mib = self.peak_bytes as f64 / f64::from(1 << 20);
        write!(f, "{} buffers, {mib:.1} MiB", self.buffers)
    }
}
