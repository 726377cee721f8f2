//! Dense convolution as a product of pixels and panels of weights, without an intermediate copy.

use std::ops::Range;
use std::sync::Arc;

use super::{Epilogue, Input, Run};
use crate::buffer::Buffer;
use crate::kernels::Pixels;
use crate::kernels::panel::{PanelTile, Source};
use crate::packed::{Panel, Panels, WIDTH};
use crate::partition::parts;
use crate::pool::Worker;
use crate::workspace::OffsetTable;

/// Bytes of input, output and residual that a block of pixels may touch: all panels pass over
/// one block before the next, and it should stay in the second-level cache meanwhile.
const BLOCK_BYTES: usize = 256 << 10;

/// Bytes of weights in one go; a longer panel is cut into groups of taps, and partial sums wait
/// in the output.
const SLICE_BYTES: usize = 256 << 10;

/// A convolution by panels, perhaps with a shortcut's projection added in.
pub(crate) struct Direct {
    pub(crate) weights: Arc<Panels>,
    pub(crate) input: Input,
    pub(crate) projection: Option<Projection>,
    pub(crate) epilogue: Epilogue,
    pub(crate) split: Split,
    /// Bytes that one pixel touches.
    pub(crate) pixel_bytes: usize,
}

/// A 1×1 convolution of another value whose result would only be added to this one.
pub(crate) struct Projection {
    pub(crate) weights: Arc<Panels>,
    pub(crate) windows: OffsetTable,
    /// Both biases, added.
    pub(crate) bias: Buffer,
}

/// What each thread gets a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    /// All channels of some pixels.
    Pixels,
    /// Some channels of all pixels.
    Channels,
}

impl Split {
    /// A thread reads all of what is not split. So weights are split where they are the larger
    /// part; the output of a convolution that widens counts twice, since the next layer splits
    /// its residual by pixels and finds it in the same core's cache.
    pub(crate) fn choose(panels: &Panels, input: usize, output: usize, threads: usize) -> Self {
        let weights = panels.weights.len();
        let activations = input + if output > input { 2 * output } else { output };
        if weights * 4 > activations * 5 && panels.list.len() >= threads.max(2) {
            Self::Channels
        } else {
            Self::Pixels
        }
    }
}

/// The only tap of a 1×1 convolution.
pub(super) static FIRST_TAP: [u32; 1] = [0];

/// The bias of sums that go on.
pub(super) static ZEROS: [f32; WIDTH] = [0.0; WIDTH];

/// The part of a panel's reduction that runs in one go.
#[derive(Clone)]
struct Slice {
    taps: Range<usize>,
    is_first: bool,
    is_last: bool,
}

