//! A dense convolution and the depthwise one behind it, a panel of channels and a band of rows at a time: what
//! lies between them stays in the cache.
//!
//! An inverted bottleneck (Sandler et al., arXiv 1801.04381) widens its map to six times the channels in front
//! of the depthwise convolution. To write and read that map as a whole takes longer than its sums.

use std::ops::Range;
use std::sync::Arc;

use super::activated::Curve;
use super::band::Band;
use super::{Epilogue, Input, Run, depthwise};
use crate::kernels::depthwise::DepthwiseTile;
use crate::kernels::panel::{PanelTile, Source};
use crate::kernels::pointwise::{Function, Operand, PointwiseTile};
use crate::kernels::reduce::{Area, ReduceTile};
use crate::kernels::{KernelEpilogue, Pixels};
use crate::packed::{Channels, Panel, Panels, WIDTH};
use crate::partition::{parts, tiles};
use crate::pool::Worker;
use crate::workspace::Place;

/// Both convolutions.
pub(crate) struct DirectDepthwise {
    pub(crate) dense: Dense,
    pub(crate) weights: Arc<Channels>,
    pub(crate) band: Band,
    /// Where the depthwise convolution's sums go.
    pub(crate) epilogue: Epilogue,
    /// What a global average is going to read.
    pub(crate) row_sums: Option<RowSums>,
    pub(crate) split: Split,
}

/// Sums of rows, written while the rows are near.
#[derive(Clone, Copy)]
pub(crate) struct RowSums {
    /// `[n, c, h, w]`.
    pub(crate) of: Place,
    /// `[n, c, h, 1]`.
    pub(crate) to: Place,
}

impl RowSums {
    /// The sums of some of a row's channels.
    ///
    /// # Safety
    /// This thread has written them, and nobody else touches them or their sums now.
    unsafe fn run(self, run: &Run<'_>, image: usize, y: usize, channels: Range<usize>) {
        let at = |place: Place| {
            let offset = place.layout.at(image, y, 0) + channels.start;
            run.workspace.origin(place.buffer).wrapping_add(offset)
        };
        let (start, pixel) = (at(self.of).cast_const(), self.of.layout.pixel);
        let tile = ReduceTile {
            operands: [Area { start, row: 0, pixel }, Area::NONE],
            rows: 1,
            columns: self.of.layout.width(),
            channels: channels.len(),
            factor: 1.0,
            adds: false,
            output: at(self.to),
        };
        // SAFETY: the caller's promise; pixels of both are padded to whole vectors.
        unsafe { (run.kernels.reduce)(&tile) }
    }
}

/// The convolution in front.
pub(crate) struct Dense {
    pub(crate) weights: Arc<Panels>,
    pub(crate) input: Input,
    pub(crate) bounds: (f32, f32),
    /// What follows its sums, where that is more than bounds.
    pub(crate) curve: Option<Curve>,
}

/// What each thread gets a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    /// All channels of some rows.
    Rows,
    /// Some channels of all rows.
    Channels,
}

impl Split {
    /// Both neighbours of an edge between shares of rows compute what windows there have in common; panels may
    /// not divide evenly. The next layer finds rows in the same core's cache.
    pub(crate) fn choose(panels: usize, images: usize, band: &Band, threads: usize) -> Self {
        let rows = images * band.windows().outputs[0];
        let of_rows = panels * band.rows_between(rows.div_ceil(threads));
        let of_channels = panels.div_ceil(threads) * band.rows_between(rows);
        if of_channels < of_rows { Self::Channels } else { Self::Rows }
    }
}

/// One panel's outputs of an image.
struct Task<'a> {
    image: usize,
    panel: &'a Panel,
    /// The panel that follows.
    next: &'a Panel,
    /// This thread's band.
    scratch: *mut f32,
}

