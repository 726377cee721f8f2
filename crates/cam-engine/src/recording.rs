use std::sync::Arc;

use crate::backward::AdjointRun;
use crate::program::Program;
use crate::workspace::Workspace;
use crate::{Engine, Error, Output};

/// A run whose activations are saved, so that gradients can be pulled back through it.
///
/// Made by [`Engine::record`]. It holds the memory of all activations of its segment.
pub struct Recording<'a> {
    engine: &'a Engine,
    /// The program and what its run left; none for an empty segment.
    saved: Option<(Arc<Program>, Option<Workspace>)>,
    output: Output,
}

impl<'a> Recording<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        saved: Option<(Arc<Program>, Workspace)>,
        output: Output,
    ) -> Self {
        let saved = saved.map(|(program, workspace)| (program, Some(workspace)));
        Self { engine, saved, output }
    }

    /// What the run gave.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Pulls `questions` gradients per image back from what the segment gave to what it was given:
    /// ∂s/∂output to ∂s/∂input.
    ///
    /// # Shapes
    /// `[n · questions, c, h, w]` of the output, those of an image behind one another, to
    /// `[n · questions, c', h', w']` of the input.
    ///
    /// # Errors
    /// If there are not as many numbers as that, or none.
    ///
    /// # Examples
    /// ```
    /// # use cam_engine::{Activation, Convolution, Engine, Graph, Operation, Options, Padding, Step};
    /// // y = 2·x, for each pixel by itself.
    /// let twice = Convolution {
    ///     inputs: 1,
    ///     outputs: 1,
    ///     kernel: [1, 1],
    ///     stride: [1, 1],
    ///     dilation: [1, 1],
    ///     padding: Padding::Each(0),
    ///     groups: 1,
    ///     weight: vec![2.0],
    ///     bias: vec![0.0],
    ///     residual: None,
    ///     activation: Activation::Identity,
    /// };
    /// let graph = Graph { steps: vec![Step { input: 0, operation: Operation::Convolution(twice) }] };
    /// let engine = Engine::new(graph, Options::default())?;
    /// let recording = engine.record(0..1, &[3.0, 4.0], [1, 1, 1, 2])?;
    /// assert_eq!(recording.output().values, [6.0, 8.0]);
    /// // Two questions about the one image: ∂s/∂y is (1, 0) for the first and (0, 5) for the second.
    /// let gradients = recording.pull_back(&[1.0, 0.0, 0.0, 5.0], 2)?;
    /// assert_eq!((gradients.shape, gradients.values), ([2, 1, 1, 2], vec![2.0, 0.0, 0.0, 10.0]));
    /// # Ok::<(), cam_engine::Error>(())
    /// ```
    pub fn pull_back(&self, gradients: &[f32], questions: usize) -> Result<Output, Error> {
        self.pull(gradients, AdjointRun { questions, guided: false })
    }

    /// The same by guided backpropagation: what is negative is dropped wherever a gradient reaches
    /// an activation from behind (Springenberg et al., arXiv 1412.6806).
    ///
    /// # Shapes
    /// As for [`pull_back`](Self::pull_back).
    ///
    /// # Errors
    /// As for [`pull_back`](Self::pull_back).
    pub fn pull_back_guided(&self, gradients: &[f32], questions: usize) -> Result<Output, Error> {
        self.pull(gradients, AdjointRun { questions, guided: true })
    }

    fn pull(&self, gradients: &[f32], pull: AdjointRun) -> Result<Output, Error> {
        let [images, channels, height, width] = self.output.shape;
        let shape = [images * pull.questions, channels, height, width];
        crate::engine::check_input(gradients, shape)?;
        let Some((program, Some(workspace))) = &self.saved else {
            return Ok(Output { values: gradients.to_vec(), shape });
        };
        self.engine.pull_back(program, workspace, gradients, pull)
    }
}

impl Drop for Recording<'_> {
    /// The memory serves the next run.
    fn drop(&mut self) {
        if let Some((program, workspace)) = &mut self.saved
            && let Some(workspace) = workspace.take()
        {
            program.schedule().recycle(workspace);
        }
    }
}
