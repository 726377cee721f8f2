//! Dense convolution as a product of pixels and panels of weights, without an intermediate copy.

use std::ops::Range;
use std::sync::Arc;

use super::{Epilogue, Input, Run};
use crate::buffer::Buffer;
use crate::kernels::panel::{PanelTile, Source};
use crate::kernels::{KernelEpilogue, Pixels};
use crate::packed::{Panel, Panels, WIDTH};
use crate::partition::{blocks, parts, tiles};
use crate::pool::Worker;
use crate::workspace::OffsetTable;

/// A convolution by panels, perhaps with a shortcut's projection added in.
pub(crate) struct Direct {
    pub(crate) weights: Arc<Panels>,
    pub(crate) input: Input,
    pub(crate) projection: Option<Projection>,
    pub(crate) epilogue: Epilogue,
    pub(crate) split: Split,
    /// Pixels that all panels pass over before the next.
    pub(crate) block: usize,
    /// Panels behind which their channels are activated, before they leave the cache.
    pub(crate) together: usize,
    /// Of the reduction of panels of 16 channels, and of 32.
    pub(crate) slices: [Vec<Slice>; 2],
    /// Where the sums of a block's pixels wait, if there are several slices.
    pub(crate) waiting: Vec<u32>,
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

/// The part of a panel's reduction that runs in one go: some taps with all of their channels, or some of a tap's.
#[derive(Clone)]
pub(crate) struct Slice {
    taps: Range<usize>,
    depth: Range<usize>,
    is_first: bool,
    is_last: bool,
}

impl Slice {
    /// The slices of a reduction over so many taps of a depth, of about so many steps each.
    pub(crate) fn all(taps: usize, depth: usize, steps: usize) -> Vec<Self> {
        let steps = steps.max(1);
        let whole = Self { taps: 0..taps, depth: 0..depth, is_first: true, is_last: true };
        if taps * depth <= steps * 3 / 2 {
            return vec![whole];
        }
        let mut slices: Vec<Self> = match depth > steps {
            true => {
                let of_tap = |tap| parts(0..depth, steps).map(move |depth| (tap..tap + 1, depth));
                let slices = (0..taps).flat_map(of_tap);
                slices.map(|(taps, depth)| Self { taps, depth, ..whole.clone() }).collect()
            }
            false => {
                let taps = parts(0..taps, steps / depth);
                taps.map(|taps| Self { taps, ..whole.clone() }).collect()
            }
        };
        let last = slices.len() - 1;
        for (index, slice) in slices.iter_mut().enumerate() {
            (slice.is_first, slice.is_last) = (index == 0, index == last);
        }
        slices
    }
}

/// Sums that wait for the rest of their reduction, one panel's of a block of pixels.
#[derive(Clone, Copy)]
struct Waiting<'a> {
    origin: *mut f32,
    offsets: &'a [u32],
}

