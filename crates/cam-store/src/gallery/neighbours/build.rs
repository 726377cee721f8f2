use std::fs;
use std::ops::ControlFlow;

use super::block::Block;
use super::plan::refused;
use super::{Plan, rounded};
use crate::Error;
use crate::error::at;
use crate::gallery::file::read_exact_at;
use crate::gallery::reader::check;
use crate::gallery::{Entry, Step, Writer};
use crate::side_by_side::side_by_side;

impl Writer {
    /// Makes what is missing of the index of neighbours, and what is not of these rows or damaged: a
    /// block for each of `threads`. Says how many rows came to it.
    ///
    /// Killed at any moment, blocks that were finished stay, and the same call makes the others. `step`
    /// is called before each row with how many there are.
    ///
    /// # Errors
    /// [`Error::Stopped`], [`Error::Damaged`] where embeddings are not those that were written,
    /// [`Error::File`], and [`Error::Neighbours`] where no graph can be made.
    pub fn build_neighbours(
        &mut self,
        plan: Plan,
        threads: usize,
        step: Step<'_>,
    ) -> Result<u64, Error> {
        self.sync()?;
        let folder = self.folder.join(&self.names.neighbours);
        if Plan::read(&folder).ok().flatten() != Some(plan) {
            drop(fs::remove_dir_all(&folder));
            fs::create_dir_all(&folder).map_err(at(&folder))?;
            plan.write(&folder)?;
        }
        let mut owners = vec![None; self.rows as usize];
        for by_path in &self.entries {
            owners[by_path.0.row as usize] = Some(&*by_path.0);
        }
        let blocks = owners.chunks_exact(plan.rows as usize).enumerate();
        let blocks = blocks.map(|(number, rows)| (Block::of(&folder, number as u64), rows));
        let due: Vec<_> = blocks.filter(|(block, rows)| !self.is_made(block, rows)).collect();
        let rows: u64 = due.iter().flat_map(|(_, rows)| *rows).flatten().count() as u64;
        let make =
            |(block, owners): &(Block, &[Option<&Entry>])| self.make(block, owners, &|| step(rows));
        side_by_side(&due, threads, make).into_iter().collect::<Result<(), Error>>()?;
        Ok(rows)
    }

    /// Whether a block is there and can be used.
    fn is_made(&self, block: &Block, rows: &[Option<&Entry>]) -> bool {
        let made = block.made().ok().flatten().filter(|made| made.is_of(rows));
        made.is_some_and(|made| block.open(&made.graph, self.header.fingerprint.width).is_ok())
    }

    fn make(
        &self,
        block: &Block,
        owners: &[Option<&Entry>],
        step: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let width = self.header.fingerprint.width;
        let path = self.folder.join(&self.names.vectors);
        let refused = |reason: String| refused(&path, reason);
        let index = Block::empty(width).map_err(refused)?;
        let reserved = index.reserve_capacity_and_threads(owners.len(), 1);
        reserved.map_err(|error| refused(error.to_string()))?;
        let mut bytes = vec![0; width * 4];
        let length = bytes.len() as u64;
        for (key, entry) in (0..).zip(owners) {
            let Some(entry) = entry else { continue };
            if step().is_break() {
                return Err(Error::Stopped);
            }
            read_exact_at(&self.vectors, &mut bytes, entry.row * length).map_err(at(&path))?;
            check(entry, &bytes, entry.vector_crc)?;
            let (numbers, _) = bytes.as_chunks::<4>();
            let row: Vec<f32> = numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
            index.add(key, &rounded(&row)).map_err(|error| refused(error.to_string()))?;
        }
        let crc = |entry: &Option<&Entry>| entry.map_or(0, |entry| entry.vector_crc);
        block.write(&index, owners.iter().map(crc).collect())
    }
}
