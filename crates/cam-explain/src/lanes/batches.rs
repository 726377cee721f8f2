use std::fmt::Display;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use cam_models::{ConvNet, InputImage};
use cam_threads::cores;

use super::due::{AHEAD, Due, Release};
use super::{Run, Work, run};
use crate::error::{Context as _, Error};
use crate::model::Model;

/// How long an image waits for others to share a batch with. They may never come: all that are prepared ahead
/// of a slow one wait for it, and what is still free of a batch when it comes is not theirs to fill.
const PATIENCE: Duration = Duration::from_millis(100);

/// An image that is ready to be run: its place among the items, its pixels, what is kept of it.
type Ready<M> = (usize, InputImage, M);

/// An image's place among the items, what is kept of it, and what the network made of it.
type Told<M, R> = (usize, Result<(M, R), Error>);

/// Threads that prepare, and for each device one that takes batches of what they prepared.
pub fn in_order<T: Sync + Display, M: Send, R: Send>(
    model: &Model,
    items: &[T],
    work: &Work<'_, T, M, R>,
    done: impl FnMut(&T, Result<(M, R), Error>) -> Result<(), Error>,
) -> Result<(), Error> {
    let devices = model.batches(work.size).map(|(network, most)| (network, most.min(items.len())));
    let devices: Vec<(&ConvNet, usize)> = devices.collect();
    let in_batches = devices.iter().map(|(_, most)| most).sum();
    // Every device may hold an unfinished batch while it waits for more: there must be more to come.
    let due = Due::new(AHEAD.max(2 * in_batches));
    let threads = cores().min(items.len());
    let (to_devices, ready) = sync_channel::<Ready<M>>(in_batches);
    let (sender, results) = sync_channel(in_batches.max(AHEAD));
    // Gone with the last device, so that nobody waits to hand over what none will take.
    let ready = Arc::new(Mutex::new(ready));
    thread::scope(|scope| {
        // Whoever was started ends, should another not start.
        let _release = Release(&due);
        for (network, mut most) in devices {
            let (ready, sender, due) = (Arc::clone(&ready), sender.clone(), &due);
            start(scope, move || {
                let _release = Release(due);
                while let Some(batch) = taken(&ready, most) {
                    if !answer(network, (items, batch), work.run, &mut most, &sender) {
                        break;
                    }
                }
            })?;
        }
        for number in 0..threads {
            let (to_devices, sender) = (to_devices.clone(), sender.clone());
            let due = &due;
            let prepare = move || {
                let _release = Release(due);
                while let Some((index, item)) = due.next(items) {
                    let is_heard = match model.environment().budget.shared(|| (work.prepare)(item))
                    {
                        Ok((pixels, kept)) => to_devices.send((index, pixels, kept)).is_ok(),
                        Err(failure) => sender.send((index, Err(failure))).is_ok(),
                    };
                    if !is_heard {
                        break;
                    }
                }
            };
            match start(scope, prepare) {
                // Fewer prepare as well, more slowly.
                Err(_) if number > 0 => break,
                started => started?,
            }
        }
        drop((ready, to_devices, sender));
        due.deliver(items, results, done)
    })
}

fn start<'s>(scope: &'s Scope<'s, '_>, work: impl FnOnce() + Send + 's) -> Result<(), Error> {
    let started = thread::Builder::new().spawn_scoped(scope, work);
    started.map(drop).context("no further thread can be started")
}

/// The next images, as many as belong into a batch or as are ready in time; none at the end.
fn taken<M>(ready: &Mutex<Receiver<Ready<M>>>, batch: usize) -> Option<Vec<Ready<M>>> {
    let ready = ready.lock().unwrap_or_else(PoisonError::into_inner);
    let mut images = vec![ready.recv().ok()?];
    let begun = Instant::now();
    while images.len() < batch {
        match ready.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
            Ok(image) => images.push(image),
            Err(_) => break,
        }
    }
    Some(images)
}

/// Runs images, those of one size together; false where nobody takes the results.
fn answer<T: Display, M, R>(
    network: &ConvNet,
    (items, mut images): (&[T], Vec<Ready<M>>),
    work: &Run<'_, R>,
    most: &mut usize,
    sender: &SyncSender<Told<M, R>>,
) -> bool {
    images.sort_by_key(|(index, pixels, _)| (pixels.size(), *index));
    let mut rest = images.into_iter().peekable();
    while let Some((index, pixels, kept)) = rest.next() {
        let size = pixels.size();
        let (mut batch, mut of) = (vec![pixels], vec![(index, kept)]);
        while let Some((index, pixels, kept)) = rest.next_if(|(_, pixels, _)| pixels.size() == size)
        {
            batch.push(pixels);
            of.push((index, kept));
        }
        for ((index, kept), result) in of.into_iter().zip(run(network, &batch, work, most)) {
            let result = result.map(|result| (kept, result));
            let result = result.map_err(|failure| failure.of(&items[index]));
            if sender.send((index, result)).is_err() {
                return false;
            }
        }
    }
    true
}