impl Direct {
    /// Floats of scratch that so many threads need.
    pub(crate) fn scratch_len(&self, threads: usize) -> usize {
        threads * self.waiting.len() * WIDTH
    }

    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let (pixels, panels) = (self.input.windows.len(), self.weights.list.len());
        let (pixels, panels) = match self.split {
            Split::Pixels => (worker.share(pixels), 0..panels),
            Split::Channels => (0..pixels, worker.share(panels)),
        };
        let panels = &self.weights.list[panels];
        let first = worker.index() * self.waiting.len() * WIDTH;
        let origin = run.workspace.scratch().wrapping_add(first);
        let waiting = Waiting { origin, offsets: &self.waiting };
        for block in blocks(pixels, self.block, run.kernels.rows) {
            for (i, panel) in panels.iter().enumerate() {
                let next = panels.get(i + 1).unwrap_or(&panels[0]);
                self.run_panel(run, waiting, block.clone(), [panel, next], i == 0);
                if (i + 1) % self.together == 0 || i + 1 == panels.len() {
                    let first = &panels[i / self.together * self.together];
                    let channels = panel.output + panel.width - first.output;
                    // SAFETY: this thread has written these panels for these pixels.
                    unsafe { self.epilogue.activate(run, block.clone(), first.output, channels) }
                }
            }
        }
    }

    /// All tiles of a block, for one panel.
    fn run_panel(
        &self,
        run: &Run<'_>,
        waiting: Waiting<'_>,
        block: Range<usize>,
        [panel, next]: [&Panel; 2],
        is_first: bool,
    ) {
        let tiles = tiles(block.clone(), run.kernels.rows);
        let weights_ahead = panel.width.div_ceil(tiles.len().max(1));
        let slices = &self.slices[usize::from(panel.width == WIDTH)];
        for (index, slice) in slices.iter().enumerate() {
            let sources = self.sources(run, panel, (slice, slices.get(index + 1)), next);
            let rows = sources[0].tap_count * sources[0].depth;
            for (i, tile) in tiles.clone().enumerate() {
                let place = |source: &Source, windows: &OffsetTable, channel: usize| Source {
                    input: windows.read(run.workspace, tile.start, channel),
                    ahead: source.ahead.wrapping_add(i * source.depth * weights_ahead),
                    ..*source
                };
                let second = self.projection.as_ref().map(|projection| &projection.windows);
                let channel = panel.input + slice.depth.start;
                let arguments = PanelTile {
                    sources: [
                        place(&sources[0], &self.input.windows, channel),
                        place(&sources[1], second.unwrap_or(&self.input.windows), panel.input),
                    ],
                    source_count: if second.is_some() && slice.is_last { 2 } else { 1 },
                    width: panel.width,
                    sums: self.sums(
                        run,
                        (waiting, tile.start - block.start),
                        tile.start,
                        panel,
                        slice,
                    ),
                    weights_ahead,
                    input_ahead: if is_first {
                        self.next_input(run, tile.end, rows)
                    } else {
                        (sources[0].weights, 0)
                    },
                };
                // SAFETY: the tables were checked against their buffers when they were made, the
                // weights hold as many rows per panel as the taps and depth say, the scratch has a
                // panel's sums of every pixel of a block for each thread, and no other thread writes
                // these channels of these pixels or anything that is read here.
                unsafe { (run.kernels.panel)(tile.len(), &arguments) }
            }
        }
    }

    /// The sources of a slice, for its first tile.
    fn sources(
        &self,
        run: &Run<'_>,
        panel: &Panel,
        (slice, following): (&Slice, Option<&Slice>),
        next: &Panel,
    ) -> [Source; 2] {
        let weights = self.weights.weights.as_slice();
        let depth = self.input.depth;
        let at = |slice: &Slice| {
            panel.start + (slice.taps.start * depth + slice.depth.start) * panel.width
        };
        let start = at(slice);
        let end = start + slice.taps.len() * slice.depth.len() * panel.width;
        let ahead = following.map_or(next.start, at);
        let main = Source {
            input: self.input.windows.read(run.workspace, 0, 0),
            taps: self.input.taps[slice.taps.clone()].as_ptr(),
            tap_count: slice.taps.len(),
            depth: slice.depth.len(),
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

    /// Where a slice's sums start from and go: all but the last slice's wait. So a residual is added behind all
    /// products, and slices round as one.
    fn sums(
        &self,
        run: &Run<'_>,
        (waiting, first): (Waiting<'_>, usize),
        pixel: usize,
        panel: &Panel,
        slice: &Slice,
    ) -> KernelEpilogue {
        let bias = self.projection.as_ref().map_or(&self.weights.bias, |fused| &fused.bias);
        let mut sums =
            self.epilogue.sums(run.workspace, bias.as_slice().as_ptr(), pixel, panel.output);
        if slice.is_first && slice.is_last {
            return sums;
        }
        let offsets = waiting.offsets[first..].as_ptr();
        if !slice.is_first {
            sums.bias = ZEROS.as_ptr();
            sums.start = Pixels { origin: waiting.origin.cast_const(), offsets };
        }
        if !slice.is_last {
            sums.output = Pixels { origin: waiting.origin, offsets };
            sums.residual = Pixels::NONE;
            sums.bounds = (f32::NEG_INFINITY, f32::INFINITY);
        }
        sums
    }

    /// What the tile behind `pixel` reads, and how far apart its prefetches lie.
    fn next_input(&self, run: &Run<'_>, pixel: usize, rows: usize) -> (*const f32, usize) {
        let last_tap = self.input.taps.last().map_or(0, |&tap| tap as usize);
        let address = self.input.windows.address(run.workspace, pixel).wrapping_add(last_tap);
        (address, (run.kernels.rows * self.input.step).div_ceil(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_cover_a_reduction_once_and_in_order() {
        for (taps, depth, steps) in [
            (1, 3072, 512),
            (1, 700, 512),
            (3, 1536, 512),
            (9, 64, 512),
            (9, 64, 70),
            (49, 3, 7),
            (2, 5, 0),
        ] {
            let slices = Slice::all(taps, depth, steps);
            let covered = slices.iter().flat_map(|slice| {
                let depth = slice.depth.clone();
                slice.taps.clone().flat_map(move |tap| depth.clone().map(move |k| (tap, k)))
            });
            let all = (0..taps).flat_map(|tap| (0..depth).map(move |k| (tap, k)));
            assert!(covered.eq(all), "{taps} taps of {depth} in slices of {steps}");
            assert!(
                slices.iter().all(|slice| {
                    slice.taps.len() * slice.depth.len() <= (steps * 3 / 2).max(1)
                })
            );
            let ends = slices.iter().map(|slice| (slice.is_first, slice.is_last));
            let last = slices.len() - 1;
            assert!(ends.eq((0..=last).map(|index| (index == 0, index == last))));
        }
    }
}
