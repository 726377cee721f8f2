use std::sync::Arc;

use super::{Epilogue, Input, Run};
use crate::kernels::grouped::GroupedTile;
use crate::packed::Groups;
use crate::partition::parts;
use crate::pool::Worker;

/// A convolution in groups narrower than a vector.
pub(crate) struct Grouped {
    pub(crate) weights: Arc<Groups>,
    pub(crate) input: Input,
    pub(crate) epilogue: Epilogue,
}

impl Grouped {
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let bias = self.weights.bias.as_slice().as_ptr();
        for tile in parts(worker.share(self.input.windows.len()), run.kernels.rows) {
            for lanes in &self.weights.list {
                let arguments = GroupedTile {
                    input: self.input.windows.read(run.workspace, tile.start, lanes.input),
                    taps: self.input.taps.as_ptr(),
                    tap_count: self.input.taps.len(),
                    depth: self.weights.depth,
                    lanes: lanes.lanes.as_ptr(),
                    adjacent: lanes.adjacent,
                    weights: self.weights.weights.as_slice()[lanes.start..].as_ptr(),
                    sums: self.epilogue.sums(run.workspace, bias, tile.start, lanes.output),
                };
                // SAFETY: the tables were checked against their buffers when they were made, the
                // weights hold a row per tap and channel, the lanes' inputs are channels that
                // exist, and no other thread writes these pixels.
                unsafe { (run.kernels.grouped)(tile.len(), &arguments) }
            }
            // SAFETY: as above.
            unsafe { self.epilogue.activate(run, tile, 0, self.weights.bias.len()) }
        }
    }
}
