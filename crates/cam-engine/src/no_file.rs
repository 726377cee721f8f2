/// A file in memory. Without the feature `files` nothing makes one.
#[derive(Debug)]
pub enum MappedFile {}

impl MappedFile {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        match *self {}
    }
}
