//! From the images named on a command line to the images meant.

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use cam_explain::{Cancel, Source, folder, images_in, is_url};

use crate::arguments::ImageList;
use crate::failure::Failure;

impl ImageList {
    /// Every image, in the order of the words; those of a folder or a pattern in the order of their names.
    pub fn sources(&self, cancel: &Cancel) -> Result<Vec<Source>, Failure> {
        let mut words = self.images.clone();
        if let Some(file) = &self.files_from {
            let is_stdin = file.as_os_str() == "-";
            if is_stdin && words.iter().any(|word| word == "-") {
                return Err(Failure::usage(
                    "standard input holds one thing: an image, or names of images",
                ));
            }
            words.extend(named_in(file, is_stdin, self.null)?);
        }
        let mut sources = Vec::new();
        for word in words {
            extend(&mut sources, word, cancel)?;
        }
        if sources.is_empty() {
            return Err(Failure::usage("no image is named"));
        }
        Ok(sources)
    }
}

fn named_in(file: &Path, is_stdin: bool, by_zeros: bool) -> Result<Vec<OsString>, Failure> {
    let mut bytes = Vec::new();
    let read = match is_stdin {
        true => std::io::stdin().lock().read_to_end(&mut bytes).map(drop),
        false => fs::read(file).map(|read| bytes = read),
    };
    read.with_context(|| file.display().to_string())?;
    let end = if by_zeros { b'\0' } else { b'\n' };
    let names = bytes.split(|&byte| byte == end);
    let names =
        names.map(|name| if by_zeros { name } else { name.strip_suffix(b"\r").unwrap_or(name) });
    names.filter(|name| !name.is_empty()).map(|name| os_string(name, file)).collect()
}

#[cfg(unix)]
fn os_string(name: &[u8], _: &Path) -> Result<OsString, Failure> {
    use std::os::unix::ffi::OsStrExt as _;
    Ok(std::ffi::OsStr::from_bytes(name).to_owned())
}

#[cfg(not(unix))]
fn os_string(name: &[u8], file: &Path) -> Result<OsString, Failure> {
    let name = std::str::from_utf8(name).with_context(|| file.display().to_string())?;
    Ok(name.into())
}

/// What a word means: a file, standard input, a URL, the images of a folder, or those of a pattern where no file is
/// called so.
fn extend(sources: &mut Vec<Source>, word: OsString, cancel: &Cancel) -> Result<(), Failure> {
    let path = Path::new(&word);
    if path.is_dir() {
        for found in folder::images(path, cancel)? {
            found.check(path)?;
            sources.push(Source::File(found.path(path)));
        }
        return Ok(());
    }
    let pattern = word.to_str().filter(|text| text.contains(['*', '?', '[']) && !is_url(text));
    let pattern = pattern.filter(|_| !path.exists());
    let matching = pattern.and_then(|pattern| Some((pattern, glob::glob(pattern).ok()?)));
    let Some((pattern, paths)) = matching else {
        push(sources, Source::of(&word));
        return Ok(());
    };
    let before = sources.len();
    for path in paths {
        let path = path.with_context(|| format!("the pattern `{pattern}`"))?;
        if !path.is_dir() {
            push(sources, Source::File(path));
        }
    }
    match sources.len() > before {
        true => Ok(()),
        false => Err(Failure::usage(format!("no file matches the pattern `{pattern}`"))),
    }
}

/// Adds an image, or all images of a NumPy array.
fn push(sources: &mut Vec<Source>, source: Source) {
    let array = match &source {
        Source::File(path) => {
            path.extension().is_some_and(|end| end.eq_ignore_ascii_case("npy")).then_some(path)
        }
        _ => None,
    };
    // One that is not there, or no array, fails where it is read, among the others.
    match array.map(|path| (path, images_in(path).unwrap_or(1))) {
        Some((path, count)) if count > 1 => {
            sources.extend((0..count).map(|row| Source::Row { path: path.clone(), row }));
        }
        _ => sources.push(source),
    }
}
