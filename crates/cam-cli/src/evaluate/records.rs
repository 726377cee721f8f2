use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use cam_viz::write_atomically;
use serde::{Deserialize, Serialize};

use super::measure::Measures;
use crate::failure::Failure;

/// What all records of a file have in common: they may be continued by the same only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub schema_version: u32,
    pub cam_version: String,
    pub model: String,
    pub weights_sha256: String,
    pub layer: String,
    pub images: Vec<String>,
    pub images_sha256: Vec<String>,
    pub grid: [usize; 2],
    pub cell: u32,
    pub seed: u64,
    pub top_channels: Option<usize>,
    pub samples: Option<usize>,
    pub exact: bool,
}

/// One map, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub collage: usize,
    pub cell: usize,
    pub concept: String,
    pub method: String,
    pub cosine: f32,
    #[serde(flatten)]
    pub measures: Measures,
}

/// Records in a file, one line each behind the header's.
pub struct Records {
    path: PathBuf,
    file: File,
    /// What they have in common.
    pub header: Header,
    /// In the order of the file.
    pub records: Vec<Record>,
}

impl Records {
    /// Makes the folder and the file, or reads what is there and goes on. A last line that was cut
    /// off is dropped, and measured again.
    pub fn open(folder: &Path, header: Header) -> Result<Self, Failure> {
        fs::create_dir_all(folder)
            .with_context(|| format!("making the folder {}", folder.display()))
            .map_err(Failure::Output)?;
        let path = folder.join("records.jsonl");
        let records = match fs::read_to_string(&path) {
            Ok(text) => parse(&text, &header, &path)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                let reading = format!("reading {}", path.display());
                return Err(Failure::Failed(anyhow::Error::new(error).context(reading)));
            }
        };
        let mut text = line(&header)?;
        for record in &records {
            text.push_str(&line(record)?);
        }
        write_atomically(&path, text.as_bytes()).map_err(|error| Failure::Output(error.into()))?;
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.with_context(|| format!("opening {}", path.display()))?;
        Ok(Self { path, file, header, records })
    }

    /// Where they are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.records.len()
    }

    /// Whether a map was measured already.
    pub fn holds(&self, collage: usize, cell: usize, method: &str) -> bool {
        self.records.iter().any(|record| {
            (record.collage, record.cell, record.method.as_str()) == (collage, cell, method)
        })
    }

    /// Writes one more, at once.
    pub fn add(&mut self, record: Record) -> Result<(), Failure> {
        let written = self.file.write_all(line(&record)?.as_bytes());
        written
            .with_context(|| format!("writing {}", self.path.display()))
            .map_err(Failure::Output)?;
        self.records.push(record);
        Ok(())
    }
}

fn parse(text: &str, header: &Header, path: &Path) -> Result<Vec<Record>, Failure> {
    let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let other = || {
        Failure::Failed(anyhow!(
            "{} was measured with other images or settings: choose another --out, or remove it",
            path.display()
        ))
    };
    match lines.next() {
        None => return Ok(Vec::new()),
        Some(first) if serde_json::from_str::<Header>(first).ok().as_ref() == Some(header) => {}
        Some(_) => return Err(other()),
    }
    let records = lines.enumerate().map(|(index, line)| {
        serde_json::from_str(line).with_context(|| {
            format!("line {} of {} is damaged: remove it", index + 2, path.display())
        })
    });
    Ok(records.collect::<Result<_, anyhow::Error>>()?)
}

fn line(value: &impl Serialize) -> Result<String, Failure> {
    let mut line = serde_json::to_string(value).context("writing JSON")?;
    line.push('\n');
    Ok(line)
}
