//! loom's types by the names of `src/sync.rs`: each access is a point at which another thread may go on, and an access
//! that nothing orders behind a write to the same place is a race.

pub(crate) use loom::cell::UnsafeCell;
pub(crate) use loom::hint::spin_loop;
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
pub(crate) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
pub(crate) use loom::thread::{Builder, JoinHandle, yield_now};

/// One look before a worker sleeps: every further one is the same to the model, and takes its time.
pub(crate) const IDLE_SPINS: u32 = 1;

/// Every wait gives its turn away.
pub(crate) const SPINS: u32 = 1;
