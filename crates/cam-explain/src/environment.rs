use std::fmt;
use std::sync::Arc;

use cam_viz::Limits;

use crate::cancel::Cancel;
use crate::memory::{self, Budget};
use crate::progress::{self, Bar, Progress, Unit};

/// What all work of a program shares: how large images may be, who can cancel it, and who sees how far it has come.
/// Clones share everything.
#[derive(Clone)]
pub struct Environment {
    /// Of one image.
    pub limits: Limits,
    /// Ends long work early.
    pub cancel: Cancel,
    progress: Arc<dyn Progress>,
    pub(crate) budget: Arc<Budget>,
}

impl Environment {
    /// Images as large as fit into that much memory, in bytes, of all threads together, with at most so many
    /// pixels; 0 for a quarter of the machine's memory, and for as many pixels as fit into it, 500 million at most.
    pub fn new(memory: u64, max_pixels: u64) -> Self {
        let limits = memory::limits(memory, max_pixels);
        let (cancel, progress, budget) = (Cancel::default(), progress::silent(), Arc::default());
        Self { limits, cancel, progress, budget }
    }

    /// The same, cancelled by another.
    pub fn cancelled_by(self, cancel: Cancel) -> Self {
        Self { cancel, ..self }
    }

    /// The same, showing how far it has come.
    pub fn showing(self, progress: Arc<dyn Progress>) -> Self {
        Self { progress, ..self }
    }

    /// Work of so many units begins.
    pub(crate) fn bar(&self, unit: Unit, total: usize) -> Box<dyn Bar> {
        self.progress.begin(unit, Some(total as u64))
    }

    /// Work of which nobody knows how much there is begins.
    pub(crate) fn endless(&self, unit: Unit) -> Box<dyn Bar> {
        self.progress.begin(unit, None)
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("limits", &self.limits).finish_non_exhaustive()
    }
}
