//! Winograd's algorithm: transform patches, multiply per position, transform back.

use std::ops::Range;
use std::sync::Arc;

use super::Run;
use super::activated::Activated;
use super::direct::{FIRST_TAP, Split, ZEROS};
use crate::caches;
use crate::kernels::panel::{PanelTile, Source};
use crate::kernels::winograd::{Patch, Unpatch};
use crate::kernels::{KernelEpilogue, Pixels};
use crate::layout::{CHANNELS, separated};
use crate::packed::{Panel, Panels, Transformed, WIDTH};
use crate::partition::{parts, tiles};
use crate::pool::{Broken, Worker};
use crate::windows::Windows;
use crate::winograd::Size;
use crate::workspace::{OffsetTable, Place, Workspace};

/// Patches in a block, at least and at most, in steps of the least.
const BLOCK: (usize, usize) = (14, 112);

/// Bytes of transformed patches that threads share, at most, where they split channels.
const SHARED_BYTES: usize = 3 << 20;

/// Floats between the positions of a patch beyond what is needed, so that they do not fall into
/// the same cache sets.
const GAP: usize = CHANNELS;

/// A 3×3 convolution of stride 1 by Winograd's algorithm.
pub(crate) struct Winograd {
    size: Size,
    panels: Arc<Panels>,
    weights: Arc<Transformed>,
    /// Where every patch starts.
    patches: OffsetTable,
    input: Place,
    output: Place,
    residual: Option<Place>,
    bounds: (f32, f32),
    activated: Option<Activated>,
    split: Split,
    /// Patches in a block.
    block: usize,
    /// Patches down and right.
    grid: [usize; 2],
    /// Where a block's transformed patches lie at each position, and its sums.
    offsets: [Vec<u32>; 2],
}

/// What a layer reads and writes.
pub(crate) struct Places {
    pub(crate) input: Place,
    pub(crate) output: Place,
    pub(crate) residual: Option<Place>,
}

impl Winograd {
    pub(crate) fn new(
        size: Size,
        (panels, weights): (Arc<Panels>, Arc<Transformed>),
        places: Places,
        windows: &Windows,
        (bounds, activated): ((f32, f32), Option<Activated>),
        threads: usize,
    ) -> Self {
        let Places { input, output, residual } = places;
        let output = activated.as_ref().map_or(output, |activated| activated.sums);
        let grid = windows.outputs.map(|outputs| outputs.div_ceil(size.outputs()));
        let offsets = input.layout.windows(grid, [size.outputs(); 2], windows.before);
        let last = (size.outputs() + 1) * (input.layout.row() + input.layout.pixel);
        let patches = OffsetTable::reading(input, offsets, last + input.layout.channels());
        let patch_bytes = size.positions() * panels.depth * size_of::<f32>();
        let split = choose_split(size, &panels, patches.len() * patch_bytes, threads);
        let block = match split {
            Split::Channels => patches.len(),
            Split::Pixels => {
                // All panels pass over a thread's transformed patches, which stay near meanwhile.
                let block = caches::second_level() * 5 / 16 / patch_bytes;
                let block = block.clamp(BLOCK.0, BLOCK.1);
                (block / BLOCK.0 * BLOCK.0).min(patches.len())
            }
        };
        let spaced = |space: usize| (0..block).map(|i| (i * space) as u32).collect();
        let offsets = [spaced(separated(panels.depth)), spaced(WIDTH)];
        Self {
            size,
            panels,
            weights,
            patches,
            input,
            output,
            residual,
            bounds,
            activated,
            split,
            block,
            grid,
            offsets,
        }
    }

