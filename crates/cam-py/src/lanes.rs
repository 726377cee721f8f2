//! Which threads a call computes on: all of the network's where it is alone, one of its own where others compute too.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use cam_explain::{Environment, Model};

/// The lanes of a network: those that no call uses are kept for the next, with their workspaces.
#[derive(Default)]
pub struct Lanes {
    calls: AtomicUsize,
    free: Mutex<Vec<Model>>,
}

/// A call that computes, and its model.
pub struct Call<'l> {
    model: Model,
    lanes: &'l Lanes,
    /// As it was taken from the lanes.
    lane: Option<Model>,
}

impl Lanes {
    /// Begins a call. Results are the same on a lane, and of several calls side by side each is on one: regions of all
    /// threads would wait for each other.
    pub fn call(&self, model: &Model, environment: Environment) -> Call<'_> {
        let is_alone = self.calls.fetch_add(1, Ordering::AcqRel) == 0;
        let lane = if is_alone { None } else { self.lane(model) };
        // How images are read is the model's own.
        let used = match &lane {
            Some(lane) => model.clone().on(lane),
            None => model.clone(),
        };
        Call { model: used.within(environment), lanes: self, lane }
    }

    fn lane(&self, model: &Model) -> Option<Model> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.or_else(|| model.lane())
    }
}

impl Deref for Call<'_> {
    type Target = Model;

    fn deref(&self) -> &Model {
        &self.model
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.lanes.calls.fetch_sub(1, Ordering::AcqRel);
        if let Some(lane) = self.lane.take() {
            self.lanes.free.lock().unwrap_or_else(PoisonError::into_inner).push(lane);
        }
    }
}
