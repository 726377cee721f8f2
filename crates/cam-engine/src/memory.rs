//! Which value lies in which buffer.

use std::ops::Range;

use crate::buffer_allocator::BufferAllocator;
use crate::layout::Layout;
use crate::segment_analysis::SegmentAnalysis;
use crate::workspace::Place;
use crate::{Border, Error};

/// Buffers for the values of a segment, each used again as soon as nobody reads what it held.
pub(crate) struct Memory {
    /// Floats of every buffer.
    pub(crate) lengths: Vec<usize>,
    /// Per value from the segment's start on, where it lies, unless it never exists.
    places: Vec<Option<Slot>>,
    /// The same of a convolution's sums in front of its activation, where they are kept.
    sums: Vec<Option<Place>>,
    /// Sums of a step's rows, where they are wanted.
    row_sums: Vec<Option<Place>>,
    start: usize,
}

/// Where a value lies, and whether the border around it must be zeroed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) place: Place,
    pub(crate) clear: bool,
    /// Whether it took the place of what was added to it.
    pub(crate) in_place: bool,
}

impl Memory {
    /// Places every value that a segment computes; where all are kept, each in a buffer of its own.
    pub(crate) fn assign(
        analysis: &SegmentAnalysis<'_>,
        segment: Range<usize>,
        keep: bool,
    ) -> Result<Self, Error> {
        let mut memory = Self {
            lengths: Vec::new(),
            places: vec![None; segment.len() + 1],
            sums: vec![None; segment.len() + 1],
            row_sums: vec![None; segment.len() + 1],
            start: segment.start,
        };
        let mut buffers = BufferAllocator::default();
        memory.place(analysis, &mut buffers, segment.start, None)?;
        for step in analysis.steps().filter(|&step| !analysis.is_fused(step)) {
            if keep {
                memory.place(analysis, &mut buffers, step + 1, None)?;
                if analysis.keeps_sums(step) {
                    let layout = Layout::padded(analysis.shape(step + 1), Border::default())?;
                    let buffer = buffers.place(step + 1, layout);
                    memory.sums[step + 1 - segment.start] = Some(Place { buffer, layout });
                }
                continue;
            }
            let reused = memory.buffer_to_reuse(analysis, step)?;
            memory.place(analysis, &mut buffers, step + 1, reused)?;
            if analysis.sums_rows(step) {
                let [images, channels, height, _] = analysis.shape(step + 1);
                let layout = Layout::padded([images, channels, height, 1], Border::default())?;
                let buffer = buffers.place(step + 1, layout);
                memory.row_sums[step - segment.start] = Some(Place { buffer, layout });
            }
            if let Some(place) = analysis.row_sums(step).and_then(|source| memory.row_sums(source))
            {
                buffers.release(place.buffer);
            }
            let reads = analysis.reads(step).into_iter();
            for value in reads.filter(|&value| analysis.is_last_reader(step, value)) {
                let buffer = memory.slot(value).place.buffer;
                if reused != Some(buffer) {
                    buffers.release(buffer);
                }
            }
        }
        for value in buffers.to_clear() {
            if let Some(slot) = &mut memory.places[value - segment.start] {
                slot.clear = true;
            }
        }
        memory.lengths = buffers.lengths();
        Ok(memory)
    }

    /// Where a value lies.
    pub(crate) fn slot(&self, value: usize) -> Slot {
        self.places[value - self.start].expect("a value is placed before it is read")
    }

    /// Where a convolution's sums lie, unless the activation takes their place.
    pub(crate) fn sums(&self, step: usize) -> Option<Place> {
        self.sums[step + 1 - self.start]
    }

    /// Where the sums of a step's rows lie, if they are wanted.
    pub(crate) fn row_sums(&self, step: usize) -> Option<Place> {
        self.row_sums[step - self.start]
    }

    /// The buffer of what a step's result may take the place of.
    fn buffer_to_reuse(
        &self,
        analysis: &SegmentAnalysis<'_>,
        step: usize,
    ) -> Result<Option<usize>, Error> {
        let Some(replaced) = analysis.replaced(step) else { return Ok(None) };
        let place = self.slot(replaced).place;
        Ok((place.layout == analysis.layout(step + 1)?).then_some(place.buffer))
    }

    fn place(
        &mut self,
        analysis: &SegmentAnalysis<'_>,
        buffers: &mut BufferAllocator,
        value: usize,
        reused: Option<usize>,
    ) -> Result<(), Error> {
        let layout = analysis.layout(value)?;
        let buffer = match reused {
            Some(buffer) => {
                buffers.place_in(buffer, value, layout);
                buffer
            }
            None => buffers.place(value, layout),
        };
        let place = Place { buffer, layout };
        let slot = Slot { place, clear: false, in_place: reused.is_some() };
        self.places[value - self.start] = Some(slot);
        Ok(())
    }
}
