//! Attention, a block of queries and a block of keys at a time: all weights never lie anywhere at once
//! (Dao et al. 2022).
//!
//! Scores lie key by key with their queries side by side. So the weights of sixteen queries are computed at once,
//! and keys are read as they are.

use std::ops::Range;
use std::ptr;

use super::Run;
use crate::kernels::product::Product;
use crate::kernels::softmax::SoftmaxTile;
use crate::layout::CHANNELS;
use crate::packed::WIDTH;
use crate::partition::parts;
use crate::pool::Worker;
use crate::workspace::Place;

/// Keys of a block, about: as many blocks as there are nearest to this. Blocks are the same everywhere, since
/// sums are rescaled from one to the next: what they round to depends on that.
const KEYS: usize = 256;

/// The most keys of a block: beyond one and a half times that, there are two.
const MOST_KEYS: usize = KEYS * 3 / 2;

/// Queries of a block: so often keys and values are used before others take their place in the nearest cache.
const QUERIES: usize = 2 * WIDTH;

/// Floats from one key's scores to the next; rows a power of two apart would evict each other.
const SCORES: usize = QUERIES + CHANNELS;

/// Every head of every image, all pixels or some to all.
pub(crate) struct Attend {
    attention: crate::Attention,
    /// Queries, keys and values.
    inputs: [Place; 3],
    output: Place,
}

/// Where a thread puts what it has packed and what it has not finished yet, each part at a cache line.
struct Scratch {
    /// Panels of queries, transposed: `[panel][channel][32]`.
    queries: *mut f32,
    /// `[key][channel]`.
    keys: *mut f32,
    /// Panels of channels: `[panel][key][32]`.
    values: *mut f32,
    /// `[key][query]`, then weights.
    scores: *mut f32,
    /// What every query has taken so far.
    sums: *mut f32,
    /// Of every query the largest score, the sum of its weights, and the factor of what came before.
    states: [*mut f32; 3],
}

/// A block of queries of a head of an image.
#[derive(Clone, Copy)]
struct Block {
    at: [usize; 2],
    first: usize,
    queries: usize,
}

impl Attend {
    pub(crate) fn new(attention: &crate::Attention, inputs: [Place; 3], output: Place) -> Self {
        Self { attention: attention.clone(), inputs, output }
    }

    /// Floats of scratch that so many threads need.
    pub(crate) fn scratch_len(&self, threads: usize) -> usize {
        threads * self.lengths().iter().sum::<usize>()
    }

    /// How many tokens are attended to.
    fn tokens(&self) -> usize {
        self.inputs[1].layout.height() * self.inputs[1].layout.width()
    }

    /// How many attend to them: all, or those that somebody reads.
    fn queries(&self) -> usize {
        self.output.layout.height() * self.output.layout.width()
    }

    /// Channels of a head, padded.
    fn padded(&self) -> usize {
        self.attention.width.next_multiple_of(CHANNELS)
    }

    /// Blocks of keys.
    fn keys(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let tokens = self.tokens();
        let count = (tokens + KEYS / 2) / KEYS;
        parts(0..tokens, tokens.div_ceil(count.max(1)))
    }

    /// Floats of every part of a thread's scratch, in its order.
    fn lengths(&self) -> [usize; 8] {
        let (width, padded, tokens) = (self.attention.width, self.padded(), self.tokens());
        let keys = MOST_KEYS.min(tokens);
        let state = QUERIES;
        let lengths = [
            QUERIES * width,
            tokens * width,
            tokens * padded,
            keys * SCORES,
            QUERIES * padded,
            state,
            state,
            state,
        ];
        lengths.map(|length| length.next_multiple_of(CHANNELS))
    }

