//! Some rows of a map that windows pass over, as they lie in scratch: one panel of channels wide, inside columns
//! of zeros.

use std::ops::Range;

use crate::caches;
use crate::kernels::Pixels;
use crate::layout::Layout;
use crate::packed::WIDTH;
use crate::windows::Windows;
use crate::{Border, Error};

/// Bands of a map, and the windows over them.
pub(crate) struct Band {
    windows: Windows,
    layout: Layout,
    /// `[height, width]` of the map.
    size: [usize; 2],
    /// Rows of windows, at most.
    outputs: usize,
    /// Offsets of all pixels of the band, of all windows over it, and of a window's taps.
    pixels: Vec<u32>,
    origins: Vec<u32>,
    taps: Vec<u32>,
}

impl Band {
    /// Bands of a map of `[height, width]`: high enough to keep what neighbours share few, and low enough to stay
    /// in the second-level cache beside all else.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if a band does not fit into its offsets.
    pub(crate) fn new(windows: Windows, size: [usize; 2]) -> Result<Self, Error> {
        let Border { left, right, .. } = windows.border();
        let row = (left + size[1] + right) * WIDTH * size_of::<f32>();
        let rows = caches::second_level() / 16 / row;
        let outputs = rows.saturating_sub(windows.reach(0)) / windows.stride[0] + 1;
        Self::of_rows(windows, size, outputs.min(windows.outputs[0]))
    }

    /// The same, for so many rows of windows.
    fn of_rows(windows: Windows, size: [usize; 2], outputs: usize) -> Result<Self, Error> {
        let Border { left, right, .. } = windows.border();
        let rows = (outputs - 1) * windows.stride[0] + windows.reach(0);
        let border = Border { top: 0, bottom: 0, left, right };
        let layout = Layout::tight([1, WIDTH, rows, size[1]], border)?;
        let ([tall, wide], [down, across]) = (windows.kernel, windows.dilation);
        let row = layout.row();
        let of_windows = [outputs, windows.outputs[1]];
        let taps: Vec<u32> = (0..tall)
            .flat_map(|y| (0..wide).map(move |x| (y * down * row + x * across * WIDTH) as u32))
            .collect();
        let origins = layout.windows(of_windows, windows.stride, [0, windows.before[1]]);
        let reach =
            [&origins, &taps].map(|offsets| offsets.last().map_or(0, |&last| last as usize));
        assert!(reach[0] + reach[1] + WIDTH <= layout.len(), "a window leads out of its band");
        Ok(Self { pixels: layout.offsets(), origins, taps, windows, layout, size, outputs })
    }

    /// Floats.
    pub(crate) fn len(&self) -> usize {
        self.layout.len()
    }

    pub(crate) fn windows(&self) -> &Windows {
        &self.windows
    }

    /// `[height, width]` of the map.
    pub(crate) fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Rows of windows, at most.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Offsets of a window's taps from its first.
    pub(crate) fn taps(&self) -> &[u32] {
        &self.taps
    }

    /// Rows of the map that so many rows of windows read.
    pub(crate) fn rows_between(&self, outputs: usize) -> usize {
        outputs.saturating_sub(1) * self.windows.stride[0] + self.windows.reach(0)
    }

    /// The rows of the map that some rows of windows read; they may begin and end outside.
    pub(crate) fn rows(&self, outputs: &Range<usize>) -> Range<isize> {
        let start = (outputs.start * self.windows.stride[0]) as isize - self.windows.before[0];
        start..start + self.rows_between(outputs.len()) as isize
    }

    /// Zeroes the columns beside the map, which stay so: other layers had this memory before.
    ///
    /// # Safety
    /// `scratch` holds the band, and nobody else touches it.
    pub(crate) unsafe fn clear_sides(&self, scratch: *mut f32) {
        let Layout { border: Border { left, right, .. }, pixel, .. } = self.layout;
        for row in 0..self.layout.rows() {
            let [start, end] = [row, row + 1].map(|row| row * self.layout.row());
            // SAFETY: both sides of the row lie in the band.
            unsafe {
                scratch.add(start).write_bytes(0, left * pixel);
                scratch.add(end - right * pixel).write_bytes(0, right * pixel);
            }
        }
    }

    /// Makes a band that held the rows `before` ready for others further down: what both have moves up, and what
    /// lies outside the map becomes zero. Gives the rows that are missing.
    ///
    /// # Safety
    /// `scratch` holds the band, and nobody else touches it.
    pub(crate) unsafe fn advance(
        &self,
        scratch: *mut f32,
        before: &Range<isize>,
        rows: &Range<isize>,
    ) -> Range<usize> {
        let kept = rows.start.max(before.start)..before.end;
        let row = |row: isize, first: isize| {
            scratch.wrapping_add((row - first) as usize * self.layout.row())
        };
        let mut known = rows.start;
        if kept.start < kept.end {
            let count = (kept.end - kept.start) as usize * self.layout.row();
            let from = row(kept.start, before.start).cast_const();
            // SAFETY: both lie in the band.
            unsafe { std::ptr::copy(from, row(kept.start, rows.start), count) }
            known = kept.end;
        }
        let height = self.size[0] as isize;
        let inside = known.clamp(0, height)..rows.end.clamp(0, height);
        let outside = [known..known.max(0).min(rows.end), known.max(height)..rows.end];
        for outside in outside.into_iter().filter(|outside| !outside.is_empty()) {
            let count = (outside.end - outside.start) as usize * self.layout.row();
            // SAFETY: these rows lie in the band.
            unsafe { row(outside.start, rows.start).write_bytes(0, count) }
        }
        inside.start as usize..inside.end as usize
    }

    /// The band's pixels from one on.
    pub(crate) fn pixels(&self, scratch: *mut f32, pixel: usize) -> Pixels<*mut f32> {
        Pixels { origin: scratch, offsets: self.pixels[pixel..].as_ptr() }
    }

    /// The windows from one on.
    pub(crate) fn origins(&self, scratch: *mut f32, window: usize) -> Pixels<*const f32> {
        Pixels { origin: scratch.cast_const(), offsets: self.origins[window..].as_ptr() }
    }

    /// The first pixel of one of the band's rows.
    pub(crate) fn row(&self, scratch: *mut f32, row: isize) -> *mut f32 {
        scratch.wrapping_add(self.pixels[row as usize * self.size[1]] as usize)
    }
}
