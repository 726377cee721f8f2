//! The pool of a machine without threads: its caller runs a region alone, and waits for nobody.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::Error;

/// Another thread panicked: there is none.
pub(crate) type Broken = Infallible;

/// The caller's view of a region: what the first of several workers would see, were it the only one.
pub(crate) struct Worker<'a>(PhantomData<&'a ()>);

impl Worker<'_> {
    pub(crate) fn index(&self) -> usize {
        0
    }

    pub(crate) fn count(&self) -> usize {
        1
    }

    pub(crate) fn share(&self, len: usize) -> Range<usize> {
        0..len
    }

    pub(crate) fn wait(&self) -> Result<(), Broken> {
        Ok(())
    }
}

type Job<'a> = dyn Fn(&Worker<'_>) -> Result<(), Broken> + Sync + 'a;

/// The caller.
pub(crate) struct Pool {
    region: Mutex<()>,
}

impl Pool {
    pub(crate) fn new(_threads: usize) -> Result<Self, Error> {
        Ok(Self::of_caller())
    }

    pub(crate) fn of_caller() -> Self {
        Self { region: Mutex::new(()) }
    }

    pub(crate) fn threads(&self) -> usize {
        1
    }

    /// Runs `job`. A second caller waits: a program may have threads where this library has none.
    pub(crate) fn run(&self, job: &Job<'_>) {
        let _region = self.region.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(()) = job(&Worker(PhantomData));
    }

    /// Calls `job` once for every index below `len`.
    pub(crate) fn each(&self, len: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..len).for_each(job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_has_everything_to_itself() {
        let pool = Pool::new(8).unwrap();
        let seen = Mutex::new(Vec::new());
        pool.run(&|worker| {
            worker.wait()?;
            seen.lock().unwrap().push((worker.index(), worker.count(), worker.share(10)));
            Ok(())
        });
        assert_eq!(seen.into_inner().unwrap(), [(0, 1, 0..10)]);
        assert_eq!(pool.threads(), 1);
    }

    #[test]
    fn the_pool_stays_usable_behind_a_panic() {
        let pool = Pool::new(1).unwrap();
        let fails = || pool.run(&|_| panic!("a kernel's bug"));
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(fails)).unwrap_err();
        pool.run(&|_| Ok(()));
    }
}
