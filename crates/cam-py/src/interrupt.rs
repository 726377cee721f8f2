//! Computation without the interpreter, which Ctrl-C ends.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use cam_explain::Cancel;
use pyo3::prelude::*;

use crate::error::raised;

/// How often Python is asked whether somebody pressed Ctrl-C: shorter than anybody notices.
const POLL: Duration = Duration::from_millis(50);

/// Does work with the interpreter released. On Python's main thread, which alone hears signals, the work is done beside it,
/// and a signal whose handler raises ends the work through `cancel`.
pub fn released<T: Send>(
    py: Python<'_>,
    cancel: &Cancel,
    work: impl FnOnce() -> Result<T, cam_explain::Error> + Send,
) -> PyResult<T> {
    if !is_main_thread(py)? {
        return py.detach(work).map_err(raised);
    }
    py.detach(|| {
        thread::scope(|scope| {
            let (done, result) = sync_channel(1);
            scope.spawn(move || {
                // Whoever waits is there until the end.
                let _ = done.send(catch_unwind(AssertUnwindSafe(work)));
            });
            let mut interrupted = None;
            loop {
                match result.recv_timeout(POLL) {
                    Ok(Ok(result)) => {
                        return match interrupted {
                            Some(signal) => {
                                cancel.forget();
                                Err(signal)
                            }
                            None => result.map_err(raised),
                        };
                    }
                    Ok(Err(panic)) => resume_unwind(panic),
                    Err(RecvTimeoutError::Disconnected) => {
                        unreachable!("the work sends its result or its panic")
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        if let Err(signal) = Python::attach(|py| py.check_signals()) {
                            cancel.cancel();
                            interrupted = Some(signal);
                        }
                    }
                }
            }
        })
    })
}

fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import("threading")?;
    threading.call_method0("current_thread")?.eq(threading.call_method0("main_thread")?)
}
