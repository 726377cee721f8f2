use std::collections::BTreeMap;
use std::path::Path;

use cam_files::Sha256;
use serde::{Deserialize, Serialize};

use super::results_path;
use crate::error::Error;
use crate::explain::Condition;
use crate::journal::{Journal, MethodSettings, NetworkSettings, ReadingSettings, Span};

/// What all lines of a file have in common: they may be continued by the same only.
#[derive(Debug, Clone, Serialize)]
pub struct Header {
    pub schema_version: u32,
    pub cam_version: &'static str,
    #[serde(flatten)]
    pub network: NetworkSettings,
    pub layer: String,
    pub method: String,
    #[serde(flatten)]
    pub options: MethodSettings,
    pub concepts_as: String,
    pub concepts: Vec<String>,
    pub concepts_sha256: String,
    #[serde(flatten)]
    pub reading: ReadingSettings,
    /// Width and height of frames; none of a folder of images.
    pub frames: Option<[usize; 2]>,
    pub smooth: f32,
    pub shard: Option<[u64; 2]>,
}

/// What came of one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Inside the folder, or the frame's number.
    pub path: String,
    /// Of the image's file, or of the frame's pixels; none of an image that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// Width and height, upright; none of an image that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixels: Option<[u32; 2]>,
    /// What is to be known of it; nothing of an image that failed.
    #[serde(flatten)]
    pub condition: Option<Condition>,
    /// In the order of the header; empty of an image that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concepts: Vec<Found>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How a concept was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub concept: String,
    pub score: f32,
    /// Height and width of the map.
    pub size: [usize; 2],
    /// The raw map, signed, row by row.
    pub map: Vec<f32>,
}

impl Line {
    fn is_damaged(&self) -> bool {
        self.condition.as_ref().is_some_and(|image| image.damaged)
    }
}

/// Lines in a file. They are not kept in memory, but for whose they are and where.
pub struct Results {
    journal: Journal<Line>,
    known: BTreeMap<Box<str>, Known>,
    /// Whether anything was added or dropped.
    pub has_changed: bool,
}

/// A line that is there.
struct Known {
    span: Span,
    /// None of an image that failed.
    sha256: Option<Sha256>,
    is_damaged: bool,
}

impl Results {
    /// Makes the folder and the file, or reads what is there to go on with it.
    pub fn open(folder: &Path, header: &Header) -> Result<Self, Error> {
        let (mut known, mut lines) = (BTreeMap::new(), 0);
        let journal =
            Journal::open(&results_path(folder, header.shard), header, |line: Line, span| {
                lines += 1;
                let is_damaged = line.is_damaged();
                let Line { path, sha256, .. } = line;
                known.entry(path.into()).or_insert(Known { span, sha256, is_damaged });
                Ok(())
            })?;
        let mut results = Self { journal, known, has_changed: false };
        // Two lines of one image, as where files were joined by hand: the first counts.
        if lines > results.known.len() {
            results.keep()?;
        }
        Ok(results)
    }

    pub fn path(&self) -> &Path {
        self.journal.path()
    }

    /// The digest of what the line of that path was made from; none where there is no line, or it failed.
    pub fn sha256(&self, path: &str) -> Option<Sha256> {
        self.known.get(path).and_then(|known| known.sha256)
    }

    pub fn holds(&self, path: &str) -> bool {
        self.known.contains_key(path)
    }

    /// Whose lines there are, in their order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(|path| &**path)
    }

    pub fn count(&self) -> usize {
        self.known.len()
    }

    /// How many images failed.
    pub fn failed(&self) -> usize {
        self.known.values().filter(|known| known.sha256.is_none()).count()
    }

    /// How many images lack pixels.
    pub fn damaged(&self) -> usize {
        self.known.values().filter(|known| known.is_damaged).count()
    }

    pub fn add(&mut self, line: &Line) -> Result<(), Error> {
        let (sha256, is_damaged) = (line.sha256, line.is_damaged());
        let known = Known { span: self.journal.add(line)?, sha256, is_damaged };
        self.known.insert(line.path.as_str().into(), known);
        self.has_changed = true;
        Ok(())
    }

    /// Drops the lines of these images.
    pub fn drop(&mut self, paths: &[String]) -> Result<(), Error> {
        if paths.is_empty() {
            return Ok(());
        }
        for path in paths {
            self.known.remove(path.as_str());
        }
        self.has_changed = true;
        self.keep()
    }

    /// Brings the lines into the order of the names, as those of a run that was never interrupted are.
    pub fn sort(&mut self) -> Result<(), Error> {
        if self.known.values().is_sorted_by_key(|known| known.span) { Ok(()) } else { self.keep() }
    }

    /// Every line of an image, one after the other.
    pub fn each(&self, see: impl FnMut(Line) -> Result<(), Error>) -> Result<(), Error> {
        self.journal.each(see)
    }

    fn keep(&mut self) -> Result<(), Error> {
        let spans: Vec<Span> = self.known.values().map(|known| known.span).collect();
        let moved = self.journal.keep(&spans)?;
        self.known.values_mut().zip(moved).for_each(|(known, span)| known.span = span);
        Ok(())
    }
}
