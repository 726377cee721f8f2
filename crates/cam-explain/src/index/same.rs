//! Which images are as they were when they were indexed: by size and date, or, where only the date is another, by
//! their bytes. A folder that was moved to another disk may have lost its dates.

use std::path::Path;

use cam_store::index::Writer;

use crate::environment::Environment;
use crate::error::Error;
use crate::folder::Found;
use crate::{notice, same_bytes};

/// Images that the index knows as they are.
pub struct Same {
    /// How many there are.
    pub count: usize,
    /// Those of them with another date.
    redated: Vec<(Box<str>, u64)>,
}

impl Same {
    /// Looks for them among images; files are read only where their dates say nothing.
    pub fn among(
        images: &[Found],
        root: &Path,
        writer: &Writer,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let (mut count, mut doubtful) = (0, Vec::new());
        for found in images {
            match writer.get(&found.name).map(|entry| &entry.image) {
                Some(image) if image.bytes != found.bytes => {}
                Some(image) if image.modified == found.modified => count += 1,
                Some(image) => doubtful.push((found, image.sha256)),
                None => {}
            }
        }
        let redated = same_bytes::among(&doubtful, root, environment, "nothing was changed")?;
        let redated: Vec<_> =
            redated.into_iter().map(|found| (found.name.clone(), found.modified)).collect();
        Ok(Self { count: count + redated.len(), redated })
    }

    /// Notes the dates that are others, in the order of names.
    pub fn note(mut self, writer: &mut Writer) -> Result<(), cam_store::Error> {
        if !self.redated.is_empty() {
            let count = self.redated.len();
            notice::detail(format_args!("{count} images have another date and the same bytes"));
        }
        self.redated.sort_unstable();
        self.redated.iter().try_for_each(|(name, modified)| writer.set_modified(name, *modified))
    }
}