impl Direct {
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let (pixels, panels) = (self.input.windows.len(), self.weights.list.len());
        let (pixels, panels) = match self.split {
            Split::Pixels => (worker.share(pixels), 0..panels),
            Split::Channels => (0..pixels, worker.share(panels)),
        };
        let panels = &self.weights.list[panels];
        let block = (BLOCK_BYTES / self.pixel_bytes).max(4 * run.kernels.rows);
        for block in parts(pixels, block) {
            for (i, panel) in panels.iter().enumerate() {
                let next = panels.get(i + 1).unwrap_or(&panels[0]);
                self.run_panel(run, block.clone(), panel, next, i == 0);
            }
            if let (Some(first), Some(last)) = (panels.first(), panels.last()) {
                let channels = last.output + last.width - first.output;
                // SAFETY: this thread has written all of these panels for these pixels.
                unsafe { self.epilogue.activate(run, block, first.output, channels) }
            }
        }
    }

    /// All tiles of a block, for one panel.
    fn run_panel(
        &self,
        run: &Run<'_>,
        block: Range<usize>,
        panel: &Panel,
        next: &Panel,
        is_first: bool,
    ) {
        let tiles = parts(block, run.kernels.rows);
        let weights_ahead = panel.width.div_ceil(tiles.len().max(1));
        for slice in self.slices(panel) {
            let sources = self.sources(run, panel, next, &slice);
            let rows = sources[0].tap_count * sources[0].depth;
            for (i, tile) in tiles.clone().enumerate() {
                let place = |source: &Source, windows: &OffsetTable| Source {
                    input: windows.read(run.workspace, tile.start, panel.input),
                    ahead: source.ahead.wrapping_add(i * source.depth * weights_ahead),
                    ..*source
                };
                let second = self.projection.as_ref().map(|projection| &projection.windows);
                let arguments = PanelTile {
                    sources: [
                        place(&sources[0], &self.input.windows),
                        place(&sources[1], second.unwrap_or(&self.input.windows)),
                    ],
                    source_count: if second.is_some() && slice.is_last { 2 } else { 1 },
                    width: panel.width,
                    sums: self.sums(run, tile.start, panel, &slice),
                    weights_ahead,
                    input_ahead: if is_first {
                        self.next_input(run, tile.end, rows)
                    } else {
                        (sources[0].weights, 0)
                    },
                };
                // SAFETY: the tables were checked against their buffers when they were made, the
                // weights hold as many rows per panel as the taps and depth say, and no other
                // thread writes these channels of these pixels or anything that is read here.
                unsafe { (run.kernels.panel)(tile.len(), &arguments) }
            }
        }
    }

    /// The parts of a panel's reduction.
    fn slices(&self, panel: &Panel) -> impl Iterator<Item = Slice> + use<> {
        let taps = self.input.taps.len();
        let bytes = self.weights.rows() * panel.width * size_of::<f32>();
        let per_slice =
            if bytes > SLICE_BYTES * 3 / 2 { SLICE_BYTES / (bytes / taps) } else { taps };
        parts(0..taps, per_slice).map(move |slice| Slice {
            is_first: slice.start == 0,
            is_last: slice.end == taps,
            taps: slice,
        })
    }

    /// The sources of a slice, for its first tile.
    fn sources(&self, run: &Run<'_>, panel: &Panel, next: &Panel, slice: &Slice) -> [Source; 2] {
        let weights = self.weights.weights.as_slice();
        let depth = self.input.depth;
        let start = panel.start + slice.taps.start * depth * panel.width;
        let end = panel.start + slice.taps.end * depth * panel.width;
        let ahead = if slice.is_last { next.start } else { end };
        let main = Source {
            input: self.input.windows.read(run.workspace, 0, 0),
            taps: self.input.taps[slice.taps.clone()].as_ptr(),
            tap_count: slice.taps.len(),
            depth,
            weights: weights[start..end].as_ptr(),
            ahead: weights.as_ptr().wrapping_add(ahead),
        };
        let second = self.projection.as_ref().map(|projection| {
            let depth = projection.weights.depth;
            let weights = projection.weights.weights.as_slice();
            // Panels of both have the same outputs, and so the same order.
            let start = panel.start / self.weights.rows() * depth;
            let ahead = next.start / self.weights.rows() * depth;
            Source {
                taps: FIRST_TAP.as_ptr(),
                tap_count: 1,
                depth,
                weights: weights[start..start + depth * panel.width].as_ptr(),
                ahead: weights.as_ptr().wrapping_add(ahead),
                ..main
            }
        });
        [main, second.unwrap_or(main)]
    }

    /// Partial sums wait in the output; where there are any, a residual comes first, since the
    /// output may take its place.
    fn sums(
        &self,
        run: &Run<'_>,
        pixel: usize,
        panel: &Panel,
        slice: &Slice,
    ) -> crate::kernels::KernelEpilogue {
        let bias = self.projection.as_ref().map_or(&self.weights.bias, |fused| &fused.bias);
        let whole =
            self.epilogue.sums(run.workspace, bias.as_slice().as_ptr(), pixel, panel.output);
        if slice.is_first && slice.is_last {
            return whole;
        }
        let (bias, start) = if slice.is_first {
            (whole.bias, whole.residual)
        } else {
            let Pixels { origin, offsets } = whole.output;
            (ZEROS.as_ptr(), Pixels { origin: origin.cast_const(), offsets })
        };
        let bounds = if slice.is_last { whole.bounds } else { (f32::NEG_INFINITY, f32::INFINITY) };
        crate::kernels::KernelEpilogue { bias, start, residual: Pixels::NONE, bounds, ..whole }
    }

    /// What the tile behind `pixel` reads, and how far apart its prefetches lie.
    fn next_input(&self, run: &Run<'_>, pixel: usize, rows: usize) -> (*const f32, usize) {
        let last_tap = self.input.taps.last().map_or(0, |&tap| tap as usize);
        let address = self.input.windows.address(run.workspace, pixel).wrapping_add(last_tap);
        (address, (run.kernels.rows * self.input.step).div_ceil(rows))
    }
}
