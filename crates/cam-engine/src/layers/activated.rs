//! The activation behind a convolution's sums, where bounds do not make it.

use super::Run;
use super::pointwise::PerChannel;
use crate::Activation;
use crate::kernels::curves::{
    Clamp, Gelu, GeluTanh, HardSigmoid, HardSwish, Rectifier, Sigmoid, Swish, Tanh,
};
use crate::kernels::pointwise::{AnyCurve, Function, Operand, PointwiseTile};
use crate::workspace::Place;

/// An activation as kernels want it.
#[derive(Clone)]
pub(crate) struct Curve {
    pub(crate) curve: AnyCurve,
    /// A slope per channel; for one that has none any numbers.
    pub(crate) slopes: PerChannel,
}

impl Curve {
    /// For values of so many channels.
    pub(crate) fn new(activation: &Activation, channels: usize) -> Self {
        let slopes = match activation {
            Activation::LeakyRelu { slope } => &vec![*slope; channels],
            _ => activation.slopes(),
        };
        Self { curve: curve(activation), slopes: PerChannel::new(slopes, channels) }
    }
}

fn curve(activation: &Activation) -> AnyCurve {
    match *activation {
        Activation::Identity | Activation::Relu | Activation::Relu6 | Activation::Clip { .. } => {
            let (low, high) = activation.bounds().expect("these are bounds");
            AnyCurve::Clamp(Clamp(low, high))
        }
        Activation::LeakyRelu { .. } | Activation::PRelu { .. } => AnyCurve::Rectifier(Rectifier),
        Activation::Sigmoid => AnyCurve::Sigmoid(Sigmoid),
        Activation::Swish { beta } => AnyCurve::Swish(Swish(beta)),
        Activation::HardSwish => AnyCurve::HardSwish(HardSwish),
        Activation::HardSigmoid { slope, offset } => {
            AnyCurve::HardSigmoid(HardSigmoid(slope, offset))
        }
        Activation::Tanh => AnyCurve::Tanh(Tanh),
        Activation::Gelu => AnyCurve::Gelu(Gelu),
        Activation::GeluTanh => AnyCurve::GeluTanh(GeluTanh),
    }
}

/// What becomes of sums that a thread has just written, while they are near.
pub(crate) struct Activated {
    pub(crate) curve: Curve,
    /// Where the sums lie.
    pub(crate) sums: Place,
    /// Where what the activation gives goes; the same place unless the sums are saved.
    pub(crate) output: Place,
}

impl Activated {
    /// The activation of pixels of a row from `x` on and `channels` channels, a multiple of 16, from
    /// `channel` on.
    ///
    /// # Safety
    /// The pixels and channels lie in both places, and no other thread touches them now.
    pub(super) unsafe fn run(
        &self,
        run: &Run<'_>,
        [image, y, x]: [usize; 3],
        pixels: usize,
        channel: usize,
        channels: usize,
    ) {
        let at = |place: Place| {
            let offset = place.layout.at(image, y, x) + channel;
            run.workspace.origin(place.buffer).wrapping_add(offset)
        };
        let sums = Operand { start: at(self.sums).cast_const(), pixel: self.sums.layout.pixel };
        let slopes = self.curve.slopes.operand(channel);
        let tile = PointwiseTile {
            function: Function::Value(self.curve.curve),
            operands: [sums, slopes, slopes],
            output: at(self.output),
            pixel: self.output.layout.pixel,
            pixels,
            channels,
        };
        // SAFETY: the caller's promise; slopes are padded to whole vectors.
        unsafe { (run.kernels.pointwise)(&tile) }
    }

    /// The same for pixels that are counted through all rows and images.
    ///
    /// # Safety
    /// As for [`run`](Self::run).
    pub(super) unsafe fn run_pixels(
        &self,
        run: &Run<'_>,
        pixels: std::ops::Range<usize>,
        channel: usize,
        channels: usize,
    ) {
        let (height, width) = (self.output.layout.height(), self.output.layout.width());
        let mut pixel = pixels.start;
        while pixel < pixels.end {
            let (row, x) = (pixel / width, pixel % width);
            let count = (width - x).min(pixels.end - pixel);
            // SAFETY: the caller's promise; a row's pixels lie one behind another.
            unsafe { self.run(run, [row / height, row % height, x], count, channel, channels) };
            pixel += count;
        }
    }
}
