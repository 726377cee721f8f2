//! Work shared between threads.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does `work` on all items, a part of them at a time on whichever thread is free, which is told the
/// index of its first; in `most` parts and no more than the machine has threads.
pub(crate) fn in_parts<T: Send>(
    items: &mut [T],
    most: usize,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(threads.min(most).max(1)).max(1);
    let count = items.len().div_ceil(share);
    let parts = Mutex::new(items.chunks_mut(share).enumerate());
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let take = || {
        while let Some((index, part)) = next() {
            work(index * share, part);
        }
    };
    thread::scope(|scope| {
        // One that cannot be started is not missed: its part is taken by another.
        let start = |_| thread::Builder::new().spawn_scoped(scope, take).ok();
        (1..count).map_while(start).for_each(drop);
        take();
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