    /// Floats of scratch that so many threads need.
    pub(crate) fn scratch_len(&self, threads: usize) -> usize {
        let transformed = match self.split {
            Split::Pixels => threads,
            Split::Channels => 1,
        };
        self.size.positions() * (threads * self.sums_gap() + transformed * self.patches_gap())
    }

    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) -> Result<(), Broken> {
        let (patches, panels) = (self.patches.len(), &self.panels.list);
        let scratch = Scratch::of(self, run.workspace, worker);
        match self.split {
            Split::Channels => {
                self.transform(run, &scratch, worker.share(patches), 0);
                worker.wait()?;
                let panels = &panels[worker.share(panels.len())];
                self.run_panels(run, &scratch, panels, 0..patches);
            }
            Split::Pixels => {
                for block in parts(worker.share(patches), self.block) {
                    self.transform(run, &scratch, block.clone(), block.start);
                    self.run_panels(run, &scratch, panels, block);
                }
            }
        }
        Ok(())
    }

    /// Transforms patches into the scratch, the one at `first` to its start.
    fn transform(&self, run: &Run<'_>, scratch: &Scratch, patches: Range<usize>, first: usize) {
        let layout = self.input.layout;
        for patch in patches {
            let offset = self.offsets[0][patch - first] as usize;
            let arguments = Patch {
                input: self.patches.address(run.workspace, patch),
                row: layout.row(),
                pixel: layout.pixel,
                channels: layout.channels().next_multiple_of(CHANNELS),
                output: scratch.patches.wrapping_add(offset),
                position: self.patches_gap(),
            };
            // SAFETY: the patches were checked against their buffer when the layer was made; the
            // scratch holds a block of them at every position, and this thread alone has it or
            // this part of it.
            unsafe { run.kernels.transform[self.size as usize](&arguments) }
        }
    }

    fn run_panels(
        &self,
        run: &Run<'_>,
        scratch: &Scratch,
        panels: &[Panel],
        patches: Range<usize>,
    ) {
        for (i, panel) in panels.iter().enumerate() {
            let next = panels.get(i + 1).unwrap_or(&panels[0]);
            self.multiply(run, scratch, [panel, next], patches.len());
            self.restore(run, scratch, panel, patches.clone());
        }
    }

    /// One matrix product per position: patches by a panel of weights.
    fn multiply(&self, run: &Run<'_>, scratch: &Scratch, [panel, next]: [&Panel; 2], count: usize) {
        let tiles = tiles(0..count, run.kernels.rows);
        let ahead_step = panel.width.div_ceil(tiles.len().max(1));
        let (positions, depth) = (self.size.positions(), self.panels.depth);
        let weights = self.weights.weights.as_slice();
        let start = |panel: &Panel| panel.start / 9 * positions;
        for position in 0..positions {
            let row = start(panel) + position * depth * panel.width;
            let end = row + depth * panel.width;
            let ahead = if position + 1 < positions { end } else { start(next) };
            let patches = scratch.patches.wrapping_add(position * self.patches_gap()).cast_const();
            for (i, tile) in tiles.clone().enumerate() {
                let source = Source {
                    input: Pixels {
                        origin: patches,
                        offsets: self.offsets[0][tile.clone()].as_ptr(),
                    },
                    taps: FIRST_TAP.as_ptr(),
                    tap_count: 1,
                    depth,
                    weights: weights[row..end].as_ptr(),
                    ahead: weights.as_ptr().wrapping_add(ahead + i * depth * ahead_step),
                };
                let following = self.offsets[0].get(tile.end).map_or(0, |&offset| offset as usize);
                let arguments = PanelTile {
                    sources: [source; 2],
                    source_count: 1,
                    width: panel.width,
                    sums: self.raw_sums(scratch, position, tile.clone()),
                    weights_ahead: ahead_step,
                    input_ahead: (patches.wrapping_add(following), CHANNELS),
                };
                // SAFETY: the scratch holds a block of transformed patches and sums at every
                // position; the sums are this thread's, and nobody writes the patches now.
                unsafe { (run.kernels.panel)(tile.len(), &arguments) }
            }
        }
    }

    /// Sums as they are, into the scratch.
    fn raw_sums(&self, scratch: &Scratch, position: usize, tile: Range<usize>) -> KernelEpilogue {
        KernelEpilogue {
            bias: ZEROS.as_ptr(),
            start: Pixels::NONE,
            residual: Pixels::NONE,
            bounds: (f32::NEG_INFINITY, f32::INFINITY),
            output: Pixels {
                origin: scratch.sums.wrapping_add(position * self.sums_gap()),
                offsets: self.offsets[1][tile].as_ptr(),
            },
        }
    }

    /// Transforms a panel's sums back into output pixels.
    fn restore(&self, run: &Run<'_>, scratch: &Scratch, panel: &Panel, patches: Range<usize>) {
        let (side, [down, right]) = (self.size.outputs(), self.grid);
        let layout = self.output.layout;
        let bias = self.panels.bias.as_slice()[panel.output..].as_ptr();
        for (i, patch) in patches.enumerate() {
            let (image, patch) = (patch / (down * right), patch % (down * right));
            let (y, x) = (patch / right * side, patch % right * side);
            let at = |place: Place| {
                let offset = place.layout.at(image, y, x) + panel.output;
                (
                    run.workspace.origin(place.buffer).wrapping_add(offset),
                    place.layout.row(),
                    place.layout.pixel,
                )
            };
            let residual =
                self.residual.map(at).map(|(p, row, pixel)| (p.cast_const(), row, pixel));
            let arguments = Unpatch {
                sums: scratch.sums.wrapping_add(self.offsets[1][i] as usize),
                position: self.sums_gap(),
                width: panel.width,
                bias,
                residual: residual.unwrap_or((std::ptr::null(), 0, 0)),
                bounds: self.bounds,
                output: at(self.output),
                rows: side.min(layout.height() - y),
                columns: side.min(layout.width() - x),
            };
            // SAFETY: the sums are this thread's; rows and columns are cut off at the image, whose
            // pixels are padded to whole vectors, and nobody else touches these channels of
            // these pixels.
            unsafe { run.kernels.restore[self.size as usize](&arguments) }
            let Some(activated) = &self.activated else { continue };
            for y in y..y + arguments.rows {
                let (pixel, pixels) = ([image, y, x], arguments.columns);
                // SAFETY: as above.
                unsafe { activated.run(run, pixel, pixels, panel.output, panel.width) }
            }
        }
    }

    /// Floats from one position of a block's patches to the next.
    fn patches_gap(&self) -> usize {
        self.block * separated(self.panels.depth) + GAP
    }

    /// Floats from one position of a block's sums to the next.
    fn sums_gap(&self) -> usize {
        self.block * WIDTH + GAP
    }
}

/// One thread's parts of the scratch.
struct Scratch {
    patches: *mut f32,
    sums: *mut f32,
}

impl Scratch {
    /// All threads' sums lie in front of the patches.
    fn of(layer: &Winograd, workspace: &Workspace, worker: &Worker<'_>) -> Self {
        let (positions, index) = (layer.size.positions(), worker.index());
        let sums = positions * layer.sums_gap();
        let patches = match layer.split {
            Split::Pixels => index * positions * layer.patches_gap(),
            Split::Channels => 0,
        };
        let origin = workspace.scratch();
        Self {
            sums: origin.wrapping_add(index * sums),
            patches: origin.wrapping_add(worker.count() * sums + patches),
        }
    }
}

/// By channels where weights are the larger part and the patches few enough to be shared.
fn choose_split(size: Size, panels: &Panels, patches: usize, threads: usize) -> Split {
    let weights = panels.weights.len() / 9 * size.positions() * size_of::<f32>();
    let by_channels =
        2 * weights > patches && patches < SHARED_BYTES && panels.list.len() >= threads.max(2);
    if by_channels { Split::Channels } else { Split::Pixels }
}
