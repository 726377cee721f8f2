use std::time::Instant;

use anyhow::anyhow;
use burn::tensor::Device;

use crate::failure::Failure;

/// Milliseconds of steps, round after round.
pub struct Samples {
    steps: Vec<(&'static str, Vec<f64>)>,
}

impl Samples {
    /// No round yet.
    pub fn of(names: &[&'static str]) -> Self {
        Self { steps: names.iter().map(|&name| (name, Vec::new())).collect() }
    }

    /// Adds a round: one number for each step.
    pub fn add(&mut self, round: &[f64]) {
        for ((_, samples), &milliseconds) in self.steps.iter_mut().zip(round) {
            samples.push(milliseconds);
        }
    }

    /// Each step's name, median and minimum.
    pub fn summaries(&self) -> impl Iterator<Item = (&'static str, f64, f64)> {
        self.steps.iter().map(|(name, samples)| {
            (*name, median(samples), samples.iter().copied().fold(f64::INFINITY, f64::min))
        })
    }
}

/// The middle one, or the mean of the two in the middle; 0 of none.
pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(samples.len().saturating_sub(1) / 2), sorted.get(samples.len() / 2)) {
        (Some(below), Some(above)) => (below + above) / 2.0,
        _ => 0.0,
    }
}

/// Takes the times of steps that run on a device.
pub struct Stopwatch<'d> {
    device: &'d Device,
    last: Instant,
    laps: Vec<f64>,
}

impl<'d> Stopwatch<'d> {
    /// Starts now, the device being idle.
    pub fn start(device: &'d Device) -> Result<Self, Failure> {
        wait(device)?;
        Ok(Self { device, last: Instant::now(), laps: Vec::new() })
    }

    /// Ends a step, once the device has done all of it: a device may only have noted it down.
    pub fn lap(&mut self) -> Result<(), Failure> {
        wait(self.device)?;
        self.laps.push(self.last.elapsed().as_secs_f64() * 1e3);
        self.last = Instant::now();
        Ok(())
    }

    /// Forgets what has passed since the last step's end.
    pub fn skip(&mut self) -> Result<(), Failure> {
        wait(self.device)?;
        self.last = Instant::now();
        Ok(())
    }

    /// The steps' milliseconds.
    pub fn laps(self) -> Vec<f64> {
        self.laps
    }
}

fn wait(device: &Device) -> Result<(), Failure> {
    device.sync().map_err(|error| Failure::Failed(anyhow!("the device failed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!([median(&[7.0]), median(&[])], [7.0, 0.0]);
    }

    #[test]
    fn a_summary_is_of_each_steps_own_rounds() {
        let mut samples = Samples::of(&["a", "b"]);
        [[1.0, 9.0], [3.0, 7.0], [8.0, 8.0]].iter().for_each(|round| samples.add(round));
        let summaries: Vec<_> = samples.summaries().collect();
        assert_eq!(summaries, [("a", 3.0, 1.0), ("b", 8.0, 7.0)]);
    }
}
