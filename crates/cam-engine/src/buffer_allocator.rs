//! Buffers for values that come and go.

use crate::Border;
use crate::layout::Layout;

/// Buffers while values are being placed in them, each used again once it is free.
#[derive(Default)]
pub(crate) struct BufferAllocator {
    buffers: Vec<Occupied>,
}

struct Occupied {
    length: usize,
    is_free: bool,
    /// The values it held, in order, with how they lay.
    values: Vec<(usize, Layout)>,
}

impl BufferAllocator {
    /// A place for a value: a free buffer that last held the like, or else the one that fits best,
    /// or else grows least; a new one if none is free.
    pub(crate) fn place(&mut self, value: usize, layout: Layout) -> usize {
        let buffer = self.choose(layout);
        self.place_in(buffer, value, layout);
        buffer
    }

    /// Puts a value into a certain buffer.
    pub(crate) fn place_in(&mut self, buffer: usize, value: usize, layout: Layout) {
        let occupied = &mut self.buffers[buffer];
        occupied.is_free = false;
        occupied.length = occupied.length.max(layout.len());
        occupied.values.push((value, layout));
    }

    /// Nobody reads any more what a buffer holds.
    pub(crate) fn release(&mut self, buffer: usize) {
        self.buffers[buffer].is_free = true;
    }

    /// Floats of every buffer.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        self.buffers.iter().map(|buffer| buffer.length).collect()
    }

    /// The values whose border must be zeroed before they are written.
    ///
    /// Buffers start as zeros and are used by run after run: a border is still zero if the value
    /// before, or in front of the first the last, lay in the same way.
    pub(crate) fn to_clear(&self) -> Vec<usize> {
        let mut values = Vec::new();
        for buffer in &self.buffers {
            let before = buffer.values.iter().cycle().skip(buffer.values.len() - 1);
            for ((_, before), &(value, layout)) in before.zip(&buffer.values) {
                if layout.border != Border::default() && *before != layout {
                    values.push(value);
                }
            }
        }
        values
    }

    fn choose(&mut self, layout: Layout) -> usize {
        let free = || self.buffers.iter().enumerate().filter(|(_, buffer)| buffer.is_free);
        let alike = free().find(|(_, buffer)| buffer.values.last().is_some_and(|v| v.1 == layout));
        let fit = |(_, buffer): &(usize, &Occupied)| {
            let (have, want) = (buffer.length, layout.len());
            if have >= want { (0, have - want) } else { (1, want - have) }
        };
        match alike.or_else(|| free().min_by_key(fit)) {
            Some((index, _)) => index,
            None => {
                self.buffers.push(Occupied { length: 0, is_free: true, values: Vec::new() });
                self.buffers.len() - 1
            }
        }
    }
}
