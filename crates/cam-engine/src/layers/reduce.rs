//! Means and sums over windows: average pools, and what comes back to a factor that all positions share.

use super::Run;
use crate::Operation;
use crate::kernels::reduce::{Area, ReduceTile};
use crate::layout::CHANNELS;
use crate::partition::parts;
use crate::pool::Worker;
use crate::windows::Windows;
use crate::workspace::Place;

/// Channels that one call works on: more of them would leave threads without any where one pixel comes
/// out.
const BLOCK: usize = 4 * CHANNELS;

/// What a window's sum is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Divisor {
    /// Nothing.
    One,
    /// Pixels of the image.
    Inside,
    /// Pixels of the image and of the border around it.
    Bordered,
    /// So many pixels, of which sums are read.
    Pixels(usize),
}

impl Divisor {
    /// An average pool's.
    pub(crate) fn of(pool: &Operation) -> Self {
        match pool {
            Operation::AveragePool { include_border: true, .. } => Self::Bordered,
            _ => Self::Inside,
        }
    }

    /// What a sum over one window of an image of `[height, width]` is multiplied with.
    pub(super) fn factor(self, windows: &Windows, window: [usize; 2], size: [usize; 2]) -> f32 {
        let [rows, columns] = match self {
            Self::One => return 1.0,
            Self::Pixels(pixels) => return 1.0 / pixels as f32,
            Self::Inside => windows.inside(window, size),
            Self::Bordered => windows.inside_border(window, size),
        };
        1.0 / (rows.len() * columns.len()) as f32
    }
}

/// Sums over windows, which are clipped to the image.
pub(crate) struct Reduce {
    pub(crate) windows: Windows,
    pub(crate) divisor: Divisor,
    pub(crate) input: Place,
    /// What the input is multiplied with before: what a recorded run left.
    pub(crate) saved: Option<Place>,
    /// Whether the sums are added to what is there.
    pub(crate) adds: bool,
    pub(crate) output: Place,
}

impl Reduce {
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let (input, output) = (self.input.layout, self.output.layout);
        let size = [input.height(), input.width()];
        let channels = output.channels().next_multiple_of(CHANNELS);
        let blocks = parts(0..channels / CHANNELS, BLOCK / CHANNELS);
        let count = blocks.len();
        for unit in worker.share(output.images() * output.height() * count) {
            let block = blocks.clone().nth(unit % count).unwrap_or_default();
            let (row, channel) = (unit / count, block.start * CHANNELS);
            let (image, y) = (row / output.height(), row % output.height());
            for x in 0..output.width() {
                let [ys, xs] = self.windows.inside([y, x], size);
                let first = input.at(image, ys.start, xs.start) + channel;
                let area = |place: Place, origin: *mut f32, start: usize| Area {
                    start: origin.wrapping_add(start).cast_const(),
                    row: place.layout.row(),
                    pixel: place.layout.pixel,
                };
                let origin = run.workspace.origin(self.input.buffer);
                let saved = self.saved.map_or(Area::NONE, |saved| {
                    let image = image / (input.images() / saved.layout.images());
                    let first = saved.layout.at(image, ys.start, xs.start) + channel;
                    area(saved, run.saved().origin(saved.buffer), first)
                });
                let to = output.at(image, y, x) + channel;
                let tile = ReduceTile {
                    operands: [area(self.input, origin, first), saved],
                    rows: ys.len(),
                    columns: xs.len(),
                    channels: block.len() * CHANNELS,
                    factor: self.divisor.factor(&self.windows, [y, x], size),
                    adds: self.adds,
                    output: run.workspace.origin(self.output.buffer).wrapping_add(to),
                };
                // SAFETY: the window is clipped to the image, whose buffer has slack for a last vector of
                // channels; output pixels are padded to whole vectors, no other thread writes these
                // channels of them, and recorded values are not written any more.
                unsafe { (run.kernels.reduce)(&tile) }
            }
        }
    }
}
