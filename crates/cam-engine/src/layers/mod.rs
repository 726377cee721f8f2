//! The loops around the kernels: which thread works on what, and in which order.
//!
//! A layer is one step of a program, with everything resolved that does not depend on the
//! numbers. All threads run it together, each its share, and wait for the others behind it.
//!
//! # What keeps threads apart
//!
//! All of them write into one [`Workspace`] through raw pointers. That no two touch the same number, one
//! of them to write it, rests on these three, on which every `SAFETY` here and in the kernels relies:
//!
//! 1. Between two barriers each number of a buffer is written by one thread at most. What a layer
//!    writes is cut up by [`Worker::share`], whose ranges do not overlap: rows, pixels, blocks or
//!    panels of channels, of each of which a thread writes all that belongs to it and nothing else.
//! 2. What a layer reads and does not write itself was written before the last barrier. A layer's
//!    output lies in no buffer that it reads, but for a residual in whose place it is written: there
//!    each number is read by the thread that writes it, and before.
//! 3. A border is written by nobody while it is cleared, and read behind the next barrier only.
//!
//! `cargo xtask sanitize thread` watches every access of the tests for a violation.

pub(crate) mod activated;
pub(crate) mod attention;
pub(crate) mod band;
pub(crate) mod border;
mod convolution;
pub(crate) mod copy;
pub(crate) mod depthwise;
pub(crate) mod direct;
pub(crate) mod direct_depthwise;
pub(crate) mod grouped;
pub(crate) mod layer_norm;
pub(crate) mod max_pool;
pub(crate) mod max_pool_backward;
pub(crate) mod pointwise;
pub(crate) mod reduce;
pub(crate) mod spread;
pub(crate) mod sum;
pub(crate) mod tokens;
pub(crate) mod transfer;
pub(crate) mod winograd;

pub(crate) use convolution::convolution;

use crate::kernels::{self, Kernels};
use crate::layout::CHANNELS;
use crate::packed::Panels;
use crate::pool::{Broken, Worker};
use crate::windows::Windows;
use crate::workspace::{OffsetTable, Place, Workspace};

/// What all layers of a run share.
pub(crate) struct Run<'a> {
    pub(crate) workspace: &'a Workspace,
    /// What a recorded run left, where a gradient is pulled back through it.
    pub(crate) saved: Option<&'a Workspace>,
    pub(crate) kernels: &'static Kernels,
    /// `[n, c, h, w]`.
    pub(crate) input: &'a [f32],
    pub(crate) outputs: &'a [transfer::Output<'a>],
}

impl Run<'_> {
    /// What a recorded run left.
    pub(super) fn saved(&self) -> &Workspace {
        self.saved.expect("only what pulls a gradient back asks for the way there")
    }
}

/// One step of a program.
pub(crate) enum Layer {
    Load(transfer::Load),
    Direct(Box<direct::Direct>),
    Grouped(Box<grouped::Grouped>),
    Depthwise(Box<depthwise::Depthwise>),
    DirectDepthwise(Box<direct_depthwise::DirectDepthwise>),
    Winograd(Box<winograd::Winograd>),
    MaxPool(max_pool::Maximum),
    Pointwise(pointwise::Pointwise),
    Reduce(reduce::Reduce),
    Spread(spread::Spread),
    Copy(copy::Copy),
    Norm(layer_norm::Norm),
    Attend(Box<attention::Attend>),
    Column(tokens::Column),
    Store(transfer::Store),
    Sum(sum::Sum),
    MaxPoolBackward(max_pool_backward::MaxPoolBackward),
}

impl Layer {
    /// Runs this worker's share.
    pub(crate) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) -> Result<(), Broken> {
        match self {
            Self::Load(layer) => layer.run(run, worker),
            Self::Direct(layer) => layer.run(run, worker),
            Self::Grouped(layer) => layer.run(run, worker),
            Self::Depthwise(layer) => layer.run(run, worker),
            Self::DirectDepthwise(layer) => layer.run(run, worker),
            Self::Winograd(layer) => return layer.run(run, worker),
            Self::MaxPool(layer) => layer.run(run, worker),
            Self::Pointwise(layer) => layer.run(run, worker),
            Self::Reduce(layer) => layer.run(run, worker),
            Self::Spread(layer) => layer.run(run, worker),
            Self::Copy(layer) => layer.run(run, worker),
            Self::Norm(layer) => layer.run(run, worker),
            Self::Attend(layer) => layer.run(run, worker),
            Self::Column(layer) => layer.run(run, worker),
            Self::Store(layer) => layer.run(run, worker),
            Self::Sum(layer) => layer.run(run, worker),
            Self::MaxPoolBackward(layer) => layer.run(run, worker),
        }
        Ok(())
    }
}

