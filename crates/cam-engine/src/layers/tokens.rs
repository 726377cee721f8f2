//! Pixels in one column, behind others that are constant, and positions added.

use super::Run;
use crate::buffer::Buffer;
use crate::kernels::pointwise::{Function, Operand, PointwiseTile};
use crate::layout::CHANNELS;
use crate::pool::Worker;
use crate::workspace::Place;

/// What every token is given besides its pixel.
pub(crate) struct Column {
    /// What is constant of each token, padded to whole vectors.
    constants: Buffer,
    /// A pixel of zeros.
    nothing: Buffer,
    /// Tokens in front of the pixels.
    before: usize,
    input: Place,
    output: Place,
}

impl Column {
    pub(crate) fn new(tokens: &crate::Tokens, input: Place, output: Place) -> Self {
        let (channels, count) = (output.layout.channels(), output.layout.height());
        let padded = channels.next_multiple_of(CHANNELS);
        let mut constants = Buffer::zeroed(count * padded);
        for (token, row) in constants.as_mut_slice().chunks_mut(padded).enumerate() {
            for (channel, sum) in row[..channels].iter_mut().enumerate() {
                let of = |numbers: &[f32]| numbers.get(token * channels + channel).copied();
                *sum = match (of(&tokens.prefix), of(&tokens.positions)) {
                    (Some(own), Some(position)) => own + position,
                    (own, position) => own.or(position).unwrap_or(0.0),
                };
            }
        }
        let before = tokens.prefix.len() / channels;
        Self { constants, nothing: Buffer::zeroed(padded), before, input, output }
    }

    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let (input, output) = (self.input.layout, self.output.layout);
        let padded = output.channels().next_multiple_of(CHANNELS);
        let count = output.height();
        for index in worker.share(output.images() * count) {
            let (image, token) = (index / count, index % count);
            let operand = |start: *const f32| Operand { start, pixel: 0 };
            let own = match token.checked_sub(self.before) {
                None => self.nothing.start().cast_const(),
                Some(pixel) => {
                    let (y, x) = (pixel / input.width(), pixel % input.width());
                    let origin = run.workspace.origin(self.input.buffer);
                    origin.wrapping_add(input.at(image, y, x)).cast_const()
                }
            };
            let constant =
                operand(self.constants.start().wrapping_add(token * padded).cast_const());
            let to = run.workspace.origin(self.output.buffer);
            let tile = PointwiseTile {
                function: Function::Add,
                operands: [operand(own), constant, constant],
                output: to.wrapping_add(output.at(image, token, 0)),
                pixel: 0,
                pixels: 1,
                channels: padded,
            };
            // SAFETY: the pixel lies in the input, whose channels are padded to whole vectors like those
            // of the output and the constants; no other thread writes this token.
            unsafe { (run.kernels.pointwise)(&tile) }
        }
    }
}
