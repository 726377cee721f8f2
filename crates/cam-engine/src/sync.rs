//! What threads share, by the names that the pool and its barrier use: `tests/races` compiles these two once more with
//! loom's types in the place of this file, and tries every order in which threads can run.

pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
pub(crate) use std::thread::{Builder, JoinHandle, yield_now};

/// Rounds an idle worker spins before it sleeps: some tenths of a millisecond, enough to bridge
/// the gap between two runs in a row.
pub(crate) const IDLE_SPINS: u32 = 10_000;

/// Rounds of spinning before a waiting thread gives its time slice away. Layers take far less
/// than this when every thread has a core; on a busy machine the thread waited for may not be
/// running at all, and spinning on would keep it from doing so.
pub(crate) const SPINS: u32 = 2000;

/// A cell whose users keep apart who reads and who writes.
#[derive(Default)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// Reads it.
    pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    /// Writes it.
    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}