/// Where a convolution reads: one window per output pixel, and the taps of a window.
pub(crate) struct Input {
    pub(crate) windows: OffsetTable,
    /// Offsets of the taps from the first.
    pub(crate) taps: Vec<u32>,
    /// Floats per tap that lie one behind the other.
    pub(crate) depth: usize,
    /// Floats from one window to the next.
    pub(crate) step: usize,
}

impl Input {
    /// What a convolution by panels reads.
    pub(crate) fn of_panels(panels: &Panels, place: Place, windows: &Windows) -> Self {
        let is_run = place.layout.pixel == panels.depth && windows.dilation[1] == 1;
        Self::new(place, windows, panels.depth, !panels.is_grouped() && is_run)
    }

    /// `depth` channels from `channel` on are read at every tap; all of them where `merged`, and
    /// then the taps of a row are one run of numbers.
    pub(crate) fn new(place: Place, windows: &Windows, depth: usize, merged: bool) -> Self {
        let layout = place.layout;
        let ([rows, columns], [down, across]) = (windows.kernel, windows.dilation);
        let (row, pixel) = (down * layout.row(), across * layout.pixel);
        let (columns, depth) = if merged { (1, depth * columns) } else { (columns, depth) };
        let taps: Vec<u32> = (0..rows)
            .flat_map(|y| (0..columns).map(move |x| (y * row + x * pixel) as u32))
            .collect();
        let reach = taps.last().map_or(0, |&tap| tap as usize);
        let reach = reach + if merged { depth } else { layout.channels() };
        let offsets = layout.windows(windows.outputs, windows.stride, windows.before);
        Self {
            windows: OffsetTable::reading(place, offsets, reach),
            taps,
            depth,
            step: windows.stride[1] * layout.pixel,
        }
    }
}

/// Where a convolution's sums go, and what is added to them.
pub(crate) struct Epilogue {
    pub(crate) output: OffsetTable,
    pub(crate) residual: Option<OffsetTable>,
    pub(crate) bounds: (f32, f32),
    /// What follows once all of a pixel's sums are there.
    pub(crate) activated: Option<activated::Activated>,
}

impl Epilogue {
    pub(crate) fn new(
        output: Place,
        residual: Option<Place>,
        (bounds, activated): ((f32, f32), Option<activated::Activated>),
    ) -> Self {
        let channels = output.layout.channels().next_multiple_of(CHANNELS);
        let residual =
            residual.map(|place| OffsetTable::reading(place, place.layout.offsets(), channels));
        let output = activated.as_ref().map_or(output, |activated| activated.sums);
        Self { output: OffsetTable::writing(output), residual, bounds, activated }
    }

    /// The sums of windows that are not those of all pixels in order: one output offset each.
    pub(crate) fn scattered(output: Place, residual: Option<Place>, offsets: Vec<u32>) -> Self {
        let residual = residual.map(|place| {
            debug_assert_eq!(place.layout, output.layout);
            OffsetTable::reading(place, offsets.clone(), place.layout.channels())
        });
        let bounds = (f32::NEG_INFINITY, f32::INFINITY);
        let output = OffsetTable::writing_to(output, offsets);
        Self { output, residual, bounds, activated: None }
    }

    /// Applies the activation to pixels and channels whose sums this thread has written.
    ///
    /// # Safety
    /// No other thread touches these channels of these pixels now.
    unsafe fn activate(
        &self,
        run: &Run<'_>,
        pixels: std::ops::Range<usize>,
        channel: usize,
        channels: usize,
    ) {
        if let Some(activated) = &self.activated {
            // SAFETY: the caller's promise; sums lie in the places for which the tables were made.
            unsafe { activated.run_pixels(run, pixels, channel, channels) }
        }
    }

    /// The sums of the pixels from `pixel` on and the channels from `channel` on.
    pub(crate) fn sums(
        &self,
        workspace: &Workspace,
        bias: *const f32,
        pixel: usize,
        channel: usize,
    ) -> kernels::KernelEpilogue {
        let residual = self.residual.as_ref();
        kernels::KernelEpilogue {
            bias: bias.wrapping_add(channel),
            start: kernels::Pixels::NONE,
            residual: residual
                .map_or(kernels::Pixels::NONE, |table| table.read(workspace, pixel, channel)),
            bounds: self.bounds,
            output: self.output.write(workspace, pixel, channel),
        }
    }
}
