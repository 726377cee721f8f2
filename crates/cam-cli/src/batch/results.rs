use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};

use super::results_path;
use crate::explain::Condition;
use crate::failure::Failure;

/// What all lines of a file have in common: they may be continued by the same only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub schema_version: u32,
    pub model: String,
    pub weights_sha256: String,
    pub layer: String,
    pub method: String,
    pub concepts_as: String,
    pub concepts: Vec<String>,
    pub concepts_sha256: String,
    /// The folder of the images, `-` for frames.
    pub images: String,
    /// Height and width that images are fitted to; none where each is taken at its own size.
    pub input: Option<[usize; 2]>,
    pub fit: String,
    pub shard: Option<[u64; 2]>,
    pub smooth: f32,
}

/// What came of one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Inside the folder, or the frame's number.
    pub path: String,
    /// Width and height, upright; none of an image that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
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

/// Lines in a file, behind the header's. Lines are not kept in memory, but for whose they are.
pub struct Results {
    path: PathBuf,
    file: File,
    known: HashSet<String>,
    pub failed: usize,
    pub damaged: usize,
}

impl Results {
    /// Makes the folder and the file, or reads what is there and goes on. A last line that was cut off
    /// is dropped, and its image done again.
    pub fn open(folder: &Path, header: Header) -> Result<Self, Failure> {
        let making = || format!("making the folder {}", folder.display());
        fs::create_dir_all(folder).with_context(making).map_err(Failure::Output)?;
        let path = results_path(folder, header.shard);
        let options = OpenOptions::new().create(true).read(true).append(true).open(&path);
        let file = options.with_context(|| path.display().to_string()).map_err(Failure::Output)?;
        let mut results = Self { path, file, known: HashSet::new(), failed: 0, damaged: 0 };
        let whole = results.read_lines(|results, number, text| {
            if number == 0 {
                let kept: Header = serde_json::from_str(text)
                    .with_context(|| format!("{}: its first line", results.path.display()))?;
                if kept != header {
                    return Err(Failure::usage(format!(
                        "{} was begun with other settings, concepts or images: choose another --out, \
                         or remove it",
                        results.path.display()
                    )));
                }
                return Ok(());
            }
            let line: Line = serde_json::from_str(text)
                .with_context(|| format!("{}: line {}", results.path.display(), number + 1))?;
            results.count_in(&line);
            results.known.insert(line.path);
            Ok(())
        })?;
        let cut = results.file.set_len(whole);
        cut.with_context(|| results.path.display().to_string()).map_err(Failure::Output)?;
        if whole == 0 {
            results.put(&header)?;
        }
        Ok(results)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn holds(&self, path: &str) -> bool {
        self.known.contains(path)
    }

    pub fn count(&self) -> usize {
        self.known.len()
    }

    pub fn add(&mut self, line: &Line) -> Result<(), Failure> {
        self.put(line)?;
        self.count_in(line);
        self.known.insert(line.path.clone());
        Ok(())
    }

    /// Every line of an image, one after the other.
    pub fn each(&self, mut see: impl FnMut(Line) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut skip = true;
        self.read_text(|text| {
            if std::mem::take(&mut skip) {
                return Ok(());
            }
            see(serde_json::from_str(text).with_context(|| self.path.display().to_string())?)
        })?;
        Ok(())
    }

    fn count_in(&mut self, line: &Line) {
        self.failed += usize::from(line.error.is_some());
        self.damaged += usize::from(line.condition.as_ref().is_some_and(|image| image.damaged));
    }

    fn put(&mut self, line: &impl Serialize) -> Result<(), Failure> {
        let mut text = serde_json::to_string(line).context("writing JSON")?;
        text.push('\n');
        // One write: whoever is killed leaves a whole line or a part of one, which is dropped.
        let written = self.file.write_all(text.as_bytes());
        written.with_context(|| self.path.display().to_string()).map_err(Failure::Output)
    }

    fn read_lines(
        &mut self,
        mut see: impl FnMut(&mut Self, usize, &str) -> Result<(), Failure>,
    ) -> Result<u64, Failure> {
        let mut texts = 0;
        let path = self.path.clone();
        read_text(&path, |text| {
            texts += 1;
            see(self, texts - 1, text)
        })
    }

    fn read_text(&self, see: impl FnMut(&str) -> Result<(), Failure>) -> Result<u64, Failure> {
        read_text(&self.path, see)
    }
}

/// Whole lines of a file; how many bytes they have.
fn read_text(
    path: &Path,
    mut see: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        file => file.with_context(|| path.display().to_string())?,
    };
    let mut reader = BufReader::new(file);
    let (mut whole, mut line) = (0, Vec::new());
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line);
        let length = length.with_context(|| path.display().to_string())?;
        let Some(text) = line.strip_suffix(b"\n") else { return Ok(whole) };
        let text = std::str::from_utf8(text).map_err(|_| anyhow!("{}: no text", path.display()))?;
        see(text)?;
        whole += length as u64;
    }
}
