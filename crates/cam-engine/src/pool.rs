//! Threads that run one job together: a region.
//!
//! The caller is worker 0; the others spin for a while between regions and then sleep. Work is
//! split statically, so that results do not depend on who was faster.

use std::any::Any;
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::PoisonError;

pub(crate) use crate::barrier::Broken;
use crate::barrier::{Barrier, Isolated, spin_until};
use crate::sync::{
    Arc, AtomicBool, AtomicUsize, Builder, Condvar, IDLE_SPINS, JoinHandle, Mutex, MutexGuard,
    Ordering, UnsafeCell, fence, spin_loop,
};
use crate::{Error, MOST_THREADS};

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
    /// A pool of `threads` workers, the caller included; for 0 as many as the machine has cores, or
    /// as many as can be started where that is fewer.
    pub(crate) fn new(threads: usize) -> Result<Self, Error> {
        if threads > MOST_THREADS {
            return Err(Error::TooManyThreads { threads, most: MOST_THREADS });
        }
        let wanted = match threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS),
            threads => threads,
        };
        let mut pool = Self::of_caller();
        let started = (1..wanted).try_for_each(|index| pool.start(index));
        match started {
            Err(error) if threads > 0 => {
                Err(Error::NoThread { threads, started: pool.threads(), reason: error.to_string() })
            }
            _ => {
                pool.shared.count.store(pool.threads(), Ordering::Relaxed);
                Ok(pool)
            }
        }
    }

    /// The caller alone.
    pub(crate) fn of_caller() -> Self {
        let shared = Shared::default();
        shared.count.store(1, Ordering::Relaxed);
        Self { shared: Arc::new(shared), handles: Vec::new(), region: Mutex::new(()) }
    }

    fn start(&mut self, index: usize) -> io::Result<()> {
        let mine = Arc::clone(&self.shared);
        let thread = Builder::new().name(format!("cam-engine-{index}"));
        self.handles.push(thread.spawn(move || work(&mine, index))?);
        Ok(())
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
        if let Some(panic) = self.run_region(job) {
            resume_unwind(panic);
        }
    }

    /// Runs a region and gives the first worker's panic.
    fn run_region(&self, job: &Job<'_>) -> Option<Box<dyn Any + Send>> {
        let _region = lock(&self.region);
        let shared = &*self.shared;
        shared.begin(job);
        shared.run(job, 0);
        spin_until(|| shared.finished.0.load(Ordering::Acquire) == self.handles.len());
        lock(&shared.panic).take()
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
        self.job.with_mut(|place| unsafe { *place = Some(job) });
        self.announce();
    }

    fn announce(&self) {
        self.epoch.0.fetch_add(1, Ordering::Release);
        // Between its announcement and this look on one side, and falling asleep and the look at the epoch on the
        // other: of these two looks one at least sees what the other side did before.
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) > 0 {
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
        self.asleep.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        while self.epoch.0.load(Ordering::Acquire) == seen {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.asleep.fetch_sub(1, Ordering::Relaxed);
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
        if let Some(job) = shared.job.with(|place| unsafe { *place }) {
            shared.run(job, index);
        }
        shared.finished.0.fetch_add(1, Ordering::Release);
    }
}

/// Nothing is left half done under these locks, so that a panic elsewhere does not matter.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
