use usearch::Index;

use super::block::{Block, EXPANSION_SEARCH};
use super::{Plan, rounded};
use crate::Error;
use crate::concepts::check;
use crate::gallery::search::{NOBODY, Owner, Ranked, ranked};
use crate::gallery::writer::unit;
use crate::gallery::{Entry, Gallery, Hit};
use crate::side_by_side::side_by_side;

/// Candidates whose cosines are computed exactly, for each image that is asked for: rows rounded to i8
/// come in slightly another order.
const CANDIDATES: usize = 8;

/// More images than these are searched for exactly: looking at so many candidates takes as long.
const MOST: usize = 500;

/// A gallery with the index of its neighbours.
pub struct Neighbours<'a> {
    gallery: &'a Gallery,
    /// Which entry each row belongs to.
    owners: Vec<Owner>,
    blocks: Vec<Opened>,
    plan: Plan,
}

/// A block as it is searched.
enum Opened {
    /// Row by row: there is no graph yet.
    Rows,
    /// All of its rows are dead, or it has a graph.
    Graph(Option<Index>),
}

impl Gallery {
    /// Opens the index of neighbours, which [`Writer::build_neighbours`](super::super::Writer) makes.
    ///
    /// # Errors
    /// [`Error::NoNeighbours`] where there is none, [`Error::Neighbours`] where it is damaged or of other
    /// rows, [`Error::File`].
    pub fn neighbours(&self, threads: usize) -> Result<Neighbours<'_>, Error> {
        let folder = self.folder.join(&self.names.neighbours);
        let plan = Plan::read(&folder)?;
        let plan = plan.ok_or_else(|| Error::NoNeighbours { folder: self.folder.clone() })?;
        let owners = self.owners();
        let width = self.header().fingerprint.width;
        let open = |&(number, owners): &(usize, &[Owner])| {
            let block = Block::of(&folder, number as u64);
            let Some(made) = block.made()? else { return Ok(Opened::Rows) };
            let rows: Vec<Option<&Entry>> =
                owners.iter().map(|&owner| self.entries.get(owner as usize)).collect();
            if !made.is_of(&rows) {
                return Err(block.stale());
            }
            block.open(&made.graph, width).map(Opened::Graph)
        };
        let blocks: Vec<_> = owners.chunks_exact(plan.rows as usize).enumerate().collect();
        let blocks = side_by_side(&blocks, threads, open).into_iter();
        let blocks = blocks.collect::<Result<_, Error>>()?;
        Ok(Neighbours { gallery: self, blocks, plan, owners })
    }
}

impl Neighbours<'_> {
    /// The images most similar to a query, best first, as [`Gallery::search`] gives them, but that one or
    /// the other may be missed. What is found has its exact cosine, and is in the gallery.
    ///
    /// # Errors
    /// As [`Gallery::search`], and [`Error::Neighbours`].
    pub fn search(&self, query: &[f32], count: usize, threads: usize) -> Result<Vec<Hit>, Error> {
        if count > MOST {
            return self.gallery.search(query, count, threads);
        }
        let width = self.gallery.header().fingerprint.width;
        check(query, width)?;
        let query = unit(query).ok_or(Error::Zero)?;
        let key = rounded(&query);
        let wanted = (count * CANDIDATES).max(EXPANSION_SEARCH);
        let rows = self.plan.rows as usize;
        let look = |&(first, owners): &(usize, &[Owner])| match self.blocks.get(first / rows) {
            Some(Opened::Graph(Some(index))) => {
                let is_alive = |row: u64| owners.get(row as usize).is_some_and(|&o| o != NOBODY);
                let found = index.filtered_search(&key, wanted, is_alive);
                let found = found.map_err(|error| Error::Damaged { reason: error.to_string() })?;
                let rows = found.keys.iter().map(|&row| first as u64 + row);
                Ok((Vec::new(), found.distances.into_iter().zip(rows).collect::<Vec<_>>()))
            }
            Some(Opened::Graph(None)) => Ok((Vec::new(), Vec::new())),
            Some(Opened::Rows) | None => {
                Ok((self.gallery.best(first, owners, &query, count)?, Vec::new()))
            }
        };
        let pieces: Vec<_> = (0..).step_by(rows).zip(self.owners.chunks(rows)).collect();
        let looked = side_by_side(&pieces, threads, look).into_iter();
        let looked = looked.collect::<Result<Vec<_>, Error>>()?;
        let (exact, near): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
        let mut near: Vec<(f32, u64)> = near.into_iter().flatten().collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.truncate(wanted);
        let mut found: Vec<Ranked> = exact.into_iter().flatten().collect();
        let mut row = vec![0; width * 4];
        for (_, number) in near {
            self.gallery.read_rows(number, &mut row)?;
            found.push(self.gallery.rank(self.owners[number as usize], &row, &query)?);
        }
        self.gallery.as_written(ranked(found, count))
    }

    /// Reads all of the index and compares it with its checksums.
    ///
    /// # Errors
    /// [`Error::Neighbours`] for the first that differs, [`Error::File`].
    pub fn verify(&self) -> Result<(), Error> {
        let folder = self.gallery.folder.join(&self.gallery.names.neighbours);
        for number in 0..self.blocks.len() {
            let block = Block::of(&folder, number as u64);
            if let Some(made) = block.made()? {
                block.verify(&made.graph)?;
            }
        }
        Ok(())
    }

    /// How many rows are searched by graphs, and how many one by one.
    pub fn rows(&self) -> [u64; 2] {
        let graphs = self.blocks.iter().filter(|block| matches!(block, Opened::Graph(_))).count();
        let covered = graphs as u64 * self.plan.rows;
        [covered, self.owners.len() as u64 - covered]
    }
}
