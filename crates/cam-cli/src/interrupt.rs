//! Ctrl-C: the first one asks for an orderly end, the second one is obeyed at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

static ASKED: AtomicBool = AtomicBool::new(false);

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
