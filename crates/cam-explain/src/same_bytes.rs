//! Which files of a folder hold the bytes that they held before, whatever their dates say.

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{panic, thread};

use cam_files::Sha256;

use crate::environment::Environment;
use crate::error::Error;
use crate::folder::Found;
use crate::progress::Unit;

/// Those images whose digests are the ones that were kept, in no order; one that cannot be read is not what it
/// was. `kept` says what is left of the work when it is interrupted.
pub fn among<'a>(
    images: &[(&'a Found, Sha256)],
    root: &Path,
    environment: &Environment,
    kept: &str,
) -> Result<Vec<&'a Found>, Error> {
    let next = AtomicUsize::new(0);
    let bar = environment.bar(Unit::Images, images.len());
    let compare = || {
        let mut same = Vec::new();
        while let Some((found, was)) = images.get(next.fetch_add(1, Ordering::Relaxed)) {
            environment.cancel.check(kept)?;
            let now = cam_files::Sha256::of_file(&found.path(root));
            if now.is_ok_and(|now| now == *was) {
                same.push(*found);
            }
            bar.advance(1);
        }
        Ok::<_, Error>(same)
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(images.len());
    let same = thread::scope(|scope| {
        // Where no more threads can be had, this one does it alone.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, compare).ok();
        let others: Vec<_> = (1..threads).filter_map(spawn).collect();
        let mut same = compare()?;
        for other in others {
            same.extend(other.join().unwrap_or_else(|reason| panic::resume_unwind(reason))?);
        }
        Ok(same)
    });
    drop(bar);
    same
}
