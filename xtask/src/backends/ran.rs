//! A program that gets so much time and no more.

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// What became of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// What it printed on standard output.
    pub out: String,
    pub seconds: f64,
    pub end: End,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Passed,
    /// By an exit code, or by a signal of its own making.
    Failed,
    /// It took too long.
    Stopped,
}

const ENDS: [(&str, End); 3] =
    [("passed", End::Passed), ("failed", End::Failed), ("stopped", End::Stopped)];

/// How often it is looked whether it ended.
const LOOK: Duration = Duration::from_millis(100);

impl Ran {
    /// Runs a program, and stops it if it takes longer. What it complains of goes into a file.
    pub fn within(limit: Duration, command: &mut Command, complaints: File) -> Result<Self> {
        let begun = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(complaints).spawn()?;
        let mut out = child.stdout.take().context("a pipe was asked for")?;
        // Read on a thread of its own, so that a full pipe holds nobody up.
        let reader = thread::spawn(move || {
            let mut bytes = Vec::new();
            out.read_to_end(&mut bytes).map(|_| String::from_utf8_lossy(&bytes).into_owned())
        });
        let status: Option<ExitStatus> = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if begun.elapsed() > limit {
                child.kill()?;
                child.wait()?;
                break None;
            }
            thread::sleep(LOOK);
        };
        let seconds = begun.elapsed().as_secs_f64();
        let out = reader.join().ok().context("what was printed could not be read")??;
        let end = match status.map(|status| status.success()) {
            Some(true) => End::Passed,
            Some(false) => End::Failed,
            None => End::Stopped,
        };
        Ok(Self { out, seconds, end })
    }

    /// Whether it did, or one of its tests before it was stopped.
    pub fn has_failed(&self) -> bool {
        self.end == End::Failed || self.out.lines().any(|line| line.ends_with("FAILED"))
    }

    pub fn to_json(&self) -> Value {
        let end = ENDS.iter().find(|(_, end)| *end == self.end).map(|(name, _)| *name);
        json!({ "out": self.out, "seconds": self.seconds, "end": end })
    }

    pub fn of_json(value: &Value) -> Option<Self> {
        let end = value["end"].as_str()?;
        Some(Self {
            out: value["out"].as_str()?.to_owned(),
            seconds: value["seconds"].as_f64()?,
            end: ENDS.iter().find(|(name, _)| *name == end)?.1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn ran(script: &str, limit: Duration) -> Ran {
        let nowhere = File::create("/dev/null").expect("there is always room");
        Ran::within(limit, Command::new("sh").args(["-c", script]), nowhere).expect("it runs")
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_takes_too_long_is_stopped_and_what_it_said_is_kept() {
        let ran = ran("echo begun; exec sleep 60", Duration::from_millis(300));
        assert_eq!((ran.out.as_str(), ran.end), ("begun\n", End::Stopped));
        assert!(ran.seconds < 30.0);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_dies_has_failed_though_it_named_no_failure() {
        let limit = Duration::from_secs(60);
        assert_eq!(ran("echo x", limit).end, End::Passed);
        assert_eq!(ran("echo x; exit 101", limit).end, End::Failed);
        assert_eq!(ran("echo x; kill -9 $$", limit).end, End::Failed);
    }

    #[test]
    fn a_test_that_failed_is_a_failure_though_its_file_was_stopped() {
        let stopped = |out: &str| Ran { out: out.to_owned(), seconds: 1.0, end: End::Stopped };
        assert!(stopped("test a ... ok\ntest b ... FAILED\n").has_failed());
        assert!(!stopped("test a ... ok\n").has_failed());
    }

    #[test]
    fn what_became_of_a_program_is_read_as_it_was_written() {
        for (_, end) in ENDS {
            let ran = Ran { out: "a\n\"b\"".to_owned(), seconds: 1.5, end };
            assert_eq!(Ran::of_json(&ran.to_json()), Some(ran));
        }
        assert_eq!(Ran::of_json(&json!({ "out": "", "seconds": 1, "end": "new" })), None);
    }
}
