//! A program that gets so much time and no more.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// How long a program took.
pub enum Took {
    /// To its end.
    All(Duration),
    /// Until it was stopped.
    Stopped(Duration),
}

/// How often it is looked whether it ended.
const LOOK: Duration = Duration::from_millis(100);

/// Runs a program, and stops it if it takes longer; what it printed on standard output until then.
pub fn run(command: &mut Command, within: Duration) -> Result<(String, Took)> {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut out = child.stdout.take().context("a pipe was asked for")?;
    // Read on a thread of its own, so that a full pipe holds nobody up.
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).map(|_| String::from_utf8_lossy(&bytes).into_owned())
    });
    let ended = loop {
        if child.try_wait()?.is_some() {
            break true;
        }
        if begun.elapsed() > within {
            child.kill()?;
            child.wait()?;
            break false;
        }
        thread::sleep(LOOK);
    };
    let text = reader.join().ok().context("what was printed could not be read")??;
    let took = if ended { Took::All(begun.elapsed()) } else { Took::Stopped(begun.elapsed()) };
    Ok((text, took))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_that_takes_too_long_is_stopped_and_what_it_said_is_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; exec sleep 60"]);
        let (out, took) = run(&mut command, Duration::from_millis(300)).expect("it runs");
        assert_eq!(out, "begun\n");
        assert!(matches!(took, Took::Stopped(time) if time < Duration::from_secs(30)));
        let (out, took) =
            run(Command::new("echo").arg("x"), Duration::from_secs(60)).expect("it runs");
        assert_eq!(out, "x\n");
        assert!(matches!(took, Took::All(_)));
    }
}
