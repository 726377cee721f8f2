use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

use cam_threads::in_ranges;

use super::Index;
use super::writer::unit;
use crate::Error;
use crate::concepts::check;

/// Bytes of vectors that are looked at together: small enough for a core's cache.
const BLOCK: usize = 1 << 20;

/// An image that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its position among the index's entries.
    pub entry: usize,
    /// Cosine to the query, −1..=1.
    pub cosine: f32,
}

impl Index {
    /// The images most similar to a query, best first; of equal ones the one whose path comes first.
    ///
    /// Exact: every vector is compared. They are read in blocks by `threads` threads, so that memory
    /// does not grow with the index.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NonFinite`], [`Error::Zero`], [`Error::File`], and [`Error::Damaged`]
    /// where an embedding that was found is not what was written.
    pub fn search(&self, query: &[f32], count: usize, threads: usize) -> Result<Vec<Hit>, Error> {
        let width = self.header().fingerprint.width;
        check(query, width)?;
        let query = unit(query).ok_or(Error::Zero)?;
        let owners = self.owners();
        let best = |rows: Range<usize>| self.best(rows.start, &owners[rows], &query, count);
        let found = in_ranges(owners.len(), threads, best);
        let found = found.into_iter().collect::<Result<Vec<_>, Error>>()?;
        self.as_written(ranked(found.into_iter().flatten().collect(), count))
    }

    /// What was found, if it is what was written: so much can be read again for every search.
    fn as_written(&self, hits: Vec<Hit>) -> Result<Vec<Hit>, Error> {
        hits.iter().try_for_each(|hit| self.vector(&self.entries[hit.entry]).map(drop))?;
        Ok(hits)
    }

    /// Which entry each row belongs to.
    fn owners(&self) -> Vec<Owner> {
        let mut owners = vec![NOBODY; self.rows as usize];
        for (entry, index) in self.entries.iter().zip(0..) {
            owners[entry.row as usize] = index;
        }
        owners
    }

    /// The best of the rows from `first` on.
    fn best(
        &self,
        first: usize,
        owners: &[Owner],
        query: &[f32],
        count: usize,
    ) -> Result<Vec<Ranked>, Error> {
        let length = query.len() * 4;
        let rows = (BLOCK / length).max(1);
        let mut bytes = vec![0; rows.min(owners.len()) * length];
        // The worst of the best is on top.
        let mut best = BinaryHeap::with_capacity(count + 1);
        for (owners, first) in owners.chunks(rows).zip((first..).step_by(rows)) {
            let block = &mut bytes[..owners.len() * length];
            self.read_rows(first as u64, block)?;
            for (&owner, row) in owners.iter().zip(block.chunks_exact(length)) {
                if owner == NOBODY {
                    continue;
                }
                best.push(Reverse(self.rank(owner, row, query)?));
                if best.len() > count {
                    best.pop();
                }
            }
        }
        Ok(best.into_iter().map(|Reverse(ranked)| ranked).collect())
    }

    /// A row's cosine to a query, both at length one.
    fn rank(&self, owner: Owner, row: &[u8], query: &[f32]) -> Result<Ranked, Error> {
        let (entry, cosine) = (owner as usize, dot(row, query));
        if !cosine.is_finite() {
            let path = &self.entries[entry].image.path;
            let reason = format!("{} holds no numbers for {path}", self.names.vectors);
            return Err(Error::Damaged { reason });
        }
        Ok(Ranked(Hit { entry, cosine: cosine.clamp(-1.0, 1.0) }))
    }
}

/// The position of an entry, in four bytes: there is one for each row.
type Owner = u32;

/// The owner of rows of images that changed or went.
const NOBODY: Owner = Owner::MAX;

/// Sums side by side, which the compiler makes vectors of.
const LANES: usize = 16;

/// The inner product of little-endian numbers and a vector.
fn dot(row: &[u8], query: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (numbers, _) = row.as_chunks::<4>();
    let (numbers, last_numbers) = numbers.as_chunks::<LANES>();
    let (queries, last_queries) = query.as_chunks::<LANES>();
    for (numbers, queries) in numbers.iter().zip(queries) {
        for ((sum, &number), query) in sums.iter_mut().zip(numbers).zip(queries) {
            *sum += f32::from_le_bytes(number) * query;
        }
    }
    let rest = last_numbers.iter().zip(last_queries);
    let rest: f32 = rest.map(|(&number, query)| f32::from_le_bytes(number) * query).sum();
    sums.into_iter().sum::<f32>() + rest
}

/// So many of what was found, best first.
fn ranked(mut found: Vec<Ranked>, count: usize) -> Vec<Hit> {
    found.sort_by(|a, b| b.cmp(a));
    found.truncate(count);
    found.into_iter().map(|Ranked(hit)| hit).collect()
}

/// A better hit is greater.
#[derive(Debug, PartialEq)]
struct Ranked(Hit);

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let Self(a) = self;
        let Self(b) = other;
        a.cosine.total_cmp(&b.cosine).then(b.entry.cmp(&a.entry))
    }
}
