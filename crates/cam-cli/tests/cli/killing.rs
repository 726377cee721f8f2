//! Runs that are killed, at moments spread over the time that a whole one takes on this machine and device.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::gallery::Random;
use crate::support::{Place, TINY, is_engine};

/// Kills runs of a command.
pub struct Killer<'a> {
    place: &'a Place,
    /// How long a whole run takes.
    whole: Duration,
    random: Random,
    runs: usize,
    /// How many runs did not come to their end.
    pub kills: usize,
}

/// So many runs for each kill say that nothing is killed at all.
const RUNS_PER_KILL: usize = 20;

/// Few, so that a run is also taken up in its middle and finished.
const IN_A_ROW: usize = 7;

/// What a command is given; compacting an index needs no network.
fn words_of(words: &str) -> impl Iterator<Item = &str> {
    let network = if words.starts_with("index compact") { &[][..] } else { &TINY[..] };
    words.split_whitespace().chain(network.iter().copied())
}

impl<'a> Killer<'a> {
    /// Runs the command to its end once, to learn how long it takes.
    pub fn timed_by(place: &'a Place, words: &str, seed: u64) -> Self {
        let begun = Instant::now();
        place.cam(words_of(words)).done();
        Self { place, whole: begun.elapsed(), random: Random(seed), runs: 0, kills: 0 }
    }

    /// Whether there were enough: what is kept does not depend on the device, and processes take seconds to start on
    /// other devices than the engine.
    pub fn has_killed(&self, enough: usize) -> bool {
        self.kills >= if is_engine() { enough } else { enough / 10 }
    }

    /// Kills runs, each of which takes up what the one before left, until one comes to its end before or it is
    /// enough for what is left to be looked at.
    pub fn kill_in_a_row(&mut self, words: &str, after_each: impl Fn()) {
        for _ in 0..IN_A_ROW {
            if !self.kill(words) {
                break;
            }
            after_each();
        }
    }

    /// Starts a run and kills it at some moment, unless it came to its end before: whether it was killed.
    fn kill(&mut self, words: &str) -> bool {
        self.runs += 1;
        assert!(
            self.runs < RUNS_PER_KILL * (self.kills + 5),
            "{} of {} runs ended before they were killed",
            self.runs - self.kills,
            self.runs
        );
        let mut command = self.place.command(words_of(words));
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut running = command.spawn().expect("it runs");
        // A little longer than a whole run, so that its last moments are among them.
        thread::sleep(self.whole.mul_f64(1.2 * self.random.next()));
        running.kill().expect("it can be killed");
        let code = running.wait().expect("it ends").code();
        assert!(matches!(code, None | Some(0)), "cam {words}: exit code {code:?}");
        self.kills += usize::from(code.is_none());
        code.is_none()
    }
}
