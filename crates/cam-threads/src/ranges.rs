use std::ops::Range;

use crate::side_by_side;

/// What a function gives for each of several ranges that make up `0..count`, in their order: one for each thread,
/// or fewer, all but the last equally long. For work that needs memory of its own once, not for every number.
///
/// # Panics
/// As [`side_by_side`].
pub fn in_ranges<R: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(Range<usize>) -> R + Sync,
) -> Vec<R> {
    let share = count.div_ceil(threads.max(1)).max(1);
    let starts = (0..count).step_by(share);
    let ranges: Vec<_> = starts.map(|start| start..count.min(start + share)).collect();
    side_by_side(&ranges, threads, |range| work(range.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_in_one_range_and_no_range_is_empty() {
        for (count, threads, ranges) in [(0, 3, 0), (1, 0, 1), (10, 1, 1), (10, 3, 3), (3, 9, 3)] {
            let found = in_ranges(count, threads, |range| range.collect::<Vec<_>>());
            assert_eq!(found.len(), ranges, "{count} by {threads}");
            assert!(found.iter().all(|range| !range.is_empty()));
            assert_eq!(found.concat(), (0..count).collect::<Vec<_>>(), "{count} by {threads}");
        }
    }
}
