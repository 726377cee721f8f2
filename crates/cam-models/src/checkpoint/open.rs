use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::container::{Container, HEAD, recognise};
use super::{Checkpoint, Foreign, pytorch, safetensors_file, zipped};
use crate::LoadError;

impl Checkpoint {
    /// Opens a `.pth` (zip, legacy or TAR) or a `.safetensors` file, told apart by content.
    ///
    /// # Errors
    /// [`LoadError::Unreadable`], [`LoadError::NotWeights`] for what is no weight file at all,
    /// [`LoadError::Malformed`] for a damaged one.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(not_weights(path, folder(path)));
        }
        // A pipe would be eaten by looking at its head.
        if !metadata.is_file() {
            return Err(not_weights(path, Foreign::NoRegularFile));
        }
        let container = recognise(path, &head(path).map_err(unreadable)?)?;
        let tensors = match container {
            Container::Safetensors => {
                safetensors_file::tensors(std::fs::read(path).map_err(unreadable)?.into())
            }
            Container::PytorchZip if let Some(found) = zipped::content(path) => {
                return Err(not_weights(path, found));
            }
            _ => match pytorch::tensors(path) {
                Err(pytorch::Unread::Code(name)) => {
                    return Err(LoadError::NeedsPython { path: path.to_owned(), name });
                }
                Err(pytorch::Unread::Damaged(reason)) => Err(reason),
                Ok(tensors) => Ok(tensors),
            },
        };
        Self::of(path, container, tensors)
    }
}

/// Models that are folders.
fn folder(path: &Path) -> Foreign {
    match path {
        path if path.join("saved_model.pb").exists() => Foreign::SavedModel,
        path if path.join("Manifest.json").exists() => Foreign::CoreMl,
        _ => Foreign::Directory,
    }
}

fn not_weights(path: &Path, found: Foreign) -> LoadError {
    LoadError::NotWeights { path: path.to_owned(), found }
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}
