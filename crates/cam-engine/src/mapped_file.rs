use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

/// A file in memory: read page by page when it is first looked at, and shared between processes.
///
/// It must be one that nobody writes to, as those are that appear under their name complete and
/// are only ever replaced by another. What somebody changes in it nevertheless changes the numbers
/// read from it, and where somebody cuts it off the operating system ends the process that reads
/// on.
#[derive(Debug)]
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps a whole file.
    ///
    /// # Errors
    /// What opening or mapping it gives.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: the mapping is private and only read. It holds bytes and floats, for which any
        // bits are a value; that nobody writes to the file is what the documentation asks for.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self(map))
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}
