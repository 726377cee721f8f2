//! Cutting a range into parts of nearly equal length, or into whole tiles.

use std::ops::Range;

/// As few parts as there can be of at most `longest`, whose lengths differ by at most one.
pub(crate) fn parts(
    range: Range<usize>,
    longest: usize,
) -> impl ExactSizeIterator<Item = Range<usize>> + Clone {
    let (start, len) = (range.start, range.len());
    let count = len.div_ceil(longest.max(1));
    (0..count).map(move |i| start + len * i / count..start + len * (i + 1) / count)
}

/// Rows of the last tile at least. Every row of a tile is two sums, and with fewer than eight of them a processor that
/// multiplies two vectors at a time waits for each product before it can add the next.
const LEAST: usize = 4;

/// Tiles of so many rows, for which kernels are fastest. Only the last has fewer, and the one before where it must leave
/// some to the last.
pub(crate) fn tiles(
    range: Range<usize>,
    rows: usize,
) -> impl ExactSizeIterator<Item = Range<usize>> + Clone {
    let (start, end) = (range.start, range.end);
    let count = range.len().div_ceil(rows);
    let last = match count {
        0 | 1 => start,
        _ => (start + (count - 1) * rows).min(end - LEAST.min(rows)),
    };
    let edge = move |index: usize| match index == count {
        true => end,
        false => (start + index * rows).min(last),
    };
    (0..count).map(move |index| edge(index)..edge(index + 1))
}

/// As few blocks of whole tiles as there can be of at most `longest`, whose numbers of tiles differ by at most one.
pub(crate) fn blocks(
    range: Range<usize>,
    longest: usize,
    rows: usize,
) -> impl Iterator<Item = Range<usize>> {
    let rows = rows.min(longest).max(1);
    let tiles = parts(0..range.len().div_ceil(rows), longest / rows);
    tiles.map(move |tiles| {
        let at = |tile: usize| (range.start + tile * rows).min(range.end);
        at(tiles.start)..at(tiles.end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_balanced() {
        let lengths: Vec<usize> = parts(10..59, 14).map(|part| part.len()).collect();
        assert_eq!(lengths, [12, 12, 12, 13]);
        assert_eq!(parts(0..0, 14).len(), 0);
    }

    #[test]
    fn tiles_are_full_but_for_the_last() {
        let lengths =
            |len: usize, rows| tiles(3..3 + len, rows).map(|tile| tile.len()).collect::<Vec<_>>();
        assert_eq!(lengths(41, 12), [12, 12, 12, 5]);
        assert_eq!(lengths(25, 12), [12, 9, 4]);
        assert_eq!(lengths(13, 12), [9, 4]);
        assert_eq!(lengths(7, 12), [7]);
        assert_eq!(lengths(0, 12), []);
        for (len, rows) in [(1, 1), (5, 2), (100, 7), (99, 14), (3, 5)] {
            let all: Vec<usize> = tiles(3..3 + len, rows).flatten().collect();
            assert_eq!(all, (3..3 + len).collect::<Vec<_>>());
            assert!(tiles(3..3 + len, rows).all(|tile| (1..=rows).contains(&tile.len())));
        }
    }

    #[test]
    fn blocks_are_of_whole_tiles() {
        let lengths = |len: usize, longest| {
            blocks(3..3 + len, longest, 12).map(|block| block.len()).collect::<Vec<_>>()
        };
        assert_eq!(lengths(197, 85), [60, 72, 65]);
        assert_eq!(lengths(20, 85), [20]);
        assert_eq!(lengths(20, 7), [7, 7, 6]);
        assert_eq!(lengths(0, 85), []);
    }

    #[test]
    fn parts_cover_the_range_in_order() {
        for (len, longest) in [(1, 1), (5, 2), (100, 7), (7, 100), (3, 0)] {
            let all: Vec<usize> = parts(3..3 + len, longest).flatten().collect();
            assert_eq!(all, (3..3 + len).collect::<Vec<_>>());
        }
    }
}
