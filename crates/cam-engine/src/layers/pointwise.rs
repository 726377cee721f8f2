//! Steps that work on each pixel and channel by itself.

use std::sync::Arc;

use super::Run;
use super::activated::Curve;
use crate::ScaleShift;
use crate::buffer::Buffer;
use crate::kernels::pointwise::{Function, Operand, PointwiseTile};
use crate::layout::CHANNELS;
use crate::pool::Worker;
use crate::workspace::{Place, Workspace};

/// A function of up to three operands of the output's shape, or of one pixel; all are padded to whole
/// vectors.
pub(crate) struct Pointwise {
    pub(crate) function: Function,
    pub(crate) operands: [Source; 3],
    pub(crate) output: Place,
}

/// Where an operand comes from.
#[derive(Clone)]
pub(crate) enum Source {
    /// A value of this run; the output may be the same.
    Value(Place),
    /// A value that a recorded run left; several images here may belong to one of there.
    Saved(Place),
    /// A number per channel.
    Channels(PerChannel),
}

/// A number for each channel, the same at every pixel; padded to whole vectors.
#[derive(Clone)]
pub(crate) struct PerChannel(Arc<Buffer>);

impl PerChannel {
    /// Those numbers, followed by zeros up to so many channels.
    pub(crate) fn new(numbers: &[f32], channels: usize) -> Self {
        let mut padded = Buffer::zeroed(channels.next_multiple_of(CHANNELS));
        padded.as_mut_slice()[..numbers.len()].copy_from_slice(numbers);
        Self(Arc::new(padded))
    }

    /// The numbers from a channel on.
    pub(crate) fn operand(&self, channel: usize) -> Operand {
        Operand { start: self.0.start().wrapping_add(channel).cast_const(), pixel: 0 }
    }
}

impl Pointwise {
    /// An activation's values.
    pub(crate) fn activation(curve: Curve, input: Place, output: Place) -> Self {
        let (function, slopes) = (Function::Value(curve.curve), Source::Channels(curve.slopes));
        let operands = [Source::Value(input), slopes.clone(), slopes];
        Self { function, operands, output }
    }

    /// Gradients behind an activation, in whose place those in front of it are written; `saved` is what
    /// the activation's derivative is known by.
    pub(crate) fn derivative(curve: Curve, gradient: Place, saved: Place, guided: bool) -> Self {
        let function = Function::Derivative(curve.curve, guided);
        let sources =
            [Source::Value(gradient), Source::Saved(saved), Source::Channels(curve.slopes)];
        Self { function, operands: sources, output: gradient }
    }

    /// The sum or product of two values.
    pub(crate) fn of_two(function: Function, operands: [Place; 2], output: Place) -> Self {
        let [a, b] = operands.map(Source::Value);
        Self { function, operands: [a, b.clone(), b], output }
    }

    /// input·scale + shift.
    pub(crate) fn scale_shift(step: &ScaleShift, input: Place, output: Place) -> Self {
        let channels = output.layout.channels();
        let numbers = |numbers: &[f32]| Source::Channels(PerChannel::new(numbers, channels));
        let sources = [Source::Value(input), numbers(&step.scale), numbers(&step.shift)];
        Self { function: Function::MultiplyAdd, operands: sources, output }
    }

    /// Gradients times a factor, added to the output.
    pub(crate) fn add_product(gradient: Place, factor: Source, output: Place) -> Self {
        let operands = [Source::Value(gradient), factor, Source::Value(output)];
        Self { function: Function::MultiplyAdd, operands, output }
    }

    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let layout = self.output.layout;
        for row in worker.share(layout.images() * layout.height()) {
            let (image, y) = (row / layout.height(), row % layout.height());
            let operand = |source: &Source| source.operand(run, image, y, layout.images());
            let output = run.workspace.origin(self.output.buffer);
            let tile = PointwiseTile {
                function: self.function,
                operands: self.operands.each_ref().map(operand),
                output: output.wrapping_add(layout.at(image, y, 0)),
                pixel: layout.pixel,
                pixels: layout.width(),
                channels: layout.channels().next_multiple_of(CHANNELS),
            };
            // SAFETY: all operands have this row, of pixels padded to whole vectors; no other thread
            // writes it, and recorded values are not written any more.
            unsafe { (run.kernels.pointwise)(&tile) }
        }
    }
}

impl Source {
    /// A row of an image, of which there are so many.
    fn operand(&self, run: &Run<'_>, image: usize, y: usize, images: usize) -> Operand {
        let at = |place: Place, workspace: &Workspace| {
            let layout = place.layout;
            let image = image / (images / layout.images());
            // A single pixel is read by all.
            let is_one = layout.height() * layout.width() == 1;
            let (y, pixel) = if is_one { (0, 0) } else { (y, layout.pixel) };
            let row = workspace.origin(place.buffer).wrapping_add(layout.at(image, y, 0));
            Operand { start: row.cast_const(), pixel }
        };
        match self {
            Self::Value(place) => at(*place, run.workspace),
            Self::Saved(place) => at(*place, run.saved()),
            Self::Channels(numbers) => numbers.operand(0),
        }
    }
}
