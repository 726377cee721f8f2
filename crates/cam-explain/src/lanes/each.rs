use std::fmt::Display;
use std::sync::mpsc::sync_channel;
use std::thread;

use cam_models::ConvNet;

use super::due::{AHEAD, Due, Release};
use super::{Work, run};
use crate::environment::Environment;
use crate::error::Error;

/// Every image by itself, on as many lanes as the engine has threads.
pub fn in_order<T: Sync + Display, M: Send, R: Send>(
    (network, environment): (&ConvNet, &Environment),
    items: &[T],
    work: &Work<'_, T, M, R>,
    mut done: impl FnMut(&T, Result<(M, R), Error>) -> Result<(), Error>,
) -> Result<(), Error> {
    let one = |network: &ConvNet, item: &T| {
        let (pixels, kept) = environment.budget.shared(|| (work.prepare)(item))?;
        let results = run(network, &[pixels], work.run, &mut 1);
        let result = results.into_iter().next().expect("an image has a result or a failure");
        result.map(|result| (kept, result)).map_err(|failure| failure.of(item))
    };
    let threads = network.engine().map_or(1, |engine| engine.threads()).min(items.len());
    let lanes: Vec<ConvNet> = match threads {
        0 | 1 => Vec::new(),
        // All or none: a lane more or less would be one thread more or less.
        threads => (0..threads).map(|_| network.lane()).collect::<Option<_>>().unwrap_or_default(),
    };
    if lanes.is_empty() {
        return items.iter().try_for_each(|item| done(item, one(network, item)));
    }
    let due = Due::new(AHEAD);
    let (sender, results) = sync_channel(lanes.len());
    thread::scope(|scope| {
        let mut started = 0;
        for lane in &lanes {
            let (sender, due, one) = (sender.clone(), &due, &one);
            let run = move || {
                let _release = Release(due);
                while let Some((index, item)) = due.next(items) {
                    // Nobody listens once `done` has failed.
                    if sender.send((index, one(lane, item))).is_err() {
                        break;
                    }
                }
            };
            // Fewer lanes come to the same, more slowly.
            if thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
            started += 1;
        }
        drop(sender);
        if started == 0 {
            return items.iter().try_for_each(|item| done(item, one(&lanes[0], item)));
        }
        due.deliver(items, results, done)
    })
}
