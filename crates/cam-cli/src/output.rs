//! Files that are written: their names, and their bytes under them in one step.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cam_explain::Source;
use cam_explain::paths::{file_name, place};
use cam_files::{WriteError, remove_leftovers, write_atomically};
use cam_viz::{picture_bytes, png_bytes};
use image::RgbImage;

use crate::failure::Failure;
use crate::print;

/// The file name that means standard output.
pub const STDOUT: &str = "-";

/// A file name that may hold `{query}`, `{concept}`, `{layer}` and `{method}`.
#[derive(Debug, Clone)]
pub struct Pattern(PathBuf);

/// What a file is about, to be put into its name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// The query's name.
    pub query: &'a str,
    /// The question's name.
    pub concept: &'a str,
    /// The layer's name.
    pub layer: &'a str,
    /// The method's name.
    pub method: &'a str,
}

impl Pattern {
    /// A pattern, which must hold every placeholder whose subject there are several of.
    pub fn new(path: &Path, option: &str, several: &[(&str, bool)]) -> Result<Self, Failure> {
        let text = path.to_string_lossy();
        let missing =
            several.iter().find(|(placeholder, several)| *several && !text.contains(placeholder));
        match missing {
            Some((placeholder, _)) if text == STDOUT => Err(Failure::usage(format!(
                "standard output holds one file, but {option} would write several: give a name that holds {placeholder}"
            ))),
            Some((placeholder, _)) => Err(Failure::usage(format!(
                "{option} would write several files under one name: put {placeholder} into it, as in `{option} {}`",
                suggestion(path, placeholder)
            ))),
            None => Ok(Self(path.to_owned())),
        }
    }

    /// Whether it means standard output.
    pub fn is_stdout(&self) -> bool {
        is_stdout(&self.0)
    }

    /// Whether it means a PNG file.
    pub fn is_png(&self) -> bool {
        self.0.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
    }

    /// Its path with its placeholders.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// The file for a subject.
    pub fn path(&self, subject: Subject<'_>) -> PathBuf {
        // A name that is no Unicode holds no placeholder, and is kept to the byte.
        match self.0.to_str() {
            None => self.0.clone(),
            Some(text) => [
                ("{query}", subject.query),
                ("{concept}", subject.concept),
                ("{layer}", subject.layer),
                ("{method}", subject.method),
            ]
            .into_iter()
            // A file that is about no single one of them keeps the placeholder, for all to see.
            .filter(|(_, name)| !name.is_empty())
            .fold(text.to_owned(), |path, (placeholder, name)| {
                path.replace(placeholder, &file_name(name))
            })
            .into(),
        }
    }
}

fn suggestion(path: &Path, placeholder: &str) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy()));
    let name = format!("{stem}-{placeholder}{}", extension.unwrap_or_default());
    path.with_file_name(name).display().to_string()
}

/// Whether a file name means standard output.
pub fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == STDOUT
}

/// That standard input, which can be read once, is at most one of the images.
pub fn check_stdin(sources: &[Source]) -> Result<(), Failure> {
    match sources.iter().filter(|source| matches!(source, Source::Stdin)).count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::usage("standard input can be only one of the images")),
    }
}

/// Finds out before any work what is wrong with a figure and another file, one of which, or the JSON
/// document, may be standard output; `inputs` are read.
pub fn check_figure_and(
    figure: Option<&Path>,
    other: Option<&Path>,
    json: bool,
    inputs: &[PathBuf],
) -> Result<(), Failure> {
    let outputs = || figure.into_iter().chain(other);
    if outputs().filter(|path| is_stdout(path)).count() + usize::from(json) > 1 {
        return Err(Failure::usage("standard output holds one thing: give the others file names"));
    }
    check_all(outputs(), inputs)?;
    figure.map_or(Ok(()), check_format)
}

/// Whether a picture's name ends in a format that can be written: a picture of one pixel tells.
pub fn check_format(path: &Path) -> Result<(), Failure> {
    picture(path, &RgbImage::new(1, 1)).map(|_| ())
}

/// A picture in the format its name asks for; PNG on standard output.
pub fn picture(path: &Path, picture: &RgbImage) -> Result<Vec<u8>, Failure> {
    if is_stdout(path) {
        return png_bytes(picture).context("writing a PNG").map_err(Failure::Output);
    }
    picture_bytes(path, picture).map_err(|error| Failure::Usage(error.into()))
}

