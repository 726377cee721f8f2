//! How a folder's images are prepared.

use std::path::{Path, PathBuf};

use super::error::FolderError;
use super::family::Family;
use super::text;
use crate::preprocessing::Preprocessing;

/// The preprocessing, the file that says it, and what is to be said of it.
type Found = (Preprocessing, Option<PathBuf>, Vec<String>);

/// What a file of the folder says, or where there is none the defaults of the family; for a size that was asked for, or
/// without one for that of the preprocessing.
pub(super) fn of(
    folder: &Path,
    family: &Family,
    image: Option<[usize; 2]>,
    size: Option<(usize, usize)>,
) -> Result<Found, FolderError> {
    let files = family.preprocessors;
    let file = files.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    let (preprocessing, remarks) = match &file {
        Some(path) => said(path, &text::read(path)?)?,
        None => {
            let (found, _) = said(&folder.join(files[0]), family.processor)?;
            let found = match image {
                Some([height, width]) => found.with_size((width, height)),
                None => found,
            };
            let remark = format!(
                "{}: there is no {}: images are prepared as is usual for {}",
                folder.display(),
                files[0],
                family.types[0]
            );
            (found, vec![remark])
        }
    };
    Ok(match size.filter(|size| *size != preprocessing.size) {
        Some(size) => (preprocessing.with_size(size), file, remarks),
        None => (preprocessing, file, remarks),
    })
}

fn said(path: &Path, text: &str) -> Result<(Preprocessing, Vec<String>), FolderError> {
    let read = Preprocessing::from_json(text)
        .map_err(|source| FolderError::Preprocessing { path: path.to_owned(), source })?;
    let remarks = read.remarks.iter().map(|remark| format!("{}: {remark}", path.display()));
    Ok((read.preprocessing, remarks.collect()))
}
