//! The memory of one run.

use crate::buffer::Buffer;
use crate::kernels;
use crate::layout::{CHANNELS, Layout};
use crate::wanted::Rows;

/// Buffers that activations share, one after the other, and one for what lies between a layer's
/// own steps.
pub(crate) struct Workspace {
    buffers: Vec<Buffer>,
    scratch: Buffer,
}

impl Workspace {
    /// Zeroed buffers of these lengths.
    pub(crate) fn new(lengths: &[usize], scratch: usize) -> Self {
        let buffers = lengths.iter().map(|&len| Buffer::zeroed(len)).collect();
        Self { buffers, scratch: Buffer::zeroed(scratch) }
    }

    /// Where the scratch starts.
    pub(crate) fn scratch(&self) -> *mut f32 {
        self.scratch.start()
    }

    /// Where a buffer starts.
    pub(crate) fn origin(&self, buffer: usize) -> *mut f32 {
        self.buffers[buffer].start()
    }
}

/// An activation in a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) buffer: usize,
    pub(crate) layout: Layout,
}

impl Place {
    /// Some rows of every image.
    pub(crate) fn of_rows(self, rows: Rows) -> Self {
        Self { layout: self.layout.of_rows(rows), ..self }
    }
}

/// One offset into a buffer per output pixel, checked to stay inside.
pub(crate) struct OffsetTable {
    buffer: usize,
    offsets: Vec<u32>,
}

impl OffsetTable {
    /// Offsets from each of which `reach` floats are read. A last vector may go beyond what lies
    /// there, into the slack that every buffer has.
    pub(crate) fn reading(place: Place, offsets: Vec<u32>, reach: usize) -> Self {
        Self::checked(place, offsets, reach, CHANNELS)
    }

    /// The offsets of all of an activation's pixels, of each of which all channels are written.
    pub(crate) fn writing(place: Place) -> Self {
        Self::writing_to(place, place.layout.offsets())
    }

    /// Offsets of pixels, of each of which all channels are written.
    pub(crate) fn writing_to(place: Place, offsets: Vec<u32>) -> Self {
        let reach = place.layout.channels().next_multiple_of(CHANNELS);
        Self::checked(place, offsets, reach, 0)
    }

    fn checked(place: Place, offsets: Vec<u32>, reach: usize, beyond: usize) -> Self {
        let last = offsets.iter().max().map_or(0, |&offset| offset as usize + reach);
        assert!(last <= place.layout.len() + beyond, "a table leads out of its buffer");
        Self { buffer: place.buffer, offsets }
    }

    /// How many pixels there are.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// The pixels from `pixel` on, `channel` floats into each.
    pub(crate) fn read(
        &self,
        workspace: &Workspace,
        pixel: usize,
        channel: usize,
    ) -> kernels::Pixels<*const f32> {
        let kernels::Pixels { origin, offsets } = self.write(workspace, pixel, channel);
        kernels::Pixels { origin: origin.cast_const(), offsets }
    }

    /// The same, for writing.
    pub(crate) fn write(
        &self,
        workspace: &Workspace,
        pixel: usize,
        channel: usize,
    ) -> kernels::Pixels<*mut f32> {
        kernels::Pixels {
            origin: workspace.origin(self.buffer).wrapping_add(channel),
            offsets: self.offsets[pixel..].as_ptr(),
        }
    }

    /// Where a pixel lies.
    pub(crate) fn address(&self, workspace: &Workspace, pixel: usize) -> *const f32 {
        let offset = self.offsets.get(pixel).map_or(0, |&offset| offset as usize);
        workspace.origin(self.buffer).wrapping_add(offset)
    }
}
