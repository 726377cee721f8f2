//! Keeps two fetches of one file apart, be they threads or processes.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::error::FetchError;

/// Short against a download, long against the cost of asking.
const POLL: Duration = Duration::from_millis(100);

/// A lock file, held until dropped.
///
/// The lock is the system's advisory lock on an empty file beside the destination, so a killed process leaves it
/// open to the next. The part file itself would not do: it is renamed at the end, and whoever waited for it would
/// wake up holding the finished file.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock, asking `wait` between two attempts whether to go on waiting.
    pub fn acquire(
        path: &Path,
        mut wait: impl FnMut() -> Result<(), FetchError>,
    ) -> Result<Self, FetchError> {
        loop {
            let file = File::options().create(true).append(true).open(path);
            let file = file.map_err(FetchError::io("create", path))?;
            match file.try_lock() {
                Ok(()) if is_still_at(&file, path) => {
                    return Ok(Self { file, path: path.to_owned() });
                }
                // Its holder removed it while we came: ours is a file without a name, which locks nobody out.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    wait()?;
                    thread::sleep(POLL);
                }
                Err(TryLockError::Error(source)) => {
                    return Err(FetchError::Lock { path: path.to_owned(), source });
                }
            }
        }
    }
}

impl Drop for Lock {
    /// Tidies up while still holding the lock: see [`is_still_at`]. A lock file left over does no harm.
    fn drop(&mut self) {
        if cfg!(unix) {
            ignore(fs::remove_file(&self.path));
        }
        ignore(self.file.unlock());
    }
}

/// Nothing can be done about it while dropping, and closing the file unlocks it all the same.
fn ignore(_: io::Result<()>) {}

/// Whether the path still names the file that was locked. Only the holder removes the file, and only the holder of
/// the file *at the path* counts, so there is never a second one.
#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(locked), Ok(named)) => identity(locked) == identity(named),
        _ => false,
    }
}

/// Elsewhere the standard library does not tell files apart, so lock files stay.
#[cfg(not(unix))]
fn is_still_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn there_is_never_a_second_holder() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lock");
        let holders = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let held = Lock::acquire(&path, || Ok(())).expect("a lock");
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                        thread::yield_now();
                        holders.fetch_sub(1, Ordering::SeqCst);
                        drop(held);
                    }
                });
            }
        });
    }

    #[test]
    fn waiting_can_be_given_up() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lock");
        let _held = Lock::acquire(&path, || Ok(())).expect("a lock");
        let stop = || Err(FetchError::Cancelled { url: "u".into() });
        assert!(matches!(Lock::acquire(&path, stop), Err(FetchError::Cancelled { .. })));
    }
}
