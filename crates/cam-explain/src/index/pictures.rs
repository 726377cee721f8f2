//! The images of an index, as they are now, to be drawn.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use cam_files::Sha256;
use cam_store::index::Entry;
use cam_viz::FigureStyle;
use image::{Rgb, RgbImage};

use crate::environment::Environment;
use crate::error::{Error, Setting, failed};
use crate::notice;
use crate::source::{Decoding, Source};

/// Where the images are, and which of them were there.
pub struct Pictures {
    root: PathBuf,
    /// Whether anything is drawn at all.
    is_wanted: bool,
    decoding: Decoding,
    environment: Environment,
    /// By path, whether it could be drawn.
    drawn: RefCell<BTreeMap<Box<str>, bool>>,
}

impl Pictures {
    /// Images in a folder.
    pub fn new(
        root: PathBuf,
        is_wanted: bool,
        decoding: Decoding,
        environment: &Environment,
    ) -> Self {
        let environment = environment.clone();
        Self { root, is_wanted, decoding, environment, drawn: RefCell::default() }
    }

    /// An image as it is drawn in figures.
    pub fn of(&self, entry: &Entry) -> RgbImage {
        FigureStyle::default().shrink(&self.whole(entry))
    }

    /// An image at its own size; a grey one of its shape where it is gone or is another by now, which is said.
    pub fn whole(&self, entry: &Entry) -> RgbImage {
        if !self.is_wanted {
            return RgbImage::new(1, 1);
        }
        let read = self.read(entry);
        let is_new = self.drawn.borrow_mut().insert(entry.image.path.clone(), read.is_ok());
        read.unwrap_or_else(|failure| {
            if is_new.is_none() {
                notice::remark(format_args!("{}; it is drawn grey", failure.reason()));
            }
            grey(entry)
        })
    }

    fn read(&self, entry: &Entry) -> Result<RgbImage, Error> {
        let path = self.path(entry)?;
        let source = Source::File(path);
        let bytes = source.bytes(&self.environment)?;
        if Sha256::of(&bytes) != entry.image.sha256 {
            return Err(failed!("{source} is not what was indexed: index the folder again"));
        }
        Ok(source.decoded(&bytes, self.decoding, &self.environment)?.pixels)
    }

    /// Inside of the folder, whatever an index says that somebody else may have made.
    fn path(&self, entry: &Entry) -> Result<PathBuf, Error> {
        let inside = Path::new(&*entry.image.path);
        if !inside.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(failed!("entries.log: path {} leads out of the folder", entry.image.path));
        }
        Ok(self.root.join(inside))
    }

    /// How many could not be drawn that were to be, and of how many.
    ///
    /// # Errors
    /// Where it is all of them.
    pub fn check(&self) -> Result<(usize, usize), Error> {
        let drawn = self.drawn.borrow();
        let missing = drawn.values().filter(|is_drawn| !**is_drawn).count();
        if missing == drawn.len() && missing > 0 {
            return Err(failed!(
                "none of the images is in {}: say where their folder is, or index it again",
                self.root.display()
            )
            .see(Setting::Images));
        }
        Ok((missing, drawn.len()))
    }
}

/// A grey picture of an image's shape, no larger than it will be drawn.
fn grey(entry: &Entry) -> RgbImage {
    const LONGEST: u64 = 1024;
    let [width, height] = entry.image.pixels;
    let longest = u64::from(width.max(height)).max(1);
    let side = |side: u32| {
        let shrunk = u64::from(side) * LONGEST.min(longest) / longest;
        shrunk.max(1) as u32
    };
    RgbImage::from_pixel(side(width), side(height), Rgb([200; 3]))
}
