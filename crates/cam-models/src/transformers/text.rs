//! Small files of text.

use std::io::Read as _;
use std::path::Path;

use super::error::FolderError;

/// Longer than any file of settings, and than the list of a thousand shards' tensors.
const MAX_BYTES: u64 = 16 << 20;

pub(super) fn read(path: &Path) -> Result<String, FolderError> {
    let mut text = String::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text));
    match read {
        Err(source) => Err(FolderError::Unreadable { path: path.to_owned(), source }),
        Ok(read) if read as u64 > MAX_BYTES => Err(FolderError::Config {
            path: path.to_owned(),
            reason: format!("holds more than {} MiB, too much for settings", MAX_BYTES >> 20),
        }),
        Ok(_) => {
            // Some editors begin a file with it.
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            Ok(text)
        }
    }
}
