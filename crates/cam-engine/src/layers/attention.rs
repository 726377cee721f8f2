//! Attention, a block of queries and a block of keys at a time: all weights never lie anywhere at once
//! (Dao et al. 2022).

use std::ops::Range;

use super::Run;
use crate::kernels::product::{Product, SoftmaxRow};
use crate::layout::CHANNELS;
use crate::packed::WIDTH;
use crate::partition::parts;
use crate::pool::Worker;
use crate::workspace::Place;

/// Keys of a block. It is the same everywhere, since a row's weights are rescaled from block to block:
/// what it rounds to depends on it.
const KEYS: usize = 256;

/// Floats from one row of scores to the next; rows a power of two apart would evict each other.
const SCORES: usize = KEYS + CHANNELS;

/// Tiles of queries in a block: so often keys and values are used before others take their place in the
/// nearest cache.
const TILES: usize = 4;

/// The most queries of a block, for any instruction set.
const MOST_QUERIES: usize = TILES * 14;

/// Every head of every image, all pixels to all.
pub(crate) struct Attend {
    attention: crate::Attention,
    /// Queries, keys and values.
    inputs: [Place; 3],
    output: Place,
}

/// Where a thread puts what it has packed and what it has not finished yet, each part at a cache line.
struct Scratch {
    queries: *mut f32,
    /// Panels of keys, transposed: `[panel][channel][32]`.
    keys: *mut f32,
    /// Panels of channels: `[panel][key][32]`.
    values: *mut f32,
    scores: *mut f32,
    /// What every query has taken so far.
    sums: *mut f32,
    /// Of every query the largest score and the sum of its weights.
    states: *mut [f32; 2],
}

impl Attend {
    pub(crate) fn new(attention: &crate::Attention, inputs: [Place; 3], output: Place) -> Self {
        Self { attention: attention.clone(), inputs, output }
    }

    /// Floats of scratch that so many threads need.
    pub(crate) fn scratch_len(&self, threads: usize) -> usize {
        threads * self.lengths().iter().sum::<usize>()
    }

    /// How many tokens attend to each other.
    fn tokens(&self) -> usize {
        self.output.layout.height() * self.output.layout.width()
    }

    /// Channels of a head, padded.
    fn padded(&self) -> usize {
        self.attention.width.next_multiple_of(CHANNELS)
    }

    /// Floats of every part of a thread's scratch, in its order.
    fn lengths(&self) -> [usize; 6] {
        let (tokens, padded) = (self.tokens().next_multiple_of(CHANNELS), self.padded());
        let rows = MOST_QUERIES;
        let lengths = [
            rows * padded,
            tokens * padded,
            tokens * padded,
            rows * SCORES,
            rows * padded,
            2 * rows,
        ];
        lengths.map(|length| length.next_multiple_of(CHANNELS))
    }

