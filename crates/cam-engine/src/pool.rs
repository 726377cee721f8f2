//! Threads that run one job together: a region.
//!
//! The caller is worker 0; the others spin for a while between regions and then sleep. Work is
//! split statically, so that results do not depend on who was faster.

use std::any::Any;
use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

pub(crate) use crate::barrier::Broken;
use crate::barrier::{Barrier, Isolated, spin_until};

/// Rounds an idle worker spins before it sleeps: some tenths of a millisecond, enough to bridge
/// the gap between two runs in a row.
const IDLE_SPINS: u32 = 10_000;

/// One thread's view of a region.
pub(crate) struct Worker<'a> {
    index: usize,
    count: usize,
    barrier: &'a Barrier,
}

impl Worker<'_> {
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// How many workers there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// This worker's part of `0..len`.
    pub(crate) fn share(&self, len: usize) -> Range<usize> {
        len * self.index / self.count..len * (self.index + 1) / self.count
    }

    /// Waits for the others.
    pub(crate) fn wait(&self) -> Result<(), Broken> {
        self.barrier.wait(self.count)
    }
}

type Job<'a> = dyn Fn(&Worker<'_>) -> Result<(), Broken> + Sync + 'a;

/// A fixed set of threads, of which one region at a time makes use.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    handles: Vec<JoinHandle<()>>,
    region: Mutex<()>,
}

#[derive(Default)]
struct Shared {
    /// Workers of a region; fixed before the first one.
    count: AtomicUsize,
    /// Counts regions; a worker that sees it change has a job.
    epoch: Isolated<AtomicUsize>,
    finished: Isolated<AtomicUsize>,
    job: UnsafeCell<Option<&'static Job<'static>>>,
    barrier: Barrier,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    stop: AtomicBool,
    asleep: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

// SAFETY: all fields but `job` are thread-safe. `job` is written by the caller of a region while
// no worker looks at it (all have finished the last region) and read by workers only after they
// saw the epoch that was published behind the write; the job itself is `Sync`.
unsafe impl Sync for Shared {}

impl Pool {
    /// A pool of `threads` workers, the caller included; fewer where no more can be started, and
    /// as many as the machine has for 0.
    pub(crate) fn new(threads: usize) -> Self {
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let shared = Arc::new(Shared::default());
        let mut handles = Vec::new();
        for index in 1..threads {
            let mine = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("cam-engine-{index}"));
            match thread.spawn(move || work(&mine, index)) {
                Ok(handle) => handles.push(handle),
                Err(_) => break,
            }
        }
        shared.count.store(handles.len() + 1, Ordering::Relaxed);
        Self { shared, handles, region: Mutex::new(()) }
    }

    /// How many workers a region has.
    pub(crate) fn threads(&self) -> usize {
        self.handles.len() + 1
    }

    /// Runs `job` on every worker and returns when all are done. A second caller waits.
    ///
    /// # Panics
    /// With the first worker's panic, when all are done; the pool stays usable.
    pub(crate) fn run(&self, job: &Job<'_>) {
        let _region = lock(&self.region);
        let shared = &*self.shared;
        shared.begin(job);
        shared.run(job, 0);
        spin_until(|| shared.finished.0.load(Ordering::Acquire) == self.handles.len());
        let panic = lock(&shared.panic).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Pool {
    /// Calls `job` once for every index below `len`, on whichever worker is free.
    pub(crate) fn each(&self, len: usize, job: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        self.run(&|_| {
            let indices = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
            indices.take_while(|&index| index < len).for_each(job);
            Ok(())
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.announce();
        for handle in self.handles.drain(..) {
            // A worker catches what its jobs throw, so that joining it cannot fail.
            let _ = handle.join();
        }
    }
}

impl Shared {
    /// Hands a job to the workers. The caller must wait until they have finished it.
    fn begin(&self, job: &Job<'_>) {
        self.barrier.reset();
        self.finished.0.store(0, Ordering::Relaxed);
        // SAFETY: only the lifetime changes. The region's caller does not return before every
        // worker has finished with the job, be it by a panic.
        let job = unsafe { std::mem::transmute::<&Job<'_>, &'static Job<'static>>(job) };
        // SAFETY: all workers have finished the last region and look at the job only after the
        // epoch below; the lock on `region` keeps other callers away.
        unsafe { *self.job.get() = Some(job) };
        self.announce();
    }

    fn announce(&self) {
        self.epoch.0.fetch_add(1, Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) > 0 {
            let _guard = lock(&self.lock);
            self.wake.notify_all();
        }
    }

    /// Runs one worker's part. A panic is kept for the caller and breaks the barrier, so that
    /// nobody waits for this worker.
    fn run(&self, job: &Job<'_>, index: usize) {
        let count = self.count.load(Ordering::Relaxed);
        let worker = Worker { index, count, barrier: &self.barrier };
        // What a job leaves half done is dropped by the region's caller, who gets the panic.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(&worker))) {
            lock(&self.panic).get_or_insert(panic);
            self.barrier.break_up();
        }
    }

    /// Spins, then sleeps, until the epoch is no longer the one seen.
    fn await_job(&self, seen: usize) {
        for _ in 0..IDLE_SPINS {
            if self.epoch.0.load(Ordering::Acquire) != seen {
                return;
            }
            spin_loop();
        }
        let mut guard = lock(&self.lock);
        self.asleep.fetch_add(1, Ordering::SeqCst);
        while self.epoch.0.load(Ordering::SeqCst) == seen {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.asleep.fetch_sub(1, Ordering::SeqCst);
    }
}

fn work(shared: &Shared, index: usize) {
    let mut seen = 0;
    loop {
        shared.await_job(seen);
        seen = seen.wrapping_add(1);
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        // SAFETY: the epoch was published after the job was written, and nobody writes it again
        // before this worker counts itself finished.
        if let Some(job) = unsafe { *shared.job.get() } {
            shared.run(job, index);
        }
        shared.finished.0.fetch_add(1, Ordering::Release);
    }
}

/// Nothing is left half done under these locks, so that a panic elsewhere does not matter.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let pool = Pool::new(threads);
            assert!((0..100).all(|_| count(&pool) == threads));
        }
    }

    #[test]
    fn shares_cover_everything_once() {
        let pool = Pool::new(3);
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
        let pool = Pool::new(3);
        let seen: Vec<AtomicUsize> = (0..100).map(|_| AtomicUsize::new(0)).collect();
        pool.each(seen.len(), &|i| {
            seen[i].fetch_add(1, Ordering::Relaxed);
        });
        assert!(seen.iter().all(|count| count.load(Ordering::Relaxed) == 1));
    }

    #[test]
    fn a_barrier_separates_what_lies_before_from_what_lies_behind() {
        let pool = Pool::new(4);
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
        let pool = Pool::new(3);
        for _ in 0..3 {
            assert_eq!(count(&pool), 3);
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_leaves_the_pool_usable() {
        let pool = Pool::new(3);
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
        let pool = Pool::new(2);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| assert_eq!(count(&pool), 2)));
            }
        });
    }
}
