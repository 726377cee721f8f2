//! The way back through a mean: each gradient goes to all pixels of its window.

use super::Run;
use super::reduce::Divisor;
use crate::kernels::pointwise::{Function, Operand, PointwiseTile};
use crate::layout::CHANNELS;
use crate::pool::Worker;
use crate::windows::Windows;
use crate::workspace::Place;

/// Channels that a thread works on at a time.
const BLOCK: usize = 2 * CHANNELS;

/// Gradients behind windows, added to those of the pixels that the windows read.
pub(crate) struct Spread {
    pub(crate) windows: Windows,
    pub(crate) divisor: Divisor,
    pub(crate) gradient: Place,
    pub(crate) output: Place,
}

impl Spread {
    /// Windows overlap, so that threads share channels and not rows.
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let (gradient, output) = (self.gradient.layout, self.output.layout);
        let size = [output.height(), output.width()];
        let channels = output.channels().next_multiple_of(CHANNELS);
        let blocks = channels.div_ceil(BLOCK);
        for block in worker.share(output.images() * blocks) {
            let (image, channel) = (block / blocks, block % blocks * BLOCK);
            for window in 0..gradient.height() * gradient.width() {
                let [y, x] = [window / gradient.width(), window % gradient.width()];
                let [ys, xs] = self.windows.inside([y, x], size);
                let factor = [self.divisor.factor(&self.windows, [y, x], size); BLOCK];
                let origin = run.workspace.origin(self.gradient.buffer);
                let from = origin.wrapping_add(gradient.at(image, y, x) + channel).cast_const();
                for y in ys {
                    let origin = run.workspace.origin(self.output.buffer);
                    let to = origin.wrapping_add(output.at(image, y, xs.start) + channel);
                    let tile = PointwiseTile {
                        function: Function::MultiplyAdd,
                        operands: [
                            Operand { start: from, pixel: 0 },
                            Operand { start: factor.as_ptr(), pixel: 0 },
                            Operand { start: to.cast_const(), pixel: output.pixel },
                        ],
                        output: to,
                        pixel: output.pixel,
                        pixels: xs.len(),
                        channels: BLOCK.min(channels - channel),
                    };
                    // SAFETY: the window is clipped to the image, whose pixels are padded to whole
                    // vectors; only this thread touches these channels of this image.
                    unsafe { (run.kernels.pointwise)(&tile) }
                }
            }
        }
    }
}
