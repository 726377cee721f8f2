use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::Error;

/// Short against any work, long against the cost of asking.
const POLL: Duration = Duration::from_millis(10);

/// Keeps two programs, or two threads, from writing one file at once; let go of when dropped.
///
/// It is the system's advisory lock on an empty file of its own, so that a killed program leaves it open to
/// the next. The file that is written would not do: whoever writes it whole or not at all puts another in
/// its place, and the lock would stay on the one that is gone.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock at a path, where an empty file is made for it; none where another holds it.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder cannot be written into, [`Error::Lock`] where the file system knows no
    /// locks.
    pub fn try_at(path: &Path) -> Result<Option<Self>, Error> {
        loop {
            let file = File::options().create(true).append(true).open(path);
            let file = file.map_err(Error::io("create", path))?;
            match file.try_lock() {
                Ok(()) if is_still_at(&file, path) => {
                    return Ok(Some(Self { file, path: path.to_owned() }));
                }
                // Its holder removed it while we came: ours is a file without a name, which locks nobody out.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(source)) => {
                    return Err(Error::Lock { path: path.to_owned(), source });
                }
            }
        }
    }

    /// The same, waiting for whoever holds it as long as `waits` says so; none where it no longer does.
    ///
    /// # Errors
    /// As [`try_at`](Self::try_at).
    pub fn at(path: &Path, mut waits: impl FnMut() -> bool) -> Result<Option<Self>, Error> {
        loop {
            match Self::try_at(path)? {
                None if waits() => thread::sleep(POLL),
                lock => return Ok(lock),
            }
        }
    }

    /// [`try_at`](Self::try_at) for a file NAME, which need not exist: at `.NAME.lock` beside it, whichever
    /// links lead to it.
    ///
    /// # Errors
    /// As [`try_at`](Self::try_at).
    pub fn try_beside(file: &Path) -> Result<Option<Self>, Error> {
        Self::try_at(&beside(file))
    }

    /// [`at`](Self::at) for a file, as [`try_beside`](Self::try_beside).
    ///
    /// # Errors
    /// As [`try_at`](Self::try_at).
    pub fn beside(file: &Path, waits: impl FnMut() -> bool) -> Result<Option<Self>, Error> {
        Self::at(&beside(file), waits)
    }
}

impl Drop for Lock {
    /// Tidies up while still holding the lock: see `is_still_at`. A lock file left over does no harm.
    fn drop(&mut self) {
        if cfg!(unix) {
            ignore(fs::remove_file(&self.path));
        }
        ignore(self.file.unlock());
    }
}

/// Nothing can be done about it while dropping, and closing the file unlocks it all the same.
fn ignore(_: io::Result<()>) {}

/// Where the lock of a file lies: one place, by whichever links the file is reached.
fn beside(file: &Path) -> PathBuf {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let mut name = std::ffi::OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(".lock");
    file.with_file_name(name)
}

/// Whether the path still names the file that was locked. Only the holder removes the file, and only the
/// holder of the file *at the path* counts, so there is never a second one.
#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
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
                        let held = Lock::at(&path, || true).expect("a lock").expect("it waits");
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
    fn of_two_that_read_change_and_write_neither_s_work_is_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sum");
        fs::write(&path, "0").expect("written");
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let held = Lock::beside(&path, || true).expect("a lock").expect("it waits");
                        let sum: u32 =
                            fs::read_to_string(&path).expect("read").parse().expect("it");
                        fs::write(&path, (sum + 1).to_string()).expect("written");
                        drop(held);
                    }
                });
            }
        });
        assert_eq!(fs::read_to_string(&path).expect("read"), "100");
        let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
        assert!(left.len() == 1 || cfg!(not(unix)), "{left:?}");
    }

    #[test]
    fn who_does_not_wait_is_told_by_whichever_path_it_comes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "").expect("written");
        let held = Lock::try_beside(&path).expect("asked").expect("free");
        assert!(Lock::try_beside(&folder.path().join("./file")).expect("asked").is_none());
        assert!(Lock::beside(&path, || false).expect("asked").is_none());
        drop(held);
        assert!(Lock::try_beside(&path).expect("asked").is_some());
    }
}
