//! Which value lies in which buffer.

use std::ops::Range;

use crate::Error;
use crate::buffer_allocator::BufferAllocator;
use crate::segment_analysis::SegmentAnalysis;
use crate::workspace::Place;

/// Buffers for the values of a segment, each used again as soon as nobody reads what it held.
pub(crate) struct Memory {
    /// Floats of every buffer.
    pub(crate) lengths: Vec<usize>,
    /// Per value from the segment's start on, where it lies, unless it never exists.
    places: Vec<Option<Slot>>,
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
            start: segment.start,
        };
        let mut buffers = BufferAllocator::default();
        memory.place(analysis, &mut buffers, segment.start, None)?;
        for step in analysis.steps().filter(|&step| !analysis.is_fused(step)) {
            if keep {
                memory.place(analysis, &mut buffers, step + 1, None)?;
                continue;
            }
            let reused = memory.residual_to_replace(analysis, step)?;
            memory.place(analysis, &mut buffers, step + 1, reused)?;
            for value in analysis.reads(step).filter(|&value| analysis.is_last_reader(step, value))
            {
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

    /// The buffer of a step's residual, if its sum may take its place.
    fn residual_to_replace(
        &self,
        analysis: &SegmentAnalysis<'_>,
        step: usize,
    ) -> Result<Option<usize>, Error> {
        let Some(residual) = analysis.residual(step) else { return Ok(None) };
        let place = self.slot(residual).place;
        let is_free =
            analysis.is_last_reader(step, residual) && analysis.step(step).input != residual;
        Ok((is_free && place.layout == analysis.layout(step + 1)?).then_some(place.buffer))
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