/// As [`check`] for several files, no two of which may be one; `inputs` are read.
pub fn check_all<'a>(
    paths: impl IntoIterator<Item = &'a Path>,
    inputs: &[PathBuf],
) -> Result<(), Failure> {
    check_more(paths, inputs, &mut BTreeSet::new())
}

/// As [`check_all`] for files beside those whose places are taken already.
pub fn check_more<'a>(
    paths: impl IntoIterator<Item = &'a Path>,
    inputs: &[PathBuf],
    taken: &mut BTreeSet<PathBuf>,
) -> Result<(), Failure> {
    let mut folders = BTreeSet::new();
    for path in paths.into_iter().filter(|path| !is_stdout(path)) {
        check_one(path, inputs)?;
        folders.extend(place(path).parent().map(Path::to_owned));
        if !taken.insert(place(path)) {
            return Err(Failure::usage(format!(
                "two outputs are called {}: give each its own name",
                path.display()
            )));
        }
    }
    folders.iter().for_each(|folder| remove_leftovers(folder));
    Ok(())
}

/// Finds out before any work whether a file can be written, as far as that can be known.
///
/// What killed runs left beside it is removed.
pub fn check(path: &Path, inputs: &[PathBuf]) -> Result<(), Failure> {
    check_all([path], inputs)
}

/// As [`check`] for a table, which is Parquet under a name that says so.
pub fn check_table(path: &Path) -> Result<(), Failure> {
    if !is_table(path) {
        return Err(Failure::usage(format!(
            "{} would be a Parquet table: end its name in .parquet",
            path.display()
        )));
    }
    check(path, &[])
}

/// Whether a file name means a Parquet table.
pub fn is_table(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

fn check_one(path: &Path, inputs: &[PathBuf]) -> Result<(), Failure> {
    if is_stdout(path) {
        return Ok(());
    }
    refuse_overwriting(path, inputs)?;
    if path.is_dir() {
        return Err(Failure::Failed(WriteError::IsDirectory { path: path.to_owned() }.into()));
    }
    match path.parent() {
        Some(parent)
            if !(parent.as_os_str().is_empty() || parent.is_dir() || has_placeholder(parent)) =>
        {
            let (path, parent) = (path.to_owned(), parent.to_owned());
            Err(Failure::Failed(WriteError::NoParent { path, parent }.into()))
        }
        _ => Ok(()),
    }
}

fn has_placeholder(path: &Path) -> bool {
    let text = path.to_string_lossy();
    ["{query}", "{concept}", "{layer}", "{method}"]
        .iter()
        .any(|placeholder| text.contains(placeholder))
}

/// An output that is one of the inputs would destroy it.
fn refuse_overwriting(output: &Path, inputs: &[PathBuf]) -> Result<(), Failure> {
    match output.canonicalize() {
        Ok(canonical) if inputs.contains(&canonical) => {
            Err(Failure::usage(format!("{} is an input: choose another output", output.display())))
        }
        _ => Ok(()),
    }
}

/// Writes a file in one step, or to standard output.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if is_stdout(path) {
        return print::data(bytes);
    }
    write_atomically(path, bytes).map_err(|error| Failure::Output(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        let pattern =
            Pattern::new(Path::new("out/{query}.png"), "--overlay", &[]).expect("one query");
        let subject = Subject { query: "../../etc", ..Subject::default() };
        assert_eq!(pattern.path(subject), Path::new("out/.._.._etc.png"));

        let pattern = Pattern::new(Path::new("out/{query}/{query}.png"), "--overlay", &[])
            .expect("one query");
        for query in [".", ".."] {
            let subject = Subject { query, ..Subject::default() };
            assert_eq!(pattern.path(subject), Path::new("out/_/_.png"));
        }
    }

    #[test]
    fn a_pattern_for_several_must_tell_them_apart() {
        let made = Pattern::new(Path::new("a/b.png"), "--overlay", &[("{concept}", true)]);
        let Err(Failure::Usage(error)) = made else { panic!("it would overwrite itself") };
        assert!(error.to_string().contains("a/b-{concept}.png"), "{error}");
    }
}
