//! Cutting a range into parts of nearly equal length.

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
    fn parts_cover_the_range_in_order() {
        for (len, longest) in [(1, 1), (5, 2), (100, 7), (7, 100), (3, 0)] {
            let all: Vec<usize> = parts(3..3 + len, longest).flatten().collect();
            assert_eq!(all, (3..3 + len).collect::<Vec<_>>());
        }
    }
}
