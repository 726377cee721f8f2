use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::thread;

use super::writer::unit;
use super::{Gallery, VECTORS};
use crate::Error;
use crate::concepts::check;
use crate::error::at;

/// Bytes of vectors that are looked at together: small enough for a core's cache.
const BLOCK: usize = 1 << 20;

/// An image that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its position among the gallery's entries.
    pub entry: usize,
    /// Cosine to the query, −1..=1.
    pub cosine: f32,
}

impl Gallery {
    /// The images most similar to a query, best first; of equal ones the one whose path comes first.
    ///
    /// Exact: every vector is compared. They are read in blocks by `threads` threads, so that memory
    /// does not grow with the gallery.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NonFinite`], [`Error::Zero`], [`Error::File`].
    pub fn search(&self, query: &[f32], count: usize, threads: usize) -> Result<Vec<Hit>, Error> {
        let width = self.header().fingerprint.width;
        check(query, width)?;
        let query = unit(query).ok_or(Error::Zero)?;
        // Rows of images that went, or changed, belong to nobody.
        let mut owners = vec![None; self.rows as usize];
        for (index, entry) in self.entries.iter().enumerate() {
            owners[entry.row as usize] = Some(index);
        }
        let share = owners.len().div_ceil(threads.max(1)).max(1);
        let found = thread::scope(|scope| {
            let parts: Vec<_> = owners
                .chunks(share)
                .enumerate()
                .map(|(part, owners)| {
                    let query = &query;
                    scope.spawn(move || self.best(part * share, owners, query, count))
                })
                .collect();
            let parts = parts.into_iter().map(|part| match part.join() {
                Ok(best) => best,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            parts.collect::<Result<Vec<_>, Error>>()
        })?;
        let mut found: Vec<Ranked> = found.into_iter().flatten().collect();
        found.sort_by(|a, b| b.cmp(a));
        found.truncate(count);
        Ok(found.into_iter().map(|Ranked(hit)| hit).collect())
    }

    /// The best of the rows from `first` on.
    fn best(
        &self,
        first: usize,
        owners: &[Option<usize>],
        query: &[f32],
        count: usize,
    ) -> Result<Vec<Ranked>, Error> {
        let path = self.folder.join(VECTORS);
        let length = query.len() * 4;
        let mut file = File::open(&path).map_err(at(&path))?;
        file.seek(SeekFrom::Start((first * length) as u64)).map_err(at(&path))?;
        let rows = (BLOCK / length).max(1);
        let mut bytes = vec![0; rows * length];
        // The worst of the best is on top.
        let mut best = BinaryHeap::with_capacity(count + 1);
        for owners in owners.chunks(rows) {
            let block = &mut bytes[..owners.len() * length];
            file.read_exact(block).map_err(at(&path))?;
            for (owner, row) in owners.iter().zip(block.chunks_exact(length)) {
                let Some(entry) = *owner else { continue };
                let cosine = dot(row, query).clamp(-1.0, 1.0);
                best.push(std::cmp::Reverse(Ranked(Hit { entry, cosine })));
                if best.len() > count {
                    best.pop();
                }
            }
        }
        Ok(best.into_iter().map(|std::cmp::Reverse(ranked)| ranked).collect())
    }
}

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