impl DirectDepthwise {
    /// Floats of scratch that so many threads need.
    pub(crate) fn scratch_len(&self, threads: usize) -> usize {
        threads * self.band.len()
    }

    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let [height, width] = self.band.windows().outputs;
        let (rows, panels) = (self.epilogue.output.len() / width, &self.dense.weights.list);
        let (rows, panels) = match self.split {
            Split::Rows => (worker.share(rows), &panels[..]),
            Split::Channels => (0..rows, &panels[worker.share(panels.len())]),
        };
        let scratch = run.workspace.scratch().wrapping_add(worker.index() * self.band.len());
        // SAFETY: the scratch has a band for each thread.
        unsafe { self.band.clear_sides(scratch) }
        let mut row = rows.start;
        while row < rows.end {
            let image = row / height;
            let end = rows.end.min((image + 1) * height);
            for (i, panel) in panels.iter().enumerate() {
                let next = panels.get(i + 1).unwrap_or(&panels[0]);
                let task = Task { image, panel, next, scratch };
                self.run_rows(run, &task, row - image * height..end - image * height);
            }
            row = end;
        }
    }

    /// Some rows of outputs.
    fn run_rows(&self, run: &Run<'_>, task: &Task<'_>, outputs: Range<usize>) {
        let mut before = 0..0;
        for outputs in parts(outputs, self.band.outputs()) {
            let rows = self.band.rows(&outputs);
            // SAFETY: the scratch is this thread's, and as long as the band.
            let new = unsafe { self.band.advance(task.scratch, &before, &rows) };
            self.dense(run, task, new, rows.start);
            self.depthwise(run, task, outputs);
            before = rows;
        }
    }

    /// Some rows between the two, of which the band's first is `first`.
    fn dense(&self, run: &Run<'_>, task: &Task<'_>, rows: Range<usize>, first: isize) {
        let [height, width] = self.band.size();
        let &Task { image, panel, next, scratch } = task;
        let Dense { weights, input, bounds, curve } = &self.dense;
        let len = weights.rows() * panel.width;
        let numbers = weights.weights.as_slice();
        // Of the band's pixels, how many come before the image's first.
        let above = first * width as isize;
        let pixels = rows.start * width..rows.end * width;
        let tiles = tiles(pixels, run.kernels.rows);
        let weights_ahead = panel.width.div_ceil(tiles.len().max(1));
        for (i, tile) in tiles.enumerate() {
            let pixel = image * height * width + tile.start;
            let place = (tile.start as isize - above) as usize;
            let source = Source {
                input: input.windows.read(run.workspace, pixel, panel.input),
                taps: input.taps.as_ptr(),
                tap_count: input.taps.len(),
                depth: input.depth,
                weights: numbers[panel.start..panel.start + len].as_ptr(),
                ahead: numbers[next.start..]
                    .as_ptr()
                    .wrapping_add(i * weights.rows() * weights_ahead),
            };
            let output = self.band.pixels(scratch, place);
            let bias = weights.bias.as_slice()[panel.output..].as_ptr();
            let tile_of_panel = PanelTile {
                sources: [source, source],
                source_count: 1,
                width: panel.width,
                sums: KernelEpilogue {
                    bias,
                    start: Pixels::NONE,
                    residual: Pixels::NONE,
                    bounds: *bounds,
                    output,
                },
                weights_ahead,
                input_ahead: (input.windows.address(run.workspace, pixel + tile.len()), 0),
            };
            // SAFETY: the tables were checked against their buffers when they were made, the weights hold as
            // many rows per panel as the taps and depth say, and the band is this thread's.
            unsafe { (run.kernels.panel)(tile.len(), &tile_of_panel) }
        }
        if let Some(curve) = curve {
            for row in rows {
                let start = self.band.row(scratch, row as isize - first);
                let sums = Operand { start: start.cast_const(), pixel: WIDTH };
                let slopes = curve.slopes.operand(panel.output);
                let tile = PointwiseTile {
                    function: Function::Value(curve.curve),
                    operands: [sums, slopes, slopes],
                    output: start,
                    pixel: WIDTH,
                    pixels: width,
                    channels: panel.width,
                };
                // SAFETY: the row lies in this thread's band; slopes are padded to whole vectors.
                unsafe { (run.kernels.pointwise)(&tile) }
            }
        }
    }

    /// The depthwise convolution of the rows that lie in the band.
    fn depthwise(&self, run: &Run<'_>, task: &Task<'_>, outputs: Range<usize>) {
        let [height, width] = self.band.windows().outputs;
        let &Task { image, panel, scratch, .. } = task;
        let (weights, bias) = (self.weights.weights.as_slice(), self.weights.bias.as_slice());
        for row in outputs.clone() {
            let pixel = (image * height + row) * width;
            let arguments = DepthwiseTile {
                input: self.band.origins(scratch, (row - outputs.start) * width),
                taps: self.band.taps().as_ptr(),
                tap_count: self.band.taps().len(),
                weights: weights[panel.output..].as_ptr(),
                tap: self.weights.channels,
                channels: panel.width,
                sums: self.epilogue.sums(run.workspace, bias.as_ptr(), pixel, panel.output),
                beside: depthwise::beside(self.band.windows(), WIDTH),
            };
            // SAFETY: windows lie within this thread's band, the weights hold a row per tap, the table of outputs
            // was checked, and no other thread writes these channels of these pixels.
            unsafe {
                (run.kernels.depthwise)(width, &arguments);
                self.epilogue.activate(run, pixel..pixel + width, panel.output, panel.width);
                if let Some(sums) = self.row_sums {
                    sums.run(run, image, row, panel.output..panel.output + panel.width);
                }
            }
        }
    }
}
