use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Context as _, Error};

/// Shorter than anybody notices.
const POLL: Duration = Duration::from_millis(5);

/// How long work that was told to stop may take to do so in order.
const GRACE: Duration = Duration::from_millis(500);

/// Ends long work early, from another thread or a signal handler. Clones are one and the same.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks for an end; whether somebody had asked for one before.
    pub fn cancel(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// Whether an end was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Forgets that an end was asked for, once the work has ended: other work may follow.
    pub fn forget(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// Fails once an end was asked for; `left` says what is left of the work.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn check(&self, left: &str) -> Result<(), Error> {
        if self.is_cancelled() { Err(Error::Cancelled(left.to_owned())) } else { Ok(()) }
    }

    /// Does work that may wait long for others (a server, a pipe) beside this thread, so that an end that is
    /// asked for meanwhile is heard.
    pub(crate) fn or<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
        left: &str,
    ) -> Result<T, Error> {
        let working =
            thread::Builder::new().spawn(work).context("no further thread can be started")?;
        let mut since = None;
        while !working.is_finished() {
            if self.is_cancelled() && since.get_or_insert_with(Instant::now).elapsed() > GRACE {
                return Err(Error::Cancelled(left.to_owned()));
            }
            thread::sleep(POLL);
        }
        working.join().or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Ends a long method between two of its steps.
impl cam_core::Progress for Cancel {
    fn step(&self, _done: usize, _total: usize) -> ControlFlow<()> {
        if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
