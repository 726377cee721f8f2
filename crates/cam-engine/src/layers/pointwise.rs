//! Steps that work on each pixel and channel by itself.

use super::Run;
use super::activated::Curve;
use crate::kernels::pointwise::{Function, Operand, PointwiseTile};
use crate::layout::CHANNELS;
use crate::pool::Worker;
use crate::workspace::{Place, Workspace};

/// A function of up to three operands of the output's shape; all are padded to whole vectors.
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
    /// A slope per channel.
    Slopes(Curve),
}

impl Pointwise {
    /// An activation's values.
    pub(crate) fn activation(curve: Curve, input: Place, output: Place) -> Self {
        let (function, slopes) = (Function::Value(curve.curve), Source::Slopes(curve));
        let operands = [Source::Value(input), slopes.clone(), slopes];
        Self { function, operands, output }
    }

    /// Gradients behind an activation, in whose place those in front of it are written; `saved` is what
    /// the activation's derivative is known by.
    pub(crate) fn derivative(curve: Curve, gradient: Place, saved: Place, guided: bool) -> Self {
        let function = Function::Derivative(curve.curve, guided);
        let sources = [Source::Value(gradient), Source::Saved(saved), Source::Slopes(curve)];
        Self { function, operands: sources, output: gradient }
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
            let image = image / (images / place.layout.images());
            let row = workspace.origin(place.buffer).wrapping_add(place.layout.at(image, y, 0));
            Operand { start: row.cast_const(), pixel: place.layout.pixel }
        };
        match self {
            Self::Value(place) => at(*place, run.workspace),
            Self::Saved(place) => at(*place, run.saved()),
            Self::Slopes(curve) => curve.slopes(0),
        }
    }
}
