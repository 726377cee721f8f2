use cam_core::Network as _;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{array, rows, tensors};
use crate::error::{Context as _, Error, failed};
use crate::explain::Concept;
use crate::model::Model;

/// Endings of files that hold vectors.
const ENDINGS: [&str; 3] = [".parquet", ".npy", ".safetensors"];

/// A vector in a file: of a text encoder, say, or of another program's centroid.
///
/// A Parquet table has it in its first column of lists of floats, and the rows' names in its first column of text. A
/// NumPy array is `[d]` or `[n, d]`. A file of safetensors has vectors by name, or one tensor `[n, d]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorFile {
    /// What the concept is called, where that is given.
    pub name: Option<String>,
    /// The file, `.parquet`, `.npy` or `.safetensors`.
    pub path: PathBuf,
    /// A row's number from 0, or its name in the table, or a tensor's; none of a file with one row.
    pub row: Option<String>,
}

/// A vector as it was found.
pub(super) struct Found {
    /// What the file calls it.
    pub name: Option<String>,
    /// Its numbers.
    pub values: Vec<f32>,
}

impl VectorFile {
    /// What an argument means: `[NAME=]FILE[:ROW]`, the file's name ending in `.parquet`, `.npy` or `.safetensors`.
    ///
    /// # Errors
    /// [`Error::Usage`] where no part of it ends so.
    pub fn of(argument: &OsStr) -> Result<Self, Error> {
        let is_file = |text: &str| {
            let text = text.to_ascii_lowercase();
            ENDINGS.iter().any(|ending| text.ends_with(ending))
        };
        let (whole, text) = (Path::new(argument), argument.to_string_lossy());
        if whole.exists() && is_file(&text) {
            return Ok(Self { name: None, path: whole.to_owned(), row: None });
        }
        let colons = text.match_indices(':').map(|(at, _)| at);
        let end = colons.chain([text.len()]).find(|&end| is_file(&text[..end]));
        let Some(end) = end else {
            return Err(Error::usage(format_args!(
                "{text} is no file of vectors: its name must end in .parquet, .npy or .safetensors"
            )));
        };
        let (file, row) = (&text[..end], text.get(end + 1..).map(str::to_owned));
        match file.split_once('=') {
            Some((name, path)) if !name.is_empty() && !Path::new(file).exists() => {
                Ok(Self { name: Some(name.to_owned()), path: path.into(), row })
            }
            _ => Ok(Self { name: None, path: file.into(), row }),
        }
    }

    /// Reads the vector; what it is called, and its numbers.
    ///
    /// # Errors
    /// Where the file cannot be read, is no table or array of vectors, or has no such row.
    pub fn read(&self) -> Result<(String, Vec<f32>), Error> {
        let row = self.row.as_deref();
        let ends = |ending: &str| {
            self.path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
        };
        let found = match () {
            () if ends("npy") => array::read(&self.path, row),
            () if ends("safetensors") => tensors::read(&self.path, row),
            () => rows::read(&self.path, row),
        };
        let Found { name, values } = found.map_err(|error| error.of(self.path.display()))?;
        let stem = || self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let numbered = || Some(format!("{}:{}", stem()?, row?));
        let name = self.name.clone().or(name).or_else(numbered).or_else(stem);
        Ok((name.unwrap_or_default(), values))
    }

    fn origin(&self) -> String {
        let path = self.path.display();
        self.row.as_ref().map_or_else(|| path.to_string(), |row| format!("{path}:{row}"))
    }
}

impl Model {
    /// The concept of a vector that was made elsewhere, as wide as the network's embeddings.
    ///
    /// # Errors
    /// As [`VectorFile::read`]; where the width is another, or the vector is zero or not finite.
    pub fn concept_of(&self, file: &VectorFile) -> Result<Concept, Error> {
        let (name, values) = file.read()?;
        let (origin, width) = (file.origin(), self.network().embedding_width());
        if values.len() != width {
            return Err(failed!(
                "{origin} has {} numbers, and embeddings of {} have {width}: take a vector of the same \
                 embedding space",
                values.len(),
                self.name()
            ));
        }
        Concept::of_vector(name, origin, values)
    }
}

/// The row that is meant, of so many without names.
pub(super) fn number(row: Option<&str>, count: usize) -> Result<usize, Error> {
    match row.map(str::parse::<usize>) {
        None if count == 1 => Ok(0),
        None => Err(failed!("holds {count} vectors: say which, as in FILE:0")),
        Some(Ok(number)) if number < count => Ok(number),
        Some(Ok(number)) => Err(failed!("has no row {number}: it holds {count}, numbered from 0")),
        Some(Err(_)) => {
            let row = row.context("a row was asked for")?;
            Err(failed!("`{row}` is no number, and its rows have no names"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Option<String>, String, Option<String>) {
        let VectorFile { name, path, row } = VectorFile::of(OsStr::new(text)).expect("a file");
        (name, path.display().to_string(), row)
    }

    #[test]
    fn a_name_stands_before_the_file_and_a_row_behind_it() {
        let (dog, file) = (Some("dog".to_owned()), "a/texts.parquet".to_owned());
        assert_eq!(of("a/texts.parquet"), (None, file.clone(), None));
        assert_eq!(of("dog=a/texts.parquet"), (dog.clone(), file.clone(), None));
        let row = Some("x=1: a dog.npy".to_owned());
        assert_eq!(of("a/texts.parquet:x=1: a dog.npy"), (None, file.clone(), row));
        assert_eq!(of("dog=a/texts.parquet:3"), (dog.clone(), file, Some("3".to_owned())));
        assert_eq!(of("dog=c:v.npy:3"), (dog, "c:v.npy".to_owned(), Some("3".to_owned())));
    }

    #[test]
    fn another_file_is_refused() {
        let error = VectorFile::of(OsStr::new("dog.csv:3")).expect_err("no vectors");
        assert_eq!(
            error.reason(),
            "dog.csv:3 is no file of vectors: its name must end in .parquet, .npy or .safetensors"
        );
    }
}
