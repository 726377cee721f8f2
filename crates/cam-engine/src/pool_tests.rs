//! Beside the pool and not in it, for `tests/races` compiles its file with other threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::pool::Pool;

fn count(pool: &Pool) -> usize {
    let ran = AtomicUsize::new(0);
    pool.run(&|worker| {
        ran.fetch_add(1, Ordering::Relaxed);
        worker.wait()
    });
    ran.into_inner()
}

#[test]
fn every_worker_runs_every_region() {
    for threads in [1, 2, 5] {
        let pool = Pool::new(threads).unwrap();
        assert!((0..100).all(|_| count(&pool) == threads));
    }
}

#[test]
fn shares_cover_everything_once() {
    let pool = Pool::new(3).unwrap();
    let seen: Vec<AtomicUsize> = (0..100).map(|_| AtomicUsize::new(0)).collect();
    pool.run(&|worker| {
        for i in worker.share(seen.len()) {
            seen[i].fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    });
    assert!(seen.iter().all(|count| count.load(Ordering::Relaxed) == 1));
}

#[test]
fn each_index_is_taken_once() {
    let pool = Pool::new(3).unwrap();
    let seen: Vec<AtomicUsize> = (0..100).map(|_| AtomicUsize::new(0)).collect();
    pool.each(seen.len(), &|i| {
        seen[i].fetch_add(1, Ordering::Relaxed);
    });
    assert!(seen.iter().all(|count| count.load(Ordering::Relaxed) == 1));
}

#[test]
fn a_barrier_separates_what_lies_before_from_what_lies_behind() {
    let pool = Pool::new(4).unwrap();
    let arrived = AtomicUsize::new(0);
    pool.run(&|worker| {
        for round in 1..=200 {
            arrived.fetch_add(1, Ordering::Relaxed);
            worker.wait()?;
            assert_eq!(arrived.load(Ordering::Relaxed), 4 * round);
            worker.wait()?;
        }
        Ok(())
    });
}

#[test]
fn workers_that_fell_asleep_wake_up() {
    let pool = Pool::new(3).unwrap();
    for _ in 0..3 {
        assert_eq!(count(&pool), 3);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_panic_reaches_the_caller_and_leaves_the_pool_usable() {
    let pool = Pool::new(3).unwrap();
    for culprit in [0, 2, 1] {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            pool.run(&|worker| {
                worker.wait()?;
                assert!(worker.index() != culprit, "worker {culprit} fails");
                worker.wait()
            });
        }));
        let message = *caught.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(message, format!("worker {culprit} fails"));
        assert_eq!(count(&pool), 3);
    }
}

#[test]
fn callers_take_turns() {
    let pool = Pool::new(2).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50).for_each(|_| assert_eq!(count(&pool), 2)));
        }
    });
}
