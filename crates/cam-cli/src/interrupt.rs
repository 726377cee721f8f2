//! Ctrl-C: the first one asks for an orderly end, the second one is obeyed at once.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::failure::Failure;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Shorter than anybody notices.
const POLL: Duration = Duration::from_millis(5);

/// How long work that was told to stop may take to do so in order.
const GRACE: Duration = Duration::from_millis(500);

/// Starts to listen. Where that cannot be done, Ctrl-C keeps its usual meaning.
pub fn listen() {
    let listening = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    drop(listening);
}

/// Whether an end was asked for.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Fails once an end was asked for; `state` says what is left of the work.
pub fn check(state: &str) -> Result<(), Failure> {
    if asked() { Err(Failure::Interrupted(state.to_owned())) } else { Ok(()) }
}

/// Stops a long method once an end was asked for: [`cam_core::Progress`].
pub fn stop(_done: usize, _total: usize) -> ControlFlow<()> {
    if asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Does work that may wait long for others (a server, a pipe) beside this thread, so that an end
/// that is asked for meanwhile is heard; `state` says what is then left of the work.
pub fn or<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    state: &str,
) -> Result<T, Failure> {
    let working = thread::Builder::new().spawn(work).context("no further thread can be started")?;
    let mut since = None;
    while !working.is_finished() {
        if asked() && since.get_or_insert_with(Instant::now).elapsed() > GRACE {
            return Err(Failure::Interrupted(state.to_owned()));
        }
        thread::sleep(POLL);
    }
    working.join().or_else(|panic| std::panic::resume_unwind(panic))
}
