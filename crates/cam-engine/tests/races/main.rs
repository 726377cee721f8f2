//! The pool and its barrier, run in every order that their threads can take.
//!
//! AddressSanitizer and valgrind see where memory is read, not whether something orders the reading behind the
//! writing. loom does: it runs a model again and again, each time in another order and with other values that the
//! atomics' orderings allow, and fails where two accesses race, where nobody can go on, or where a claim does not hold.

// The very sources of the library, with other types below them.
#[path = "../../src/barrier.rs"]
mod barrier;
#[path = "../../src/pool.rs"]
#[expect(dead_code, reason = "a model uses a part of it")]
mod pool;
mod sync;

use barrier::Barrier;
use cam_engine::{Error, MOST_THREADS};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use pool::Pool;

/// How often one thread may be interrupted where it could have gone on. Bugs that need more are rare, and each more
/// makes the orders many times as many.
const INTERRUPTIONS: usize = 4;

/// Steps of one order, above which loom takes it for endless: three threads that wait for each other take some thousand.
const STEPS: usize = 20_000;

/// In orders of as many interruptions, or as `LOOM_MAX_PREEMPTIONS` says.
fn in_every_order(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    let asked = builder.preemption_bound;
    builder.preemption_bound = asked.or(Some(INTERRUPTIONS));
    builder.check(model);
}

/// In the orders in which every thread goes on until it waits: of three that spin there are too many others.
fn in_every_order_of_turns(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = STEPS;
    builder.preemption_bound = Some(0);
    builder.check(model);
}

/// A number for each worker, which only its worker writes, and only between barriers that keep others away.
#[derive(Default)]
struct Numbers(Vec<UnsafeCell<usize>>);

// SAFETY: that accesses do not race is what loom checks.
unsafe impl Sync for Numbers {}

impl Numbers {
    fn zeros(count: usize) -> Self {
        Self((0..count).map(|_| UnsafeCell::new(0)).collect())
    }

    fn add(&self, index: usize) {
        // SAFETY: loom keeps the number where it is and finds who else has it.
        self.0[index].with_mut(|number| unsafe { *number += 1 });
    }

    fn sum(&self) -> usize {
        // SAFETY: as above.
        self.0.iter().map(|number| number.with(|number| unsafe { *number })).sum()
    }
}

#[test]
fn what_workers_write_before_a_barrier_all_of_them_see_behind_it() {
    in_every_order(|| {
        let pool = Pool::new(2).unwrap();
        let numbers = Numbers::zeros(2);
        pool.run(&|worker| {
            numbers.add(worker.index());
            worker.wait()?;
            assert_eq!(numbers.sum(), 2);
            worker.wait()?;
            numbers.add(worker.index());
            Ok(())
        });
        assert_eq!(numbers.sum(), 4);
    });
}

#[test]
fn every_worker_runs_every_region_were_it_asleep_or_not() {
    in_every_order(|| {
        let pool = Pool::new(2).unwrap();
        for region in 1..=2 {
            // Its own each time: a worker that ran the former region's job would write what is gone.
            let numbers = Numbers::zeros(2);
            pool.run(&|worker| {
                numbers.add(worker.index());
                Ok(())
            });
            assert_eq!(numbers.sum(), 2, "region {region}");
        }
    });
}

/// Without the pool, whose threads' beginnings and ends would make the orders too many.
#[test]
fn what_three_threads_write_before_a_barrier_all_of_them_see_behind_it() {
    in_every_order_of_turns(|| {
        let shared = Arc::new((Barrier::default(), Numbers::zeros(3)));
        let work = |index: usize| {
            let shared = Arc::clone(&shared);
            move || {
                let (barrier, numbers) = &*shared;
                for round in 1..=2 {
                    numbers.add(index);
                    barrier.wait(3).unwrap();
                    assert_eq!(numbers.sum(), 3 * round);
                    barrier.wait(3).unwrap();
                }
            }
        };
        let others = [1, 2].map(|index| loom::thread::spawn(work(index)));
        work(0)();
        others.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_worker_that_gives_up_leaves_nobody_waiting() {
    in_every_order(|| {
        let pool = Pool::new(2).unwrap();
        let quiet = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.run(&|worker| match worker.index() {
                0 => worker.wait(),
                _ => std::panic::resume_unwind(Box::new("a kernel's bug")),
            });
        }));
        assert_eq!(quiet.unwrap_err().downcast_ref(), Some(&"a kernel's bug"));
        let numbers = Numbers::zeros(2);
        pool.run(&|worker| {
            numbers.add(worker.index());
            worker.wait()
        });
        assert_eq!(numbers.sum(), 2);
    });
}
