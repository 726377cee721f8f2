//! What programs did on a backend, kept in `target/`, so that hours of tests can be interrupted and go on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};

use super::ran::{End, Ran};

/// The folder of a backend.
pub struct Kept {
    folder: PathBuf,
}

impl Kept {
    pub fn at(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self { folder })
    }

    /// What a program did, if neither it nor what it reads has changed, and it would do the same again: a
    /// failure is looked at anew, and so is what could go on for longer now.
    pub fn get(&self, name: &str, read: &[&Path], limit: Duration) -> Option<Ran> {
        let path = self.path(name);
        let kept = changed(&path)?;
        let text = fs::read_to_string(&path).ok()?;
        let ran = Ran::of_json(&serde_json::from_str(&text).ok()?)?;
        let is_final = ran.end == End::Passed || ran.seconds >= limit.as_secs_f64();
        let would_do_the_same = is_final && !ran.has_failed();
        (would_do_the_same && read.iter().all(|path| changed(path).is_some_and(|at| at < kept)))
            .then_some(ran)
    }

    pub fn put(&self, name: &str, ran: &Ran) -> Result<()> {
        let path = self.path(name);
        // Whole or not at all: half of it would be taken for nothing, but would have cost minutes.
        let new = path.with_extension("new");
        fs::write(&new, ran.to_json().to_string()).with_context(|| new.display().to_string())?;
        fs::rename(&new, &path).with_context(|| path.display().to_string())
    }

    /// Where a program's complaints go.
    pub fn complaints(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.stderr"))
    }

    /// The same, empty.
    pub fn new_complaints(&self, name: &str) -> Result<File> {
        let path = self.complaints(name);
        File::create(&path).with_context(|| path.display().to_string())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

/// When a file was written, or the last one below a folder.
fn changed(path: &Path) -> Option<SystemTime> {
    let found = fs::metadata(path).ok()?;
    if !found.is_dir() {
        return found.modified().ok();
    }
    let entries = fs::read_dir(path).ok()?.flatten();
    entries.filter_map(|entry| changed(&entry.path())).max()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn ran(end: End, seconds: f64) -> Ran {
        Ran { out: String::new(), seconds, end }
    }

    /// A folder with a program that was built an hour ago.
    fn kept(name: &str) -> (Kept, PathBuf) {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        let kept = Kept::at(folder.clone()).expect("it can be made");
        let program = folder.join("program");
        let file = File::create(&program).expect("it can be written");
        file.set_modified(SystemTime::now() - Duration::from_secs(3600)).expect("it was old");
        (kept, program)
    }

    #[test]
    fn a_program_that_passed_is_not_run_again_until_it_is_built_anew() {
        let (kept, program) = kept("passed");
        assert_eq!(kept.get("book", &[&program], LIMIT), None);
        kept.put("book", &ran(End::Passed, 3.0)).expect("written");
        assert_eq!(kept.get("book", &[&program], LIMIT), Some(ran(End::Passed, 3.0)));
        assert_eq!(kept.get("other", &[&program], LIMIT), None);
        let later = SystemTime::now() + Duration::from_secs(60);
        File::create(&program).and_then(|file| file.set_modified(later)).expect("built");
        assert_eq!(kept.get("book", &[&program], LIMIT), None);
        fs::remove_dir_all(kept.folder).expect("removed");
    }

    #[test]
    fn failures_and_what_may_take_longer_now_are_run_again() {
        let (kept, program) = kept("failed");
        kept.put("book", &ran(End::Failed, 3.0)).expect("written");
        assert_eq!(kept.get("book", &[&program], LIMIT), None);
        kept.put("book", &ran(End::Stopped, 10.1)).expect("written");
        assert!(kept.get("book", &[&program], LIMIT).is_some());
        assert_eq!(kept.get("book", &[&program], 2 * LIMIT), None);
        let failed = "test a ... FAILED\n".to_owned();
        kept.put("book", &Ran { out: failed, ..ran(End::Stopped, 10.1) }).expect("written");
        assert_eq!(kept.get("book", &[&program], LIMIT), None);
        fs::remove_dir_all(kept.folder).expect("removed");
    }
}
