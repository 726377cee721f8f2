//! Work shared between threads.

use std::num::NonZero;

/// Does `work` on all items, a part of them on each thread, which is told the index of its first;
/// in `most` parts and no more than the machine has threads.
pub(super) fn in_parts<T: Send>(
    items: &mut [T],
    most: usize,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(threads.min(most).max(1)).max(1);
    std::thread::scope(|scope| {
        let mut parts = items.chunks_mut(share).enumerate();
        let first = parts.next();
        for (index, part) in parts {
            let work = &work;
            scope.spawn(move || work(index * share, part));
        }
        if let Some((_, part)) = first {
            work(0, part);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_and_told_its_place() {
        for (len, most) in [(0, 3), (1, 0), (10, 1), (10, 3), (3, 100)] {
            let mut items = vec![0; len];
            in_parts(&mut items, most, |first, part| {
                part.iter_mut().enumerate().for_each(|(index, item)| *item += first + index);
            });
            assert_eq!(items, (0..len).collect::<Vec<_>>(), "{len} in {most} parts");
        }
    }
}
