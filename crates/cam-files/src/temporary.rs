//! Files on their way to their names, and what killed programs left of theirs.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::persist::{parent, sync_directory};

const PREFIX: &str = ".cam-";
const SUFFIX: &str = ".part";

/// A hidden file that takes its name in one step once it is complete; dropped before, it is removed.
///
/// Whoever is killed leaves it behind. As long as its writer lives it is locked, so that
/// [`remove_leftovers`] can tell the two apart.
#[derive(Debug)]
pub struct Temporary(NamedTempFile);

impl Temporary {
    /// An empty file in the directory where it is to have its name, since a rename is atomic within one
    /// file system only. On Unix it may be read and written as any new file (0666 less the umask).
    ///
    /// # Errors
    /// Where the directory does not exist or cannot be written into.
    pub fn new_in(directory: &Path) -> io::Result<Self> {
        loop {
            let file = created(directory)?;
            // Whoever removes leftovers may come between the file and its lock, and take it for one.
            let is_taken = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
            if !is_taken && file.path().exists() {
                return Ok(Self(file));
            }
        }
    }

    /// The open file.
    pub fn as_file(&self) -> &File {
        self.0.as_file()
    }

    /// Brings the bytes to the disk and gives the file its name, in place of whatever has it.
    ///
    /// # Errors
    /// Where the disk is full, or the name cannot be given; the file is removed then.
    pub fn persist(self, target: &Path) -> io::Result<()> {
        self.as_file().sync_all()?;
        self.0.persist(target).map_err(|error| error.error)?;
        sync_directory(parent(target))
    }
}

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn created(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    // Temporary files are private by default, which the final file should not be.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

/// Removes the [`Temporary`] files in a directory whose writers are gone. Those of living ones are locked
/// and stay; what cannot be removed stays too, for it is in nobody's way.
pub fn remove_leftovers(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|n| n.starts_with(PREFIX) && n.ends_with(SUFFIX));
        // A pipe of that name would keep whoever opens it waiting.
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            remove_unlocked(&entry.path());
        }
    }
}

fn remove_unlocked(path: &Path) {
    if let Ok(file) = File::options().write(true).open(path)
        && file.try_lock().is_ok()
    {
        // Still locked: its writer, should it have just made it, sees that it was taken, and makes another.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("a directory");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names.map(|n| n.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn leftovers_of_the_dead_go_and_the_files_of_the_living_stay() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        for name in [".cam-dead01.part", ".cam-mine", "cam-b.part", ".other.part"] {
            fs::write(path(name), "left").expect("written");
        }
        let mut living = Temporary::new_in(directory.path()).expect("a file");
        living.write_all(b"whole").expect("written");
        remove_leftovers(directory.path());
        let left = names(directory.path());
        assert_eq!(left.len(), 4, "{left:?}");
        assert!(!left.contains(&".cam-dead01.part".to_owned()), "{left:?}");
        living.persist(&path("final")).expect("it takes its name");
        assert_eq!(fs::read(path("final")).expect("it is there"), b"whole");
        assert_eq!(names(directory.path()), [".cam-mine", ".other.part", "cam-b.part", "final"]);
    }

    #[test]
    fn no_file_is_lost_to_whoever_removes_leftovers_meanwhile() {
        let directory = tempfile::tempdir().expect("a directory");
        let done = std::sync::atomic::AtomicBool::new(false);
        let relaxed = std::sync::atomic::Ordering::Relaxed;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(relaxed) {
                    remove_leftovers(directory.path());
                }
            });
            for number in 0..200 {
                let mut file = Temporary::new_in(directory.path()).expect("a file");
                file.write_all(b"whole").expect("written");
                file.persist(&directory.path().join(number.to_string())).expect("it is there");
            }
            done.store(true, relaxed);
        });
        assert_eq!(names(directory.path()).len(), 200);
    }
}
