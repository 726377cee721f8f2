use crate::InstructionSet;

/// Why a graph, a segment or an input cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A size that must be at least one is zero.
    #[error("step {step}: {field} is 0, it must be at least 1")]
    Zero {
        /// The step.
        step: usize,
        /// Which size.
        field: &'static str,
    },
    /// A parameter that is not a number.
    #[error("step {step}: {field} is not a number")]
    NotANumber {
        /// The step.
        step: usize,
        /// Which parameter.
        field: &'static str,
    },
    /// Groups that do not divide the channels.
    #[error("step {step}: {groups} groups do not divide {inputs} inputs and {outputs} outputs")]
    Groups {
        /// The step.
        step: usize,
        /// Its groups.
        groups: usize,
        /// Its channels in.
        inputs: usize,
        /// Its channels out.
        outputs: usize,
    },
    /// A weight or bias of the wrong length.
    #[error("step {step}: the {tensor} holds {found} numbers instead of {expected}")]
    Length {
        /// The step.
        step: usize,
        /// `weight`, `bias`, `slope`, `shift`, which is as long as the scale, `prefix` or `positions`.
        tensor: &'static str,
        /// What the step's sizes ask for.
        expected: usize,
        /// What is there.
        found: usize,
    },
    /// Packed weights that could not be read.
    #[error("the packed weights could not be read: {reason}")]
    Unread {
        /// What reading gave.
        reason: String,
    },
    /// A step reads a value that a later step gives.
    #[error("step {step} reads value {value}: only values 0 to {step} exist by then")]
    Order {
        /// The step.
        step: usize,
        /// What it reads.
        value: usize,
    },
    /// A value has other channels than its reader expects.
    #[error("step {step} expects {expected} channels, value {value} has {found}")]
    Channels {
        /// The step.
        step: usize,
        /// What it reads.
        value: usize,
        /// Channels the step was made for.
        expected: usize,
        /// Channels the value has.
        found: usize,
    },
    /// A pool's border is as wide as its window, which then may see nothing of the image.
    #[error("step {step}: a border of {padding} is as wide as the window of {kernel}")]
    PoolPadding {
        /// The step.
        step: usize,
        /// The border.
        padding: usize,
        /// Side of the window.
        kernel: usize,
    },
    /// A border wider than any activation.
    #[error("step {step}: a border of {pixels} pixels is too wide")]
    Border {
        /// The step.
        step: usize,
        /// The border.
        pixels: usize,
    },
    /// A slice of channels that are not all there.
    #[error("step {step}: {length} channels from {start} on do not lie within {channels}")]
    Slice {
        /// The step.
        step: usize,
        /// The first channel.
        start: usize,
        /// How many.
        length: usize,
        /// Channels of what is read.
        channels: usize,
    },
    /// Heads that a value has not enough channels for.
    #[error("step {step}: value {value} has {found} channels, its heads end at channel {expected}")]
    Heads {
        /// The step.
        step: usize,
        /// What it reads.
        value: usize,
        /// Where the last head ends.
        expected: usize,
        /// Channels of the value.
        found: usize,
    },
    /// A run that is recorded over a step through which no gradient is pulled back.
    #[error(
        "step {step} is {operation}, through which no gradient is pulled back: record what is behind it, or run it"
    )]
    OneWay {
        /// The step.
        step: usize,
        /// What it is.
        operation: &'static str,
    },
    /// A residual of another shape than what it is added to.
    #[error("step {step} gives {expected:?}, its residual is {found:?}")]
    Residual {
        /// The step.
        step: usize,
        /// `[n, c, h, w]` of the sum.
        expected: [usize; 4],
        /// `[n, c, h, w]` of the residual.
        found: [usize; 4],
    },
    /// Two values that do not fit together, number by number.
    #[error("step {step} reads {expected:?} and value {value}, which is {found:?}")]
    Operand {
        /// The step.
        step: usize,
        /// The value that does not fit.
        value: usize,
        /// `[n, c, h, w]` of what the step reads first.
        expected: [usize; 4],
        /// `[n, c, h, w]` of the value.
        found: [usize; 4],
    },
    /// A segment beyond the graph, or one that runs backwards.
    #[error("segment {start}..{end} does not lie within 0..{steps}")]
    Segment {
        /// First step.
        start: usize,
        /// One past the last step.
        end: usize,
        /// Steps of the graph.
        steps: usize,
    },
    /// A value that no step behind the start of a run gives.
    #[error("value {value} is given by no step from {start} on")]
    Value {
        /// The value.
        value: usize,
        /// First step.
        start: usize,
    },
    /// Rows that a value has not got.
    #[error("value {value} has {height} rows, {start}..{end} are wanted")]
    Rows {
        /// The value.
        value: usize,
        /// The first row that is wanted.
        start: usize,
        /// Behind the last.
        end: usize,
        /// How many there are.
        height: usize,
    },
    /// A segment needs a value from before its start.
    #[error("step {step} reads value {value}, which a segment from {start} on is not given")]
    Cut {
        /// The step.
        step: usize,
        /// What it reads.
        value: usize,
        /// Where the segment starts.
        start: usize,
    },
    /// An input shape with nothing in it.
    #[error("the input shape {shape:?} holds no pixels")]
    Empty {
        /// `[n, c, h, w]`.
        shape: [usize; 4],
    },
    /// An input whose length is not its shape's.
    #[error("the input holds {found} numbers, its shape asks for {expected}")]
    InputLength {
        /// The product of the shape.
        expected: usize,
        /// What is there.
        found: usize,
    },
    /// An image smaller than the window that slides over it, which reaches so far with its dilation.
    #[error("step {step}: a window of {kernel} pixels does not fit into {size}, border included")]
    TooSmall {
        /// The step.
        step: usize,
        /// Side of the window.
        kernel: usize,
        /// Side of the image with its border.
        size: usize,
    },
    /// An activation of more than 2³² numbers.
    #[error("an activation of shape {shape:?} is too large: run fewer or smaller images at once")]
    TooLarge {
        /// `[n, c, h, w]`.
        shape: [usize; 4],
    },
    /// More threads than an engine makes use of.
    #[error(
        "{threads} threads are too many: the most is {most}, and more than the machine has cores are of no use"
    )]
    TooManyThreads {
        /// What was asked for.
        threads: usize,
        /// The most that are started.
        most: usize,
    },
    /// The system starts no more threads.
    #[error("only {started} of {threads} threads could be started: {reason}; ask for fewer")]
    NoThread {
        /// What was asked for.
        threads: usize,
        /// How many there were, the caller's included.
        started: usize,
        /// What the system said.
        reason: String,
    },
    /// Instructions that go by no such name.
    #[error(
        "CAM_INSTRUCTIONS={named} names no instructions: avx512, avx2 or portable, or leave it out"
    )]
    NoInstructions {
        /// What the variable says.
        named: String,
    },
    /// Instructions this machine does not have.
    #[error("this machine has no {instructions}: leave the instruction set to the engine")]
    Unavailable {
        /// What was asked for.
        instructions: InstructionSet,
    },
}
