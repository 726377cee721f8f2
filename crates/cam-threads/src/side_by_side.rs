use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{panic, thread};

/// How many threads this process can run at the same time, as far as the system tells; else one.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// What a function gives for each of several items, in their order, made by up to so many threads, the
/// caller's included. A thread that is done with one takes the next.
///
/// None is started for a single item. A thread that cannot be started is not missed: the others take its items.
///
/// # Panics
/// With the first panic of `work`, when all threads are done.
pub fn side_by_side<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let done: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        let indices = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        for index in indices.take_while(|&index| index < items.len()) {
            let result = work(&items[index]);
            *done[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }
    };
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, take).ok();
        let started: Vec<_> = (1..threads.min(items.len())).map_while(start).collect();
        take();
        for thread in started {
            thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
        }
    });
    let result = |done: Mutex<Option<R>>| done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_iter().map(|done| result(done).expect("every item was taken")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_taken_once_and_results_keep_their_order() {
        for (count, threads) in [(0, 4), (1, 0), (7, 1), (100, 3), (2, 50)] {
            let items: Vec<usize> = (0..count).collect();
            let calls = AtomicUsize::new(0);
            let squares = side_by_side(&items, threads, |item| {
                calls.fetch_add(1, Ordering::Relaxed);
                item * item
            });
            assert_eq!(squares, items.iter().map(|item| item * item).collect::<Vec<_>>());
            assert_eq!(calls.into_inner(), count);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let work = |&item: &u32| assert_ne!(item, 5, "the fifth fails");
        let failed = || side_by_side(&[1, 5, 3, 4], 2, work);
        let caught = panic::catch_unwind(failed).expect_err("it failed");
        assert!(
            caught.downcast_ref::<String>().is_some_and(|said| said.contains("the fifth fails"))
        );
    }
}
