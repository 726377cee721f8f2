//! Channels that go somewhere else as they are, and their gradients that come back.

use super::Run;
use crate::pool::Worker;
use crate::workspace::Place;

/// Runs of channels, copied from or added at the same position, or one that several share.
pub(crate) struct Copy {
    pub(crate) sources: Vec<Place>,
    pub(crate) runs: Vec<Channels>,
    /// Output pixels per source pixel, down and across.
    pub(crate) factors: [usize; 2],
    /// Whether they are added to what is there.
    pub(crate) adds: bool,
    pub(crate) output: Place,
}

/// Channels in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Channels {
    /// Which of the sources they come from.
    pub(crate) source: usize,
    /// The first there.
    pub(crate) from: usize,
    /// The first in the output.
    pub(crate) to: usize,
    pub(crate) count: usize,
}

impl Copy {
    /// Sources one behind another.
    pub(crate) fn concat(sources: Vec<Place>, output: Place) -> Self {
        let mut to = 0;
        let runs = sources.iter().enumerate().map(|(source, place)| {
            let count = place.layout.channels();
            to += count;
            Channels { source, from: 0, to: to - count, count }
        });
        Self { runs: runs.collect(), sources, factors: [1; 2], adds: false, output }
    }

    /// Some channels of one source.
    pub(crate) fn of_one(source: Place, runs: Vec<Channels>, adds: bool, output: Place) -> Self {
        Self { sources: vec![source], runs, factors: [1; 2], adds, output }
    }

    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let layout = self.output.layout;
        let [down, across] = self.factors;
        for row in worker.share(layout.images() * layout.height()) {
            let (image, y) = (row / layout.height(), row % layout.height());
            for x in 0..layout.width() {
                let to = run.workspace.origin(self.output.buffer);
                let to = to.wrapping_add(layout.at(image, y, x));
                for channels in &self.runs {
                    let place = self.sources[channels.source];
                    let from = run.workspace.origin(place.buffer);
                    let from = from.wrapping_add(place.layout.at(image, y / down, x / across));
                    // SAFETY: the pixel lies in both places, whose channels the runs were made for; the
                    // output is no source, and no other thread touches this row of it.
                    unsafe { self.move_channels(from, to, channels) }
                }
            }
        }
    }

    /// # Safety
    /// The channels may be read and written, counted from the pixels' first, and do not overlap.
    unsafe fn move_channels(&self, from: *const f32, to: *mut f32, channels: &Channels) {
        // SAFETY: the caller's promise.
        unsafe {
            let (from, to) = (from.add(channels.from), to.add(channels.to));
            if !self.adds {
                to.copy_from_nonoverlapping(from, channels.count);
                return;
            }
            for channel in 0..channels.count {
                *to.add(channel) += *from.add(channel);
            }
        }
    }
}

/// Channels `[groups, each]` in the order `[each, groups]`.
pub(crate) fn shuffled(channels: usize, groups: usize) -> Vec<Channels> {
    let each = channels / groups;
    let run = |to| Channels { source: 0, from: to % groups * each + to / groups, to, count: 1 };
    (0..channels).map(run).collect()
}

/// The runs that go the other way.
pub(crate) fn reversed(runs: Vec<Channels>) -> Vec<Channels> {
    runs.into_iter().map(|run| Channels { from: run.to, to: run.from, ..run }).collect()
}