    fn scratch(&self, run: &Run<'_>, worker: &Worker<'_>) -> Scratch {
        let lengths = self.lengths();
        let mut start = worker.index() * lengths.iter().sum::<usize>();
        let [queries, keys, values, scores, sums, states] = lengths.map(|length| {
            start += length;
            run.workspace.scratch().wrapping_add(start - length)
        });
        Scratch { queries, keys, values, scores, sums, states: states.cast() }
    }

    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let scratch = self.scratch(run, worker);
        let blocks = parts(0..self.tokens(), TILES * run.kernels.rows);
        let heads = self.output.layout.images() * self.attention.heads;
        let mut packed = None;
        for unit in worker.share(heads * blocks.len()) {
            let head = unit / blocks.len();
            let [image, head] = [head / self.attention.heads, head % self.attention.heads];
            // SAFETY: the scratch is this thread's own, with room for a head's keys and values and a block
            // of queries, and queries, keys and values are not written now.
            unsafe {
                if packed != Some([image, head]) {
                    self.pack_keys(run, &scratch, [image, head]);
                    self.pack_values(run, &scratch, [image, head]);
                    packed = Some([image, head]);
                }
                let queries = blocks.clone().nth(unit % blocks.len()).unwrap_or_default();
                self.attend(run, &scratch, [image, head], queries);
            }
        }
    }

    /// Where a head of a token lies in queries (0), keys (1) or values (2).
    fn head(
        &self,
        run: &Run<'_>,
        which: usize,
        [image, head]: [usize; 2],
        token: usize,
    ) -> *const f32 {
        let Place { buffer, layout } = self.inputs[which];
        let first = self.attention.reads(0)[which].1 + head * self.attention.width;
        let (y, x) = (token / layout.width(), token % layout.width());
        run.workspace.origin(buffer).wrapping_add(layout.at(image, y, x) + first).cast_const()
    }

    /// # Safety
    /// As [`run`](Self::run) says.
    unsafe fn pack_keys(&self, run: &Run<'_>, scratch: &Scratch, at: [usize; 2]) {
        let width = self.attention.width;
        for token in 0..self.tokens() {
            let from = self.head(run, 1, at, token);
            let (start, columns) = self.panel(token);
            let to = scratch.keys.wrapping_add(start * width + token - start);
            for channel in 0..width {
                // SAFETY: the head has so many channels, and the panel so many rows.
                unsafe { *to.add(channel * columns) = *from.add(channel) }
            }
        }
    }

    /// The first key of a key's panel, and how many columns the panel has.
    fn panel(&self, token: usize) -> (usize, usize) {
        let start = token / WIDTH * WIDTH;
        (start, WIDTH.min(self.tokens().next_multiple_of(CHANNELS) - start))
    }

    /// # Safety
    /// As [`run`](Self::run) says.
    unsafe fn pack_values(&self, run: &Run<'_>, scratch: &Scratch, at: [usize; 2]) {
        let (width, padded) = (self.attention.width, self.padded());
        for token in 0..self.tokens() {
            let from = self.head(run, 2, at, token);
            for start in (0..padded).step_by(WIDTH) {
                let columns = WIDTH.min(padded - start);
                let to = scratch.values.wrapping_add(start * self.tokens() + token * columns);
                let count = columns.min(width - start.min(width));
                // SAFETY: the head has so many channels, and the panel a row for every token.
                unsafe { to.copy_from_nonoverlapping(from.add(start), count) }
            }
        }
    }

    /// What a block of queries takes.
    ///
    /// # Safety
    /// As [`run`](Self::run) says, with keys and values packed.
    unsafe fn attend(
        &self,
        run: &Run<'_>,
        scratch: &Scratch,
        at: [usize; 2],
        queries: Range<usize>,
    ) {
        let (width, padded, rows) = (self.attention.width, self.padded(), queries.len());
        for (row, token) in queries.clone().enumerate() {
            let from = self.head(run, 0, at, token);
            for channel in 0..width {
                // SAFETY: the head has so many channels, and there is room for so many rows.
                unsafe {
                    let to = scratch.queries.add(row * padded + channel);
                    *to = *from.add(channel) * self.attention.scale;
                }
            }
        }
        let softmax = |row: usize, keys: &Range<usize>| SoftmaxRow {
            scores: scratch.scores.wrapping_add(row * SCORES),
            count: keys.len(),
            state: scratch.states.wrapping_add(row),
            sums: scratch.sums.wrapping_add(row * padded),
            width: padded,
            is_first: keys.start == 0,
        };
        for start in (0..self.tokens()).step_by(KEYS) {
            let keys = start..self.tokens().min(start + KEYS);
            // SAFETY: rows, keys and channels lie within the scratch; the caller's promise.
            unsafe {
                self.score(run, scratch, rows, keys.clone());
                (0..rows).for_each(|row| (run.kernels.softmax)(&softmax(row, &keys)));
                self.take(run, scratch, rows, keys);
            }
        }
        for (row, token) in queries.enumerate() {
            let output = self.output.layout;
            let (y, x) = (token / output.width(), token % output.width());
            let to = output.at(at[0], y, x) + at[1] * width;
            let to = run.workspace.origin(self.output.buffer).wrapping_add(to);
            // SAFETY: the token has these channels, which no other thread writes.
            unsafe {
                (run.kernels.divide)(&softmax(row, &(0..0)));
                to.copy_from_nonoverlapping(scratch.sums.add(row * padded), width);
            }
        }
    }

    /// q·kᵀ of a block of keys, which starts with a panel.
    ///
    /// # Safety
    /// As [`attend`](Self::attend) says.
    unsafe fn score(&self, run: &Run<'_>, scratch: &Scratch, rows: usize, keys: Range<usize>) {
        for panel in keys.clone().step_by(WIDTH) {
            let columns = self.panel(panel).1;
            let product = Product {
                left: scratch.queries,
                left_row: self.padded(),
                right: scratch.keys.wrapping_add(panel * self.attention.width),
                right_row: columns,
                depth: self.attention.width,
                columns,
                sums: scratch.scores.wrapping_add(panel - keys.start),
                sums_row: SCORES,
                adds: false,
            };
            // SAFETY: the caller's promise.
            unsafe { (run.kernels.product)(rows, &product) }
        }
    }

    /// weights·v of a block of keys, added to what was taken before.
    ///
    /// # Safety
    /// As [`attend`](Self::attend) says.
    unsafe fn take(&self, run: &Run<'_>, scratch: &Scratch, rows: usize, keys: Range<usize>) {
        for start in (0..self.padded()).step_by(WIDTH) {
            let columns = WIDTH.min(self.padded() - start);
            let product = Product {
                left: scratch.scores,
                left_row: SCORES,
                right: scratch.values.wrapping_add(start * self.tokens() + keys.start * columns),
                right_row: columns,
                depth: keys.len(),
                columns,
                sums: scratch.sums.wrapping_add(start),
                sums_row: self.padded(),
                adds: keys.start > 0,
            };
            // SAFETY: the caller's promise.
            unsafe { (run.kernels.product)(rows, &product) }
        }
    }
}
