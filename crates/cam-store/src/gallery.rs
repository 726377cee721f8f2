//! Galleries: images with their embeddings and feature maps, in a folder.
//!
//! ```text
//! gallery.json    version and fingerprint, written once
//! entries.log     a line for each image that came or went: a checksum and JSON
//! vectors.f32     embeddings at length one, little-endian, width numbers to a row
//! maps.f16        activations of the layer, channel after channel, one image behind the other
//! ```
//!
//! Everything only grows. An image's numbers are written before its line, and a line counts once it is
//! whole: whatever is cut off at any moment, what the lines speak of is there. A writer that opens the
//! folder cuts off what no line speaks of. Readers take the lines that they find and look no further, and
//! so need no lock.

mod entry;
mod reader;
mod search;
mod writer;

pub use entry::{Entry, Image};
pub use reader::Gallery;
pub use search::Hit;
pub use writer::Writer;

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::at;
use crate::{Error, Fingerprint};

/// Grows when a folder of before can no longer be read.
const VERSION: u32 = 1;

const HEADER: &str = "gallery.json";
const ENTRIES: &str = "entries.log";
const VECTORS: &str = "vectors.f32";
const MAPS: &str = "maps.f16";
const LOCK: &str = "writer.lock";

/// What all entries have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    version: u32,
    /// What made the embeddings.
    pub fingerprint: Fingerprint,
    /// The folder of the images.
    pub root: String,
    /// The layer of the feature maps.
    pub layer: String,
    /// Height and width of the network's input; none where it is each image's own.
    pub input: Option<[usize; 2]>,
    /// Whether feature maps are kept.
    pub has_maps: bool,
}

impl Header {
    /// For a new gallery.
    pub fn new(
        fingerprint: Fingerprint,
        root: String,
        layer: String,
        input: Option<[usize; 2]>,
        has_maps: bool,
    ) -> Self {
        Self { version: VERSION, fingerprint, root, layer, input, has_maps }
    }

    /// The header in a folder, or none where there is no gallery.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Damaged`], [`Error::Version`].
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(HEADER);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(&path)(error)),
        };
        let damaged = |error: serde_json::Error| Error::Damaged { reason: error.to_string() };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(damaged)?;
        match value["version"].as_u64() {
            Some(found) if found > u64::from(VERSION) => Err(Error::Version {
                found: u32::try_from(found).unwrap_or(u32::MAX),
                known: VERSION,
            }),
            _ => Ok(Some(serde_json::from_value(value).map_err(damaged)?)),
        }
    }

    fn check(&self, used: &Self) -> Result<(), Error> {
        self.fingerprint.check(&used.fingerprint)?;
        let differs =
            |what, kept: String, used: String| Err(Error::OtherModel { what, kept, used });
        if self.root != used.root {
            return differs("folder of images", self.root.clone(), used.root.clone());
        }
        if self.layer != used.layer {
            return differs("layer", self.layer.clone(), used.layer.clone());
        }
        if self.input != used.input {
            let words = |input: Option<[usize; 2]>| match input {
                Some([height, width]) => format!("{width}x{height}"),
                None => "native".to_owned(),
            };
            return differs("input size", words(self.input), words(used.input));
        }
        if self.has_maps != used.has_maps {
            let words = |has: bool| if has { "with maps" } else { "without maps" }.to_owned();
            return differs("choice of what is kept", words(self.has_maps), words(used.has_maps));
        }
        Ok(())
    }
}
