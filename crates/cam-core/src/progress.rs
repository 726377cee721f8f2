use std::ops::ControlFlow;

use crate::Error;

/// Follows long work, and may stop it.
///
/// Any function of two numbers does, for example one that moves a bar and looks at a flag:
///
/// ```
/// use std::ops::ControlFlow;
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// use burn::tensor::Tensor;
/// use cam_core::{Capture, Error, Explanation, Network, Target, methods::Rise};
///
/// static STOP: AtomicBool = AtomicBool::new(false);
///
/// fn follow(done: usize, total: usize) -> ControlFlow<()> {
///     eprintln!("{done} of {total}");
///     if STOP.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// }
///
/// fn explain(network: &dyn Network, image: Tensor<4>, target: &dyn Target) -> Result<Explanation, Error> {
///     let capture = Capture::new(network, image, &[network.last_layer()?])?.with_progress(&follow);
///     capture.explain(&Rise::default(), target)
/// }
/// ```
pub trait Progress: Send + Sync {
    /// `done` of `total` equal steps are done: whether to go on.
    ///
    /// It is called before the first step and after each batch of steps, last with `done == total`.
    /// Where a method is asked at several layers, each layer counts from zero.
    fn step(&self, done: usize, total: usize) -> ControlFlow<()>;
}

impl<F: Fn(usize, usize) -> ControlFlow<()> + Send + Sync> Progress for F {
    fn step(&self, done: usize, total: usize) -> ControlFlow<()> {
        self(done, total)
    }
}

/// Counts the steps of one method: from [`View::steps`](crate::View::steps).
pub struct Steps<'a> {
    progress: Option<&'a dyn Progress>,
    done: usize,
    total: usize,
}

impl<'a> Steps<'a> {
    pub(crate) fn begin(progress: Option<&'a dyn Progress>, total: usize) -> Result<Self, Error> {
        let mut steps = Self { progress, done: 0, total };
        steps.advance(0)?;
        Ok(steps)
    }

    /// So many more steps are done.
    ///
    /// # Errors
    /// [`Error::Cancelled`] where the work is to stop: return it at once.
    pub fn advance(&mut self, count: usize) -> Result<(), Error> {
        self.done += count;
        match self.progress.map(|progress| progress.step(self.done, self.total)) {
            Some(ControlFlow::Break(())) => {
                Err(Error::Cancelled { done: self.done, total: self.total })
            }
            _ => Ok(()),
        }
    }
}
