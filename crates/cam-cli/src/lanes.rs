//! Many images side by side: each thread reads, decodes and runs its own, on its own lane of the
//! network, and results come in the order of the images.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
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
    let (sender, results) = sync_channel(lanes.len());
    thread::scope(|scope| {
        for lane in &lanes {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((index, item)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
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
        let mut waiting = BTreeMap::new();
        let mut due = 0;
        let ended = results.iter().try_for_each(|(index, result)| {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&due) {
                done(&items[due], result)?;
                due += 1;
            }
            Ok(())
        });
        drop(results);
        ended
    })
}
