//! Zeroed floats on cache line boundaries.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::Arc;

use crate::MappedFile;

/// Floats behind the length that may be read: kernels load whole vectors from the last pixel.
pub(crate) const SLACK: usize = 64;

/// Bytes of a cache line, and of the widest vector.
pub(crate) const ALIGNMENT: usize = 64;

/// Floats that start at a cache line, zeroed when made, with some readable slack behind them.
///
/// Threads share one through [`start`](Self::start) and keep to parts that do not overlap.
pub(crate) struct Buffer {
    start: NonNull<f32>,
    len: usize,
    /// The file that holds them, which then owns the memory.
    file: Option<Arc<MappedFile>>,
}

// SAFETY: a buffer owns its memory and has no interior state; access through `start` is unsafe
// and its callers keep writers apart.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// `len` zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        let layout = Self::layout(len);
        // SAFETY: the layout is not of size zero, thanks to the slack.
        let memory = unsafe { alloc_zeroed(layout) };
        let Some(start) = NonNull::new(memory.cast()) else { handle_alloc_error(layout) };
        Self { start, len, file: None }
    }

    /// Floats that lie in a file, from a byte on; none where they do not start at a cache line,
    /// or where they and the slack behind them are not all there. They can only be read.
    pub(crate) fn mapped(file: &Arc<MappedFile>, from: usize, len: usize) -> Option<Self> {
        let bytes = len.checked_add(SLACK)?.checked_mul(size_of::<f32>())?;
        let bytes = file.bytes().get(from..from.checked_add(bytes)?)?;
        let start = NonNull::new(bytes.as_ptr().cast_mut())?.cast();
        let is_aligned = bytes.as_ptr().addr().is_multiple_of(ALIGNMENT);
        is_aligned.then(|| Self { start, len, file: Some(Arc::clone(file)) })
    }

    /// Where the floats start. Reading may go `SLACK` floats beyond the length, writing may not.
    pub(crate) fn start(&self) -> *mut f32 {
        self.start.as_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [f32] {
        assert!(self.file.is_none(), "what lies in a file is only read");
        // SAFETY: `len` initialised floats lie at `start`, and `self` is borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    pub(crate) fn as_slice(&self) -> &[f32] {
        // SAFETY: `len` initialised floats lie at `start`. Only packed weights are read this way,
        // and nothing writes to them once they are packed.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    fn layout(len: usize) -> Layout {
        let bytes = len.checked_add(SLACK).and_then(|floats| floats.checked_mul(size_of::<f32>()));
        bytes
            .and_then(|bytes| Layout::from_size_align(bytes, ALIGNMENT).ok())
            .expect("an activation's length was checked when it was planned")
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.file.is_none() {
            // SAFETY: `zeroed` allocated it with this very layout.
            unsafe { dealloc(self.start.as_ptr().cast(), Self::layout(self.len)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_starts_at_a_cache_line_and_holds_zeros() {
        for len in [0, 1, 15, 1000] {
            let buffer = Buffer::zeroed(len);
            assert_eq!(buffer.start() as usize % ALIGNMENT, 0);
            assert!(buffer.as_slice().iter().all(|&x| x == 0.0));
            assert_eq!(buffer.len(), len);
        }
    }
}
