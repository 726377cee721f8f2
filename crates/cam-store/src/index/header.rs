use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use cam_files::Temporary;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Maps;
use super::names::HEADER;
use crate::error::at;
use crate::{Error, Fingerprint, version};

/// Grows with every change of the format.
const VERSION: u32 = 2;

/// No embedding is as wide, and no input has as long a side: beyond, a header says nonsense.
const WIDEST: usize = 1 << 20;

/// What all entries have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    version: u32,
    /// How often it was compacted, which is part of the names of its files.
    pub(super) generation: u32,
    /// What made the embeddings.
    pub fingerprint: Fingerprint,
    /// Where the folder of the images was last. The paths in it count, wherever it is.
    pub root: String,
    /// The layer of the feature maps.
    pub layer: String,
    /// Height and width that images are fitted to; none where each is taken at its own size.
    pub input: Option<[usize; 2]>,
    /// How images of other proportions come to it, in a word.
    pub fit: String,
    /// What is kept of each image beside its embedding.
    pub maps: Maps,
}

impl Header {
    /// For a new index.
    pub fn new(
        fingerprint: Fingerprint,
        root: String,
        layer: String,
        input: Option<[usize; 2]>,
        maps: Maps,
    ) -> Self {
        let fit = "squash".to_owned();
        Self { version: VERSION, generation: 0, fingerprint, root, layer, input, fit, maps }
    }

    /// The same of images that come to the input's size in another way than squashed.
    pub fn with_fit(self, fit: String) -> Self {
        Self { fit, ..self }
    }

    /// The header in a folder, or none where there is no index.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Damaged`], [`Error::Version`].
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(HEADER);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(&path)(error)),
        };
        let damaged =
            |error: serde_json::Error| Error::Damaged { reason: format!("{HEADER}: {error}") };
        let value: Value = serde_json::from_str(&text).map_err(damaged)?;
        let value = of_version_1(value)?;
        version::check(&value, VERSION)?;
        serde_json::from_value::<Self>(value).map_err(damaged)?.checked().map(Some)
    }

    /// The same, if rows and inputs of such sizes can be.
    fn checked(self) -> Result<Self, Error> {
        let damaged = |what: String| Err(Error::Damaged { reason: format!("{HEADER}: {what}") });
        let width = self.fingerprint.width;
        if width == 0 || width > WIDEST {
            return damaged(format!("fingerprint.width is {width}, not 1 to {WIDEST}"));
        }
        if self.maps == (Maps::TokenContributions { blocks: 0 }) {
            return damaged("maps are contributions of 0 blocks".to_owned());
        }
        match self.input {
            Some([height, width]) if height.min(width) == 0 || height.max(width) > WIDEST => {
                damaged(format!("input is {width}x{height}, not 1 to {WIDEST} each"))
            }
            _ => Ok(self),
        }
    }

    /// Bytes of an embedding.
    pub(super) fn row_bytes(&self) -> u64 {
        self.fingerprint.width as u64 * 4
    }

    /// Whole or not at all.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).expect("names and numbers are JSON");
        let write = || {
            let mut file = Temporary::new_in(folder)?;
            file.write_all(format!("{text}\n").as_bytes())?;
            file.persist(&folder.join(HEADER))
        };
        write().map_err(at(&folder.join(HEADER)))
    }

    /// Of the same index, once compacted.
    pub(super) fn next(&self) -> Self {
        Self { generation: self.generation.wrapping_add(1).max(1), ..self.clone() }
    }

    pub(super) fn check(&self, used: &Self) -> Result<(), Error> {
        self.fingerprint.check(&used.fingerprint)?;
        let differs =
            |what, kept: String, used: String| Err(Error::OtherModel { what, kept, used });
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
        if self.fit != used.fit {
            return differs("way to fit images", self.fit.clone(), used.fit.clone());
        }
        if self.maps != used.maps {
            return differs("choice of what is kept", self.maps.words(), used.maps.words());
        }
        Ok(())
    }
}

/// Version 1 said only whether there are maps, which were activations of the layer; nothing else differs.
fn of_version_1(mut header: Value) -> Result<Value, Error> {
    if header["version"] != 1 {
        return Ok(header);
    }
    let maps = match header["has_maps"].as_bool() {
        Some(true) => Maps::Activations,
        Some(false) => Maps::None,
        None => {
            let reason = format!("{HEADER}: has_maps is {}", header["has_maps"]);
            return Err(Error::Damaged { reason });
        }
    };
    header["maps"] = json!(maps);
    header["version"] = json!(VERSION);
    Ok(header)
}