    fn scratch(&self, run: &Run<'_>, worker: &Worker<'_>) -> Scratch {
        let lengths = self.lengths();
        let mut start = worker.index() * lengths.iter().sum::<usize>();
        let [queries, keys, values, scores, sums, states @ ..] = lengths.map(|length| {
            start += length;
            run.workspace.scratch().wrapping_add(start - length)
        });
        Scratch { queries, keys, values, scores, sums, states }
    }

    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let scratch = self.scratch(run, worker);
        let blocks = self.queries().div_ceil(QUERIES);
        let heads = self.output.layout.images() * self.attention.heads;
        let mut packed = None;
        for unit in worker.share(heads * blocks) {
            let (head, first) = (unit / blocks, unit % blocks * QUERIES);
            let at = [head / self.attention.heads, head % self.attention.heads];
            let block = Block { at, first, queries: QUERIES.min(self.queries() - first) };
            // SAFETY: the scratch is this thread's own, with room for a head's keys and values and a block
            // of queries, and queries, keys and values are not written now.
            unsafe {
                if packed != Some(at) {
                    self.pack_keys_and_values(run, &scratch, at);
                    packed = Some(at);
                }
                self.pack_queries(run, &scratch, block);
                self.attend(run, &scratch, block);
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
    unsafe fn pack_keys_and_values(&self, run: &Run<'_>, scratch: &Scratch, at: [usize; 2]) {
        let (width, padded) = (self.attention.width, self.padded());
        for token in 0..self.tokens() {
            let key = scratch.keys.wrapping_add(token * width);
            // SAFETY: the head has so many channels, and there is a row for every token.
            unsafe { key.copy_from_nonoverlapping(self.head(run, 1, at, token), width) }
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

    /// Panels of queries: where each starts, and how many columns it has.
    fn panels(queries: usize) -> impl Iterator<Item = (usize, usize)> {
        let padded = queries.next_multiple_of(CHANNELS);
        (0..padded).step_by(WIDTH).map(move |start| (start, WIDTH.min(padded - start)))
    }

    /// Queries times the scale. What is no query is zero.
    ///
    /// # Safety
    /// As [`run`](Self::run) says.
    unsafe fn pack_queries(&self, run: &Run<'_>, scratch: &Scratch, block: Block) {
        let (width, scale) = (self.attention.width, self.attention.scale);
        for (start, columns) in Self::panels(block.queries) {
            let panel = scratch.queries.wrapping_add(start * width);
            for column in 0..columns {
                let query = start + column;
                let token = block.first + query;
                let from = match query < block.queries {
                    true => self.head(run, 0, block.at, token),
                    false => ptr::null(),
                };
                for channel in 0..width {
                    // SAFETY: the head has so many channels, and the panel so many rows.
                    unsafe {
                        let x = if from.is_null() { 0.0 } else { *from.add(channel) * scale };
                        *panel.add(channel * columns + column) = x;
                    }
                }
            }
        }
    }

    /// What a block of queries takes.
    ///
    /// # Safety
    /// As [`run`](Self::run) says, with queries, keys and values packed.
    unsafe fn attend(&self, run: &Run<'_>, scratch: &Scratch, block: Block) {
        let (width, padded) = (self.attention.width, self.padded());
        let [largest, sums, factors] = scratch.states;
        for keys in self.keys() {
            let tile = SoftmaxTile {
                scores: scratch.scores,
                row: SCORES,
                keys: keys.len(),
                queries: block.queries.next_multiple_of(CHANNELS),
                largest,
                sums,
                factors,
                is_first: keys.start == 0,
            };
            // SAFETY: queries, keys and channels lie within the scratch; the caller's promise.
            unsafe {
                self.score(run, scratch, block.queries, keys.clone());
                (run.kernels.softmax)(&tile);
                self.take(run, scratch, block.queries, keys);
            }
        }
        for query in 0..block.queries {
            let (output, token) = (self.output.layout, block.first + query);
            let (y, x) = (token / output.width(), token % output.width());
            let to = output.at(block.at[0], y, x) + block.at[1] * width;
            let to = run.workspace.origin(self.output.buffer).wrapping_add(to);
            let taken = scratch.sums.wrapping_add(query * padded);
            // SAFETY: the token has these channels, which no other thread writes.
            unsafe {
                (run.kernels.divide)(taken, padded, *sums.add(query));
                to.copy_from_nonoverlapping(taken, width);
            }
        }
    }

    /// k·qᵀ of a block of keys.
    ///
    /// # Safety
    /// As [`attend`](Self::attend) says.
    unsafe fn score(&self, run: &Run<'_>, scratch: &Scratch, queries: usize, keys: Range<usize>) {
        let width = self.attention.width;
        for (start, columns) in Self::panels(queries) {
            let product = Product {
                left: scratch.keys.wrapping_add(keys.start * width),
                // A head of one channel has its keys side by side.
                left_row: width,
                left_step: 1,
                right: scratch.queries.wrapping_add(start * width),
                right_row: columns,
                depth: width,
                columns,
                sums: scratch.scores.wrapping_add(start),
                sums_row: SCORES,
                factors: ptr::null(),
            };
            // SAFETY: the caller's promise.
            unsafe { (run.kernels.product)(keys.len(), &product) }
        }
    }

    /// weights·v of a block of keys, added to what was taken before.
    ///
    /// # Safety
    /// As [`attend`](Self::attend) says.
    unsafe fn take(&self, run: &Run<'_>, scratch: &Scratch, queries: usize, keys: Range<usize>) {
        for start in (0..self.padded()).step_by(WIDTH) {
            let columns = WIDTH.min(self.padded() - start);
            let product = Product {
                left: scratch.scores,
                left_row: 1,
                left_step: SCORES,
                right: scratch.values.wrapping_add(start * self.tokens() + keys.start * columns),
                right_row: columns,
                depth: keys.len(),
                columns,
                sums: scratch.sums.wrapping_add(start),
                sums_row: self.padded(),
                factors: if keys.start == 0 { ptr::null() } else { scratch.states[2] },
            };
            // SAFETY: the caller's promise.
            unsafe { (run.kernels.product)(queries, &product) }
        }
    }
}
