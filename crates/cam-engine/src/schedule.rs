//! Layers in order, and the memory they work in.

use std::sync::{Mutex, PoisonError};

use crate::kernels::Kernels;
use crate::layers::transfer::Output;
use crate::layers::{Layer, Run, border};
use crate::pool::{Pool, Worker};
use crate::workspace::{Place, Workspace};

/// A layer, and the activation whose border must be zeroed before.
pub(crate) type Scheduled = (Layer, Option<Place>);

/// What is run in one region of the pool, a barrier behind every layer.
pub(crate) struct Schedule {
    layers: Vec<Scheduled>,
    /// Floats of every buffer.
    lengths: Vec<usize>,
    /// Floats of scratch that the neediest layer wants.
    scratch: usize,
    /// Numbers of every output of a run.
    outputs: Vec<usize>,
    /// Memory of the last run, for the next one.
    spare: Mutex<Option<Workspace>>,
}

/// What a run is given.
#[derive(Clone, Copy)]
pub(crate) struct RunInput<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) kernels: &'static Kernels,
    pub(crate) input: &'a [f32],
    /// What a recorded run left, where a gradient is pulled back through it.
    pub(crate) saved: Option<&'a Workspace>,
}

impl Schedule {
    /// For buffers of those lengths, and so many numbers of every output.
    pub(crate) fn new(
        layers: Vec<Scheduled>,
        lengths: Vec<usize>,
        outputs: Vec<usize>,
        threads: usize,
    ) -> Self {
        let scratch = layers.iter().map(|(layer, _)| match layer {
            Layer::Winograd(layer) => layer.scratch_len(threads),
            Layer::Direct(layer) => layer.scratch_len(threads),
            Layer::DirectDepthwise(layer) => layer.scratch_len(threads),
            Layer::Attend(layer) => layer.scratch_len(threads),
            _ => 0,
        });
        let scratch = scratch.max().unwrap_or(0);
        Self { layers, lengths, scratch, outputs, spare: Mutex::default() }
    }

    /// Buffers, scratch included.
    pub(crate) fn buffers(&self) -> usize {
        self.lengths.len() + usize::from(self.scratch > 0)
    }

    /// Bytes that a run works in.
    pub(crate) fn bytes(&self) -> usize {
        (self.lengths.iter().sum::<usize>() + self.scratch) * size_of::<f32>()
    }

    /// Runs all layers and gives the outputs. Every worker calls `watch` behind every layer.
    pub(crate) fn run(
        &self,
        given: RunInput<'_>,
        watch: &(dyn Fn(&Worker<'_>) + Sync),
    ) -> Vec<Vec<f32>> {
        // Held meanwhile: runs take turns, and need no memory of their own while they wait.
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let workspace = spare.take().unwrap_or_else(|| Workspace::new(&self.lengths, self.scratch));
        let output = self.run_in(&workspace, given, watch);
        *spare = Some(workspace);
        output
    }

    /// Runs all layers and gives the memory away as the run left it.
    pub(crate) fn record(&self, given: RunInput<'_>) -> (Vec<Vec<f32>>, Workspace) {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        let workspace = spare.unwrap_or_else(|| Workspace::new(&self.lengths, self.scratch));
        (self.run_in(&workspace, given, &|_| {}), workspace)
    }

    /// Takes the memory of a recorded run back for the next one.
    pub(crate) fn recycle(&self, workspace: Workspace) {
        *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(workspace);
    }

    /// A run that panics drops its memory: borders may not be what the next run expects.
    fn run_in(
        &self,
        workspace: &Workspace,
        RunInput { pool, kernels, input, saved }: RunInput<'_>,
        watch: &(dyn Fn(&Worker<'_>) + Sync),
    ) -> Vec<Vec<f32>> {
        let mut given: Vec<Vec<f32>> = self.outputs.iter().map(|&len| vec![0.0; len]).collect();
        let outputs: Vec<Output<'_>> = given.iter_mut().map(|output| Output::new(output)).collect();
        let run = Run { workspace, saved, kernels, input, outputs: &outputs };
        pool.run(&|worker| {
            for (layer, clear) in &self.layers {
                if let Some(place) = clear {
                    border::clear(*place, &run, worker);
                }
                layer.run(&run, worker)?;
                worker.wait()?;
                watch(worker);
            }
            Ok(())
        });
        given
    }
}
