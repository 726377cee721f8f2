//! Where the threads of one region meet.

use crate::sync::{AtomicBool, AtomicUsize, Ordering, SPINS, spin_loop, yield_now};

/// A value on a pair of cache lines of its own, so that writing it disturbs no neighbour.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Isolated<T>(pub(crate) T);

/// Another thread of the region panicked: there is nothing left to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

/// A barrier that spins, yields, and gives up when it is broken.
#[derive(Default)]
pub(crate) struct Barrier {
    arrived: Isolated<AtomicUsize>,
    generation: Isolated<AtomicUsize>,
    broken: AtomicBool,
}

impl Barrier {
    /// Returns when all of `threads` are here. What they wrote before is visible after.
    pub(crate) fn wait(&self, threads: usize) -> Result<(), Broken> {
        let generation = self.generation.0.load(Ordering::Relaxed);
        if self.arrived.0.fetch_add(1, Ordering::AcqRel) + 1 == threads {
            self.arrived.0.store(0, Ordering::Relaxed);
            self.generation.0.store(generation.wrapping_add(1), Ordering::Release);
            return Ok(());
        }
        let passed = || self.generation.0.load(Ordering::Acquire) != generation;
        spin_until(|| passed() || self.broken.load(Ordering::Relaxed));
        if passed() { Ok(()) } else { Err(Broken) }
    }

    /// Lets everyone go who waits or will wait.
    pub(crate) fn break_up(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// As new. Nobody may be waiting.
    pub(crate) fn reset(&self) {
        self.arrived.0.store(0, Ordering::Relaxed);
        self.broken.store(false, Ordering::Relaxed);
    }
}

/// Spins for a while, then yields between looks.
pub(crate) fn spin_until(ready: impl Fn() -> bool) {
    let mut spins = 0;
    while !ready() {
        spin_loop();
        spins += 1;
        if spins >= SPINS {
            yield_now();
        }
    }
}
