use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::measure::Measures;
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
    pub grid: [usize; 2],
    pub cell: u32,
    pub fit: String,
    #[serde(flatten)]
    pub options: MethodSettings,
}

/// One map, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub collage: usize,
    pub cell: usize,
    pub concept: String,
    pub method: String,
    pub cosine: f32,
    /// Whether the file of an image of the collage lacks pixels.
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
    pub fn holds(&self, collage: usize, cell: usize, method: &str) -> bool {
        self.known.contains(&(collage, cell, method.to_owned()))
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
    (record.collage, record.cell, record.method.clone())
}
