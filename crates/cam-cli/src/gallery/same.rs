//! Which images are as they were when they were indexed: by size and date, or, where only the date is another, by
//! their bytes. A folder that was moved to another disk may have lost its dates.

use std::num::NonZero;
use std::path::Path;
use std::thread;

use cam_store::gallery::{Entry, Writer};

use crate::folder::Found;
use crate::{failure::Failure, interrupt, print};

/// Images that the index knows as they are.
#[derive(Default)]
pub struct Same {
    /// How many there are.
    pub count: usize,
    /// Those of them with another date.
    redated: Vec<(Box<str>, u64)>,
}

impl Same {
    /// Looks for them among images; files are read only where their dates say nothing.
    pub fn among(images: &[Found], root: &Path, writer: &Writer) -> Result<Self, Failure> {
        let known = |found: &Found| {
            let entry = writer.get(&found.name)?;
            (entry.image.bytes == found.bytes).then(|| entry.clone())
        };
        let (mut count, mut doubtful) = (0, Vec::new());
        for found in images {
            match known(found) {
                Some(entry) if entry.image.modified == found.modified => count += 1,
                Some(entry) => doubtful.push((found, entry)),
                None => {}
            }
        }
        let redated = with_same_bytes(&doubtful, root)?;
        Ok(Self { count: count + redated.len(), redated })
    }

    /// Notes the dates that are others.
    pub fn note(self, writer: &mut Writer) -> Result<(), cam_store::Error> {
        if !self.redated.is_empty() {
            let count = self.redated.len();
            print::detail(format_args!("{count} images have another date and the same bytes"));
        }
        self.redated.iter().try_for_each(|(name, modified)| writer.set_modified(name, *modified))
    }
}

/// Those whose digests are the ones that were kept; one that cannot be read will say so when it is looked at.
fn with_same_bytes(
    doubtful: &[(&Found, Entry)],
    root: &Path,
) -> Result<Vec<(Box<str>, u64)>, Failure> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = doubtful.len().div_ceil(threads).max(1);
    let look = |part: &[(&Found, Entry)]| {
        let mut same = Vec::new();
        for (found, entry) in part {
            interrupt::check("nothing was changed")?;
            let digest = cam_fetch::sha256_of_file(&found.path(root));
            if digest.is_ok_and(|digest| *digest.as_bytes() == entry.image.sha256.0) {
                same.push((found.name.clone(), found.modified));
            }
        }
        Ok(same)
    };
    thread::scope(|scope| {
        let parts: Vec<_> =
            doubtful.chunks(share).map(|part| scope.spawn(move || look(part))).collect();
        let parts = parts.into_iter().map(|part| match part.join() {
            Ok(same) => same,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        let parts: Vec<Vec<_>> = parts.collect::<Result<_, Failure>>()?;
        Ok(parts.into_iter().flatten().collect())
    })
}
