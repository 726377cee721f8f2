//! What changes when a file in the cache is replaced, so that what was found out about it need not be found out
//! again.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::UNIX_EPOCH;

use cam_files::Sha256;

/// Bytes at both ends of a weight file that are looked at. The end of a `.pth` holds the checksum
/// of every tensor, the start of a `.safetensors` their names and places.
const ENDS: u64 = 64 << 10;

/// Length, time, and both ends: a copy of the file with its time has the same.
pub fn content(file: &Path) -> io::Result<String> {
    let mut file = File::open(file)?;
    let metadata = file.metadata()?;
    let time = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut ends = Vec::new();
    (&mut file).take(ENDS).read_to_end(&mut ends)?;
    file.seek(SeekFrom::Start(metadata.len().saturating_sub(ENDS)))?;
    file.take(ENDS).read_to_end(&mut ends)?;
    let ends = Sha256::of(&ends);
    Ok(format!("{} bytes, {} ns, {ends}", metadata.len(), time.as_nanos()))
}

/// The same, and what no copy has: who replaces bytes in the middle and sets the time back is noticed too.
pub fn identity(file: &Path) -> io::Result<String> {
    Ok(format!("{}{}", content(file)?, changed(&std::fs::metadata(file)?)))
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt as _;
    format!(", changed {}.{:09}, inode {}", metadata.ctime(), metadata.ctime_nsec(), metadata.ino())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> String {
    String::new()
}
