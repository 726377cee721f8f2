use std::sync::Arc;

use super::{Epilogue, Input, Run};
use crate::kernels::depthwise::DepthwiseTile;
use crate::packed::Channels;
use crate::partition::parts;
use crate::pool::Worker;

/// A depthwise convolution.
pub(crate) struct Depthwise {
    pub(crate) weights: Arc<Channels>,
    pub(crate) input: Input,
    pub(crate) epilogue: Epilogue,
}

impl Depthwise {
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let bias = self.weights.bias.as_slice().as_ptr();
        for tile in parts(worker.share(self.input.windows.len()), run.kernels.rows) {
            let arguments = DepthwiseTile {
                input: self.input.windows.read(run.workspace, tile.start, 0),
                taps: self.input.taps.as_ptr(),
                tap_count: self.input.taps.len(),
                weights: self.weights.weights.as_slice().as_ptr(),
                channels: self.weights.channels,
                sums: self.epilogue.sums(run.workspace, bias, tile.start, 0),
            };
            // SAFETY: the tables were checked against their buffers when they were made, the
            // weights hold a row per tap, and no other thread writes these pixels.
            unsafe { (run.kernels.depthwise)(tile.len(), &arguments) }
            // SAFETY: as above.
            unsafe { self.epilogue.activate(run, tile, 0, self.weights.channels) }
        }
    }
}
