//! The process that something was made in.

use pyo3::prelude::*;

use crate::error::Error;

/// The process in which something was made: its threads are not those of a process that was forked from it.
#[derive(Clone, Copy)]
pub struct Process(u32);

impl Process {
    /// This one.
    pub fn this() -> Self {
        Self(std::process::id())
    }

    /// That it is this one.
    pub fn check(self) -> PyResult<()> {
        match self.0 == std::process::id() {
            true => Ok(()),
            false => Err(Error::new_err(
                "the network was loaded before this process was forked, and its threads stayed behind: load it in the new \
                 process, or start processes with multiprocessing's \"spawn\" or \"forkserver\"",
            )),
        }
    }
}
