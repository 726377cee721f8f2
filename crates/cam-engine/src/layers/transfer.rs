//! In and out of the channels-last world.

use std::marker::PhantomData;

use super::Run;
use crate::partition::parts;
use crate::pool::Worker;
use crate::workspace::Place;

/// Pixels and channels that are transposed in one go: both sides stay in the first-level cache.
const BLOCK: usize = 64;

/// Reads a run's input, `[n, c, h, w]`.
pub(crate) struct Load {
    pub(crate) to: Place,
}

/// Writes one of a run's outputs.
pub(crate) struct Store {
    pub(crate) from: Place,
    /// Which.
    pub(crate) output: usize,
    pub(crate) order: Order,
}

/// How an output lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// `[n, c, h, w]`.
    ChannelsFirst,
    /// `[n, h, w, c]`.
    ChannelsLast,
}

/// Where an output of a run goes. Threads write parts of it that do not overlap.
pub(crate) struct Output<'a> {
    start: *mut f32,
    len: usize,
    borrowed: PhantomData<&'a mut [f32]>,
}

// SAFETY: it stands for a `&mut [f32]`, whose parts are given out one to each thread.
unsafe impl Sync for Output<'_> {}

impl<'a> Output<'a> {
    pub(crate) fn new(values: &'a mut [f32]) -> Self {
        Self { start: values.as_mut_ptr(), len: values.len(), borrowed: PhantomData }
    }
}

impl Load {
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let layout = self.to.layout;
        let [_, channels, height, width] = layout.shape;
        assert_eq!(run.input.len(), layout.pixels() * channels);
        let origin = run.workspace.origin(self.to.buffer);
        for row in worker.share(layout.images() * height) {
            let (image, y) = (row / height, row % height);
            let to = origin.wrapping_add(layout.at(image, y, 0));
            for channel in parts(0..channels, BLOCK) {
                for x in parts(0..width, BLOCK) {
                    for c in channel.clone() {
                        let from = ((image * channels + c) * height + y) * width;
                        let row = &run.input[from..from + width];
                        for x in x.clone() {
                            // SAFETY: pixel x of this row and its channel c lie in the buffer,
                            // and no other thread touches the row.
                            unsafe { *to.add(x * layout.pixel + c) = row[x] }
                        }
                    }
                }
            }
        }
    }
}

impl Store {
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let layout = self.from.layout;
        let [_, channels, height, width] = layout.shape;
        let output = &run.outputs[self.output];
        assert_eq!(output.len, layout.pixels() * channels);
        let origin = run.workspace.origin(self.from.buffer);
        for row in worker.share(layout.images() * height) {
            let (image, y) = (row / height, row % height);
            let from = origin.wrapping_add(layout.at(image, y, 0));
            if self.order == Order::ChannelsLast {
                for x in 0..width {
                    let to = (row * width + x) * channels;
                    // SAFETY: pixel x of this row has these channels, which nobody writes now; they lie within
                    // the output, whose length was checked, and belong to this row alone.
                    unsafe {
                        let from = from.add(x * layout.pixel);
                        output.start.add(to).copy_from_nonoverlapping(from, channels);
                    }
                }
                continue;
            }
            for channel in parts(0..channels, BLOCK) {
                for x in parts(0..width, BLOCK) {
                    for c in channel.clone() {
                        let to = ((image * channels + c) * height + y) * width;
                        for x in x.clone() {
                            // SAFETY: pixel x of this row and its channel c lie in the buffer,
                            // which nobody writes now; `to + x` lies within the output, whose
                            // length was checked, and belongs to this row alone.
                            unsafe { *output.start.add(to + x) = *from.add(x * layout.pixel + c) }
                        }
                    }
                }
            }
        }
    }
}
