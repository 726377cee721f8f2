use std::sync::Arc;

use super::{Epilogue, Input, Run};
use crate::kernels::depthwise::{Beside, DepthwiseTile};
use crate::packed::Channels;
use crate::pool::Worker;
use crate::windows::Windows;

/// A depthwise convolution.
pub(crate) struct Depthwise {
    pub(crate) weights: Arc<Channels>,
    pub(crate) input: Input,
    /// Windows of a row.
    pub(crate) width: usize,
    pub(crate) beside: Option<Beside>,
    pub(crate) epilogue: Epilogue,
}

impl Depthwise {
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let bias = self.weights.bias.as_slice().as_ptr();
        let share = worker.share(self.input.windows.len());
        let mut start = share.start;
        while start < share.end {
            // Windows of one row.
            let end = share.end.min((start / self.width + 1) * self.width);
            let arguments = DepthwiseTile {
                input: self.input.windows.read(run.workspace, start, 0),
                taps: self.input.taps.as_ptr(),
                tap_count: self.input.taps.len(),
                weights: self.weights.weights.as_slice().as_ptr(),
                tap: self.weights.channels,
                channels: self.weights.channels,
                sums: self.epilogue.sums(run.workspace, bias, start, 0),
                beside: self.beside,
            };
            // SAFETY: the tables were checked against their buffers when they were made, the
            // weights hold a row per tap, and no other thread writes these pixels.
            unsafe { (run.kernels.depthwise)(end - start, &arguments) }
            // SAFETY: as above.
            unsafe { self.epilogue.activate(run, start..end, 0, self.weights.channels) }
            start = end;
        }
    }
}

/// How a convolution's windows lie beside each other over pixels so many floats apart.
pub(crate) fn beside(windows: &Windows, pixel: usize) -> Option<Beside> {
    let is_dense = windows.dilation[1] == 1;
    let [columns, stride] = [windows.kernel[1], windows.stride[1]];
    is_dense.then_some(Beside { pixel, columns, stride })
}
