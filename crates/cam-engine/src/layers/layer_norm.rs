//! Layer norm over the channels of every pixel.

use super::Run;
use super::pointwise::PerChannel;
use crate::kernels::layer_norm::NormTile;
use crate::pool::Worker;
use crate::workspace::Place;

/// Every pixel by itself.
pub(crate) struct Norm {
    scale: PerChannel,
    shift: PerChannel,
    epsilon: f32,
    input: Place,
    output: Place,
}

impl Norm {
    pub(crate) fn new(norm: &crate::LayerNorm, input: Place, output: Place) -> Self {
        let channels = output.layout.channels();
        let numbers = |numbers: &[f32]| PerChannel::new(numbers, channels);
        let (scale, shift) = (numbers(&norm.scale), numbers(&norm.shift));
        Self { scale, shift, epsilon: norm.epsilon, input, output }
    }

    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let (input, output) = (self.input.layout, self.output.layout);
        let [from, to] = [self.input, self.output].map(|place| run.workspace.origin(place.buffer));
        for pixel in worker.share(output.pixels()) {
            let [image, y, x] = output.position(pixel);
            let tile = NormTile {
                input: from.wrapping_add(input.at(image, y, x)).cast_const(),
                scale: self.scale.operand(0).start,
                shift: self.shift.operand(0).start,
                output: to.wrapping_add(output.at(image, y, x)),
                channels: output.channels(),
                epsilon: self.epsilon,
            };
            // SAFETY: the pixel lies in both places, padded to whole vectors as are scale and shift; no
            // other thread writes it.
            unsafe { (run.kernels.norm)(&tile) }
        }
    }
}
