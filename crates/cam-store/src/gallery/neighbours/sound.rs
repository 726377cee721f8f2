//! Whether a graph leads nowhere but to its own nodes. The library that walks it takes every number in it for
//! true; a checksum says that they were written, not by whom.
//!
//! ```text
//! rows, width                      u32 each, and the rounded rows, which are not looked at here
//! "usearch", versions, kinds       17 bytes
//! rows that are there, that went   u64 each
//! width, whether keys repeat       u64, u8; then zeros up to byte 64
//! nodes, neighbours above, below   u64 each
//! highest level, first node        u64 each
//! levels                           i16 for each node
//! nodes                            key u64, level i16, then for each level from 0 on:
//!                                  a count u32, and room for as many neighbours u32 as there may be
//! ```

use super::block::CONNECTIVITY;

/// Bytes in front of the nodes' numbers.
const HEAD: usize = 64;

/// Neighbours of a node where all nodes are; above there are half as many.
const BASE: usize = 2 * CONNECTIVITY;

/// No graph of 2³² nodes has a higher level.
const HIGHEST: u16 = 64;

/// Whether so many rows of that width have this graph: what stands before and behind the rounded rows.
pub(super) fn is_sound(sizes: &[u8], graph: &[u8], count: usize, width: usize) -> bool {
    let sizes = &mut Numbers(sizes);
    let has_sizes = sizes.u32() == Some(count) && sizes.u32() == Some(width);
    has_sizes && Nodes::read(graph, count, width).is_some_and(|nodes| nodes.are_sound())
}

/// What is left to be read, little-endian.
struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.bytes(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?)).ok()
    }

    fn u64(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.bytes(8)?.try_into().ok()?)).ok()
    }
}

struct Nodes<'a> {
    levels: Vec<u16>,
    rest: Numbers<'a>,
}

impl<'a> Nodes<'a> {
    fn read(graph: &'a [u8], count: usize, width: usize) -> Option<Self> {
        let mut rest = Numbers(graph);
        let mut head = Numbers(rest.bytes(HEAD)?);
        let is_known = head.bytes(7)? == b"usearch" && head.bytes(10).is_some();
        let [present, gone, dimensions] = [head.u64()?, head.u64()?, head.u64()?];
        let is_known = is_known && head.bytes(1)? == [0];
        let [nodes, above, base] = [rest.u64()?, rest.u64()?, rest.u64()?];
        let [highest, first] = [rest.u64()?, rest.u64()?];
        let fits = [present, gone, dimensions, nodes, above, base]
            == [count, 0, width, count, CONNECTIVITY, BASE];
        let mut levels = Numbers(rest.bytes(count.checked_mul(2)?)?);
        let levels: Vec<u16> = (0..count).map_while(|_| levels.u16()).collect();
        let starts = levels.get(first).is_some_and(|&level| highest <= usize::from(level));
        let is_low = levels.iter().all(|&level| level <= HIGHEST);
        (is_known && fits && starts && is_low).then_some(Self { levels, rest })
    }

    /// Every node is where its level says, and has neighbours that reach its level.
    fn are_sound(mut self) -> bool {
        let levels = std::mem::take(&mut self.levels);
        let sound = levels.iter().all(|&level| self.is_next_sound(level, &levels) == Some(true));
        sound && self.rest.0.is_empty()
    }

    fn is_next_sound(&mut self, level: u16, levels: &[u16]) -> Option<bool> {
        // A key that is no row's is found and passed over.
        self.rest.bytes(size_of::<u64>())?;
        let mut is_sound = self.rest.u16()? == level;
        for height in 0..=level {
            let most = if height == 0 { BASE } else { CONNECTIVITY };
            let count = self.rest.u32()?;
            let mut neighbours = Numbers(self.rest.bytes(most * 4)?);
            is_sound &= count <= most;
            for _ in 0..count.min(most) {
                let neighbour = neighbours.u32()?;
                is_sound &= levels.get(neighbour).is_some_and(|&reached| reached >= height);
            }
        }
        Some(is_sound)
    }
}
