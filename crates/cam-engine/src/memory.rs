//! Which value lies in which buffer.

use std::ops::Range;

use crate::Error;
use crate::arena::Place;
use crate::flow::Flow;
use crate::layout::{Border, Layout};

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

/// A buffer while values are being placed.
struct Occupied {
    length: usize,
    is_free: bool,
    /// The values it held, in order, with how they lay.
    values: Vec<(usize, Layout)>,
}

impl Memory {
    /// Places every value that a segment computes.
    pub(crate) fn assign(flow: &Flow<'_>, segment: Range<usize>) -> Result<Self, Error> {
        let mut memory = Self {
            lengths: Vec::new(),
            places: vec![None; segment.len() + 1],
            start: segment.start,
        };
        let mut buffers = Vec::new();
        memory.place(flow, &mut buffers, segment.start, None)?;
        for step in flow.steps().filter(|&step| !flow.is_fused(step)) {
            let reused = memory.residual_to_replace(flow, step)?;
            memory.place(flow, &mut buffers, step + 1, reused)?;
            for value in flow.reads(step).filter(|&value| flow.is_last_reader(step, value)) {
                let buffer = memory.slot(value).place.buffer;
                buffers[buffer].is_free = reused != Some(buffer);
            }
        }
        memory.mark_borders(&buffers);
        memory.lengths = buffers.iter().map(|buffer| buffer.length).collect();
        Ok(memory)
    }

    /// Where a value lies.
    pub(crate) fn slot(&self, value: usize) -> Slot {
        self.places[value - self.start].expect("a value is placed before it is read")
    }

    /// The buffer of a step's residual, if its sum may take its place.
    fn residual_to_replace(&self, flow: &Flow<'_>, step: usize) -> Result<Option<usize>, Error> {
        let Some(residual) = flow.residual(step) else { return Ok(None) };
        let place = self.slot(residual).place;
        let is_free = flow.is_last_reader(step, residual) && flow.step(step).input != residual;
        Ok((is_free && place.layout == flow.layout(step + 1)?).then_some(place.buffer))
    }

    fn place(
        &mut self,
        flow: &Flow<'_>,
        buffers: &mut Vec<Occupied>,
        value: usize,
        reused: Option<usize>,
    ) -> Result<(), Error> {
        let layout = flow.layout(value)?;
        let buffer = reused.unwrap_or_else(|| choose(buffers, layout));
        let occupied = &mut buffers[buffer];
        occupied.is_free = false;
        occupied.length = occupied.length.max(layout.len());
        occupied.values.push((value, layout));
        let place = Place { buffer, layout };
        let slot = Slot { place, clear: false, in_place: reused.is_some() };
        self.places[value - self.start] = Some(slot);
        Ok(())
    }

    /// Buffers start as zeros and are used by run after run: a border is still zero if the value
    /// before, or in front of the first the last, lay in the same way.
    fn mark_borders(&mut self, buffers: &[Occupied]) {
        for buffer in buffers {
            let before = buffer.values.iter().cycle().skip(buffer.values.len() - 1);
            for ((_, before), &(value, layout)) in before.zip(&buffer.values) {
                let clear = layout.border != Border::default() && *before != layout;
                if let Some(slot) = &mut self.places[value - self.start] {
                    slot.clear = clear;
                }
            }
        }
    }
}

/// A free buffer that last held the like, or else the one that fits best, or else grows least; a
/// new one if none is free.
fn choose(buffers: &mut Vec<Occupied>, layout: Layout) -> usize {
    let free = || buffers.iter().enumerate().filter(|(_, buffer)| buffer.is_free);
    let alike = free().find(|(_, buffer)| buffer.values.last().is_some_and(|v| v.1 == layout));
    let fit = |(_, buffer): &(usize, &Occupied)| {
        let (have, want) = (buffer.length, layout.len());
        if have >= want { (0, have - want) } else { (1, want - have) }
    };
    match alike.or_else(|| free().min_by_key(fit)) {
        Some((index, _)) => index,
        None => {
            buffers.push(Occupied { length: 0, is_free: true, values: Vec::new() });
            buffers.len() - 1
        }
    }
}
