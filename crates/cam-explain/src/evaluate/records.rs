use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::measure::Measures;
use super::negatives::Negatives;
use crate::error::Error;
use crate::journal::{Journal, MethodSettings, NetworkSettings};

/// What all records of a file have in common: they may be continued by the same only.
#[derive(Debug, Clone, Serialize)]
pub struct Header {
    pub schema_version: u32,
    pub cam_version: &'static str,
    #[serde(flatten)]
    pub network: NetworkSettings,
    pub layer: String,
    pub images: Vec<String>,
    pub images_sha256: Vec<String>,
    #[serde(flatten)]
    pub places: PlacesSettings,
    pub negatives: Negatives,
    pub measures: Vec<&'static str>,
    /// The method whose maps the others are compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement_with: Option<String>,
    #[serde(flatten)]
    pub options: MethodSettings,
}

/// Which pictures are made of the images.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "places", rename_all = "lowercase")]
pub enum PlacesSettings {
    Collages { grid: [usize; 2], cell: u32, fit: String },
    Objects { size: (u32, u32) },
}

/// One map, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The number of the collage, or of the photograph.
    pub picture: usize,
    /// The number of the thing in it that is asked about.
    pub thing: usize,
    pub concept: String,
    pub method: String,
    pub score: f32,
    /// Whether a file that the picture was made of lacks pixels.
    pub damaged: bool,
    #[serde(flatten)]
    pub measures: Measures,
}

/// Records in a file, one line each behind the header's.
pub struct Records {
    journal: Journal<Record>,
    known: HashSet<(usize, usize, String)>,
    /// What they have in common.
    pub header: Header,
    /// In the order of the file.
    pub records: Vec<Record>,
}

impl Records {
    /// Makes the folder and the file, or reads what is there to go on with it.
    pub fn open(folder: &Path, header: Header) -> Result<Self, Error> {
        let (mut known, mut records) = (HashSet::new(), Vec::new());
        let journal = Journal::open(&folder.join("records.jsonl"), &header, |record, _| {
            // Of two for one map the first counts.
            if known.insert(key(&record)) {
                records.push(record);
            }
            Ok(())
        })?;
        Ok(Self { journal, known, header, records })
    }

    /// Where they are.
    pub fn path(&self) -> &Path {
        self.journal.path()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.records.len()
    }

    /// Whether a map was measured already.
    pub fn holds(&self, picture: usize, thing: usize, method: &str) -> bool {
        self.known.contains(&(picture, thing, method.to_owned()))
    }

    /// Writes one more, at once.
    pub fn add(&mut self, record: Record) -> Result<(), Error> {
        self.journal.add(&record)?;
        self.known.insert(key(&record));
        self.records.push(record);
        Ok(())
    }
}

fn key(record: &Record) -> (usize, usize, String) {
    (record.picture, record.thing, record.method.clone())
}
