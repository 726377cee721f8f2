use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::container::{Container, Content, HEAD, content};
use super::{Checkpoint, Foreign, pytorch, safetensors_file};
use crate::LoadError;

pub(super) fn open(path: &Path) -> Result<Checkpoint, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(not_weights(path, Foreign::Directory));
    }
    // A pipe would be eaten by looking at its head.
    if !metadata.is_file() {
        return Err(not_weights(path, Foreign::NoRegularFile));
    }
    let head = head(path).map_err(unreadable)?;
    let container = match content(&head) {
        Content::Weights(container) => container,
        Content::Other(found) => return Err(not_weights(path, found)),
    };
    let tensors = match container {
        Container::Safetensors => {
            safetensors_file::tensors(std::fs::read(path).map_err(unreadable)?.into())
        }
        _ => pytorch::tensors(path),
    };
    let tensors = tensors.map_err(|reason| malformed(path, container, reason))?;
    Ok(Checkpoint { origin: path.to_owned(), container, tensors })
}

pub(super) fn malformed(path: &Path, container: Container, reason: String) -> LoadError {
    LoadError::Malformed { path: path.to_owned(), container, reason }
}

fn not_weights(path: &Path, found: Foreign) -> LoadError {
    LoadError::NotWeights { path: path.to_owned(), found }
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}
