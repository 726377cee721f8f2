use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Condvar, Mutex, PoisonError};

use crate::error::Error;

/// Results that wait for an earlier one before nothing more is prepared; more where batches are larger.
pub const AHEAD: usize = 64;

/// Which item is taken next, and whose result is due, so that nobody runs too far ahead of it: one image that takes long must
/// not let all others pile up.
pub struct Due {
    next: AtomicUsize,
    first: Mutex<usize>,
    moved: Condvar,
    ahead: usize,
}

impl Due {
    /// Results that wait for an earlier one number at most `ahead`.
    pub fn new(ahead: usize) -> Self {
        Self { next: AtomicUsize::new(0), first: Mutex::default(), moved: Condvar::new(), ahead }
    }

    /// The next item that nobody took, once it is not too far ahead.
    pub fn next<'t, T>(&self, items: &'t [T]) -> Option<(usize, &'t T)> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        // Whoever finds none left must not wait: others may wait for it to end.
        let item = items.get(index)?;
        self.wait_for(index);
        Some((index, item))
    }

    fn wait_for(&self, index: usize) {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        let is_far = |first: &mut usize| index >= first.saturating_add(self.ahead);
        drop(self.moved.wait_while(first, is_far).unwrap_or_else(PoisonError::into_inner));
    }

    fn is(&self, first: usize) {
        let mut due = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        *due = first.max(*due);
        drop(due);
        self.moved.notify_all();
    }

    /// Calls `done` with what arrives, in the order of the items.
    pub fn deliver<T, R>(
        &self,
        items: &[T],
        results: Receiver<(usize, R)>,
        mut done: impl FnMut(&T, R) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let _release = Release(self);
        let mut waiting = BTreeMap::new();
        let mut first = 0;
        results.iter().try_for_each(|(index, result)| {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&first) {
                done(&items[first], result)?;
                first += 1;
                self.is(first);
            }
            Ok(())
        })
    }
}

/// Lets all threads go on when one of them ends, were it by a panic, or nobody takes results any
/// more: what they would wait for may never come.
pub struct Release<'a>(pub &'a Due);

impl Drop for Release<'_> {
    fn drop(&mut self) {
        self.0.is(usize::MAX);
    }
}
