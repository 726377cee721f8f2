//! Zeroed floats on cache line boundaries.

use std::ptr::NonNull;
use std::sync::Arc;

pub(crate) use crate::allocation::ALIGNMENT;
use crate::allocation::Allocation;

/// Floats behind the length that may be read: kernels load whole vectors from the last pixel.
pub(crate) const SLACK: usize = 64;

/// Floats that start at a cache line, zeroed when made, with some readable slack behind them.
///
/// Threads share one through [`start`](Self::start) and keep to parts that do not overlap.
pub(crate) struct Buffer {
    start: NonNull<f32>,
    len: usize,
    /// The memory, shared with the other parts of a buffer that was cut up.
    memory: Arc<Allocation>,
}

// SAFETY: a buffer has no interior state; access through `start` is unsafe and its callers keep
// writers apart.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// `len` zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        let bytes = len.checked_add(SLACK).and_then(|floats| floats.checked_mul(size_of::<f32>()));
        let memory = bytes.and_then(Allocation::zeroed);
        let memory = memory.expect("an activation's length was checked when it was planned");
        Self { start: memory.start().cast(), len, memory: Arc::new(memory) }
    }

    /// `len` of its floats from one on, as a buffer that shares its memory; none where they do not
    /// start at a cache line, or where they and the slack behind them are not all there. From then
    /// on both can only be read.
    pub(crate) fn part(&self, from: usize, len: usize) -> Option<Self> {
        let end = from.checked_add(len)?;
        let is_inside = end <= self.len && from.is_multiple_of(ALIGNMENT / size_of::<f32>());
        // SAFETY: it lies in the buffer, whose slack is behind whatever ends where it ends.
        let start = is_inside.then(|| unsafe { self.start.add(from) })?;
        Some(Self { start, len, memory: Arc::clone(&self.memory) })
    }

    /// Where the floats start. Reading may go `SLACK` floats beyond the length, writing may not.
    pub(crate) fn start(&self) -> *mut f32 {
        self.start.as_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [f32] {
        assert!(Arc::get_mut(&mut self.memory).is_some(), "what is shared is only read");
        // SAFETY: `len` initialised floats lie at `start`; `self` is borrowed exclusively, and
        // nobody else has the memory.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    /// The bytes of its floats.
    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8] {
        let floats = self.as_mut_slice();
        // SAFETY: a float is four bytes without padding, and any bytes are a float.
        unsafe { std::slice::from_raw_parts_mut(floats.as_mut_ptr().cast(), size_of_val(floats)) }
    }

    pub(crate) fn as_slice(&self) -> &[f32] {
        // SAFETY: `len` initialised floats lie at `start`. Only packed weights are read this way,
        // and nothing writes to them once they are packed.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
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

    #[test]
    fn a_part_outlives_the_whole_and_is_what_lay_there() {
        let mut whole = Buffer::zeroed(64);
        let numbers: Vec<f32> = (0..64_u8).map(f32::from).collect();
        whole.as_mut_slice().copy_from_slice(&numbers);
        let part = whole.part(16, 20);
        assert!(whole.part(8, 4).is_none() && whole.part(48, 17).is_none());
        assert!(whole.part(usize::MAX - 15, 16).is_none());
        drop(whole);
        assert_eq!(part.unwrap().as_slice(), &numbers[16..36]);
    }

    #[test]
    #[should_panic(expected = "what is shared is only read")]
    fn what_is_shared_is_not_written() {
        let mut whole = Buffer::zeroed(32);
        let _part = whole.part(0, 16);
        whole.as_mut_slice()[0] = 1.0;
    }
}
