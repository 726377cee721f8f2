//! Many images side by side: each thread reads, decodes and runs its own, on its own lane of the
//! network, and results come in the order of the images.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use cam_models::ConvNet;

use crate::failure::Failure;

/// Calls `work` for every item, on as many lanes as the network has threads, and `done` with every
/// result, in order, on this thread. A failure of `done` ends it.
pub fn in_order<T: Sync, R: Send>(
    network: &ConvNet,
    items: &[T],
    work: impl Fn(&ConvNet, &T) -> R + Sync,
    mut done: impl FnMut(&T, R) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let threads = network.engine().map_or(1, |engine| engine.threads()).min(items.len());
    let lanes: Vec<ConvNet> = match threads {
        0 | 1 => Vec::new(),
        // All or none: a lane more or less would be one thread more or less.
        threads => (0..threads).map(|_| network.lane()).collect::<Option<_>>().unwrap_or_default(),
    };
    if lanes.is_empty() {
        return items.iter().try_for_each(|item| done(item, work(network, item)));
    }
    let next = AtomicUsize::new(0);
    let due = Due::default();
    let (sender, results) = sync_channel(lanes.len());
    thread::scope(|scope| {
        for lane in &lanes {
            let (sender, next, due, work) = (sender.clone(), &next, &due, &work);
            scope.spawn(move || {
                let _release = Release(due);
                while let Some((index, item)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    due.wait_for(index);
                    items.get(index).map(|item| (index, item))
                } {
                    // Nobody listens once `done` has failed.
                    if sender.send((index, work(lane, item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let _release = Release(&due);
        let mut waiting = BTreeMap::new();
        let mut first = 0;
        let ended = results.iter().try_for_each(|(index, result)| {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&first) {
                done(&items[first], result)?;
                first += 1;
                due.is(first);
            }
            Ok(())
        });
        drop(results);
        ended
    })
}

/// Results that wait for an earlier one, at most: one image that takes long must not let all others
/// pile up.
const AHEAD: usize = 64;

/// Which result is due next.
#[derive(Default)]
struct Due {
    first: Mutex<usize>,
    moved: Condvar,
}

impl Due {
    /// Waits until an item is not too far ahead.
    fn wait_for(&self, index: usize) {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        let is_far = |first: &mut usize| index >= first.saturating_add(AHEAD);
        drop(self.moved.wait_while(first, is_far).unwrap_or_else(PoisonError::into_inner));
    }

    fn is(&self, first: usize) {
        let mut due = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        *due = first.max(*due);
        drop(due);
        self.moved.notify_all();
    }
}

/// Lets all lanes go on when one of them ends, were it by a panic, or nobody takes results any more:
/// what they would wait for may never come.
struct Release<'a>(&'a Due);

impl Drop for Release<'_> {
    fn drop(&mut self) {
        self.0.is(usize::MAX);
    }
}
