//! Which files of a folder hold the bytes that they held before, whatever their dates say.

use std::path::Path;

use cam_files::Sha256;
use cam_threads::{cores, side_by_side};

use crate::environment::Environment;
use crate::error::Error;
use crate::folder::Found;
use crate::progress::Unit;

/// Those images whose digests are the ones that were kept, in their order; one that cannot be read is not what it
/// was. `kept` says what is left of the work when it is interrupted.
pub fn among<'a>(
    images: &[(&'a Found, Sha256)],
    root: &Path,
    environment: &Environment,
    kept: &str,
) -> Result<Vec<&'a Found>, Error> {
    let bar = environment.bar(Unit::Images, images.len());
    let same = side_by_side(images, cores(), |(found, was)| {
        // Of those that are left no file is opened, so that whoever asked for an end need not wait.
        if environment.cancel.is_cancelled() {
            return false;
        }
        let now = Sha256::of_file(&found.path(root));
        bar.advance(1);
        now.is_ok_and(|now| now == *was)
    });
    drop(bar);
    environment.cancel.check(kept)?;
    let images = images.iter().zip(same);
    Ok(images.filter_map(|(&(found, _), is_same)| is_same.then_some(found)).collect())
}
