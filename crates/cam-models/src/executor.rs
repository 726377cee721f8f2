use std::ops::Range;

use burn::tensor::Tensor;
use cam_core::BiasGradients;
use cam_engine::Engine;

/// Steps of a [`Description`](crate::Description), from one cut to another.
///
/// It reads one value, the one that exists when `start` steps have run, and gives the value of
/// its last step. An empty segment gives what it was given.
pub type Segment = Range<usize>;

/// Runs segments of one network, with that network's weights.
///
/// There is more than one way to do so: with burn's operations on any device and under autodiff
/// ([`BurnExecutor`](crate::BurnExecutor)), or with kernels made for one machine. All must agree.
///
/// # Examples
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use burn::tensor::Tensor;
/// use cam_models::{BurnExecutor, Executor, Segment};
///
/// /// Counts the passes that an explanation takes.
/// struct Counted {
///     burn: BurnExecutor,
///     passes: AtomicUsize,
/// }
///
/// impl Executor for Counted {
///     fn run(&self, segment: Segment, input: Tensor<4>) -> Tensor<4> {
///         self.passes.fetch_add(1, Ordering::Relaxed);
///         self.burn.run(segment, input)
///     }
/// }
/// ```
/// [`ConvNet::with_executor`](crate::ConvNet::with_executor) makes a network of it.
pub trait Executor: Send + Sync {
    /// Runs a segment between two cuts.
    ///
    /// # Shapes
    /// `[n, c, h, w]` to `[n, c', h', w']`.
    fn run(&self, segment: Segment, input: Tensor<4>) -> Tensor<4>;

    /// Runs a segment and keeps what is needed to pull gradients back through it, where the
    /// executor can do so without autodiff.
    ///
    /// # Shapes
    /// As for [`run`](Self::run).
    fn record(&self, segment: Segment, input: &Tensor<4>) -> Option<Box<dyn Recording + '_>> {
        let _ = (segment, input);
        None
    }

    /// Every convolution's bias in a segment, and ∂s/∂ of what it is added to, in the order of the
    /// steps, where the executor can tell.
    ///
    /// # Shapes
    /// Input `[n, c, h, w]`, and ∂s/∂output for each image.
    fn bias_gradients(
        &self,
        segment: Segment,
        input: Tensor<4>,
        gradients: Tensor<4>,
    ) -> Option<Vec<BiasGradients>> {
        let _ = (segment, input, gradients);
        None
    }

    /// A further executor of the same weights, with one thread of its own, where there can be one:
    /// several images then run side by side.
    fn lane(&self) -> Option<Box<dyn Executor>> {
        None
    }

    /// The engine behind it, where there is one: to ask how it runs a segment.
    fn engine(&self) -> Option<&Engine> {
        None
    }
}

/// A run of a segment that can be gone back through.
pub trait Recording: Send + Sync {
    /// What the run gave, `[n, c, h, w]`.
    fn output(&self) -> Tensor<4>;

    /// ∂s/∂output to ∂s/∂input, for k questions per image.
    ///
    /// # Shapes
    /// `[n · k, c, h, w]` of the output, those of an image behind one another, to
    /// `[n · k, c', h', w']` of the input.
    fn pull_back(&self, gradients: Tensor<4>, questions: usize) -> Tensor<4>;

    /// The same by guided backpropagation, which drops what is negative at every activation; none
    /// where the recording cannot.
    fn pull_back_guided(&self, gradients: Tensor<4>, questions: usize) -> Option<Tensor<4>> {
        let _ = (gradients, questions);
        None
    }
}
