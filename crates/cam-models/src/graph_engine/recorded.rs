//! Runs that the engine kept.

use burn::tensor::{Device, Tensor};
use cam_engine as engine;

use super::form::{tensor, values};
use super::refused;

/// A run that the engine kept.
pub(crate) struct Recorded<'a> {
    recording: engine::Recording<'a>,
    device: Device,
}

impl<'a> Recorded<'a> {
    pub(super) fn new(recording: engine::Recording<'a>, device: Device) -> Self {
        Self { recording, device }
    }

    /// What the run gave, `[n, c, h, w]`.
    pub(crate) fn output(&self) -> Tensor<4> {
        tensor(self.recording.output().clone(), &self.device)
    }

    /// ∂s/∂output to ∂s/∂input, for k questions per image.
    ///
    /// # Shapes
    /// `[n · k, c, h, w]` of the output, those of an image behind one another, to `[n · k, c', h', w']` of the input.
    pub(crate) fn pull_back(&self, gradients: Tensor<4>, questions: usize) -> Tensor<4> {
        let gradients = self.recording.pull_back(&values(gradients), questions);
        tensor(gradients.unwrap_or_else(refused), &self.device)
    }

    /// The same by guided backpropagation, which drops what is negative at every activation.
    pub(crate) fn pull_back_guided(&self, gradients: Tensor<4>, questions: usize) -> Tensor<4> {
        let gradients = self.recording.pull_back_guided(&values(gradients), questions);
        tensor(gradients.unwrap_or_else(refused), &self.device)
    }
}
