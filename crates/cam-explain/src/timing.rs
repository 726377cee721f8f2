//! How long an explanation takes, step by step, from pixels to finished maps.
//!
//! ```
//! use cam_explain::timing::{Timing, Workload};
//! use cam_explain::{Cancel, Model};
//!
//! let model = Model::open("efficientnet-lite0")?;
//! let layer = model.layer_or_last(None)?;
//! let method = cam_core::methods::method("grad-cam", Default::default()).expect("a method");
//! let workload = Workload { method, layer, size: (224, 224), images: 1, concepts: 1 };
//! let timing = Timing::new(model.into_network(), workload)?;
//! let times = timing.rounds(3, &Cancel::default())?;
//! assert!(times.total_min_ms <= times.total_ms);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Instant;

use burn::tensor::Device;
use cam_core::{Arithmetic, Capture, Layer, Method, postprocess};
use cam_models::{ConvNet, InputImage, Rgb8};
use cam_targets::{Concepts, CosineSimilarity};
use cam_viz::{DecodeOptions, decode};
use serde::Serialize;

use crate::error::{Context as _, Error, failed};
use crate::tensors::{embeddings, images, read};
use crate::{Cancel, photographs};

/// What lies between pixels and finished maps, in order.
const STEPS: [&str; 4] = ["prepare", "capture", "explain", "finish"];

/// What is asked of a network at once.
pub struct Workload {
    /// How maps are made.
    pub method: Box<dyn Method>,
    /// Where.
    pub layer: Layer,
    /// Width and height of the network's input.
    pub size: (usize, usize),
    /// How many images go through it together.
    pub images: usize,
    /// How many concepts are asked about.
    pub concepts: usize,
}

/// An explanation of the shipped photograph, to be timed.
pub struct Timing {
    network: ConvNet,
    workload: Workload,
    /// At the size of the network's input.
    pixels: Vec<InputImage>,
    target: CosineSimilarity,
}

/// What was measured, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Times {
    /// With stops between them, which the total does without.
    pub steps: Vec<Step>,
    /// Median of the rounds.
    pub total_ms: f64,
    /// The fastest round.
    pub total_min_ms: f64,
    /// Median of what the network takes for embeddings alone, from prepared images; nothing is explained.
    pub forward_ms: f64,
    /// The fastest of these.
    pub forward_min_ms: f64,
}

/// The time of a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What is done.
    pub name: &'static str,
    /// Median of the rounds.
    pub median_ms: f64,
    /// The fastest round.
    pub min_ms: f64,
}

impl Timing {
    /// The photograph, as often as there are images, explained for as many concepts.
    ///
    /// # Errors
    /// Where the network does not take images of that size, or the device fails.
    pub fn new(network: ConvNet, workload: Workload) -> Result<Self, Error> {
        let photograph = decode(photographs::CAT, &DecodeOptions::default());
        let photograph = photograph.context("the photograph")?.pixels;
        let (w, h) = photograph.dimensions();
        let pixels = Rgb8::new(w as usize, h as usize, photograph.as_raw());
        let pixels = pixels.context("a photograph has pixels")?;
        let (width, height) = workload.size;
        let pixels = pixels.resized(width, height, network.preprocessing().filter).into();
        // Concepts are the photograph's own embedding, its numbers moved by 1, 2, 3 and so on, so that none is the
        // photograph's own and all are of its size.
        let embedding = embeddings(&network, std::slice::from_ref(&pixels))?.concat();
        let moved = |by: usize| {
            let (front, back) = embedding.split_at(by % embedding.len());
            [back, front].concat()
        };
        let concepts = (1..=workload.concepts).map(moved).collect();
        let concepts = Concepts::new(embedding.len(), concepts).context("concepts")?;
        let target = CosineSimilarity::to(concepts);
        let pixels = vec![pixels; workload.images];
        Ok(Self { network, workload, pixels, target })
    }

    /// The network whose explanation is timed.
    pub fn network(&self) -> &ConvNet {
        &self.network
    }

    /// Rounds of the steps, with stops between them, of the whole, without, and of the network alone.
    ///
    /// A round before them does not count: in it, pages are touched and caches filled.
    ///
    /// # Errors
    /// Where the device fails, and [`Error::Cancelled`].
    pub fn rounds(&self, rounds: usize, cancel: &Cancel) -> Result<Times, Error> {
        let mut measured = Vec::new();
        for round in 0..=rounds {
            cancel.check("nothing was reported")?;
            let [prepare, capture, explain, finish] = self.laps(true)?;
            let whole = self.laps(false)?.iter().sum();
            let forward = self.forward()?;
            if round > 0 {
                measured.push([prepare, capture, explain, finish, whole, forward]);
            }
        }
        Ok(Times::of(&measured))
    }

    /// Milliseconds of each step. If it waits, the device has finished a step before the next begins.
    fn laps(&self, waits: bool) -> Result<[f64; 4], Error> {
        let device = self.network.device();
        wait(device)?;
        let (mut last, mut laps) = (Instant::now(), [0.0; 4]);
        let mut lap = |step: usize, waits: bool| {
            if waits {
                wait(device)?;
            }
            laps[step] = last.elapsed().as_secs_f64() * 1e3;
            last = Instant::now();
            Ok::<_, Error>(())
        };
        let images = images(&self.network, &self.pixels)?;
        lap(0, waits)?;
        let Workload { method, layer, size: (width, height), .. } = &self.workload;
        let capture = Capture::keeping(method.keeps(), &self.network, images, &[*layer])?;
        lap(1, waits)?;
        let explanation = capture.explain(&**method, &self.target)?;
        lap(2, waits)?;
        let raw = explanation.raw_maps();
        let finished = postprocess(&raw, [*height, *width], Arithmetic::Standard)?;
        std::hint::black_box((read(explanation.scores)?, finished));
        lap(3, true)?;
        Ok(laps)
    }

    /// Milliseconds from prepared images to their embeddings in memory.
    fn forward(&self) -> Result<f64, Error> {
        let images = images(&self.network, &self.pixels)?;
        wait(self.network.device())?;
        let start = Instant::now();
        std::hint::black_box(read(self.network.embed(images))?);
        Ok(start.elapsed().as_secs_f64() * 1e3)
    }
}

impl Times {
    fn of(rounds: &[[f64; 6]]) -> Self {
        let of = |step: usize| -> (f64, f64) {
            let mut sorted: Vec<f64> = rounds.iter().map(|round| round[step]).collect();
            sorted.sort_by(f64::total_cmp);
            (median(&sorted), sorted.first().copied().unwrap_or_default())
        };
        let steps = STEPS.iter().enumerate().map(|(step, &name)| {
            let (median_ms, min_ms) = of(step);
            Step { name, median_ms, min_ms }
        });
        let steps = steps.collect();
        let (total_ms, total_min_ms) = of(STEPS.len());
        let (forward_ms, forward_min_ms) = of(STEPS.len() + 1);
        Self { steps, total_ms, total_min_ms, forward_ms, forward_min_ms }
    }
}

fn median(sorted: &[f64]) -> f64 {
    match (sorted.get(sorted.len().saturating_sub(1) / 2), sorted.get(sorted.len() / 2)) {
        (Some(below), Some(above)) => (below + above) / 2.0,
        _ => 0.0,
    }
}

fn wait(device: &Device) -> Result<(), Error> {
    device.sync().map_err(|error| failed!("the device failed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_the_median_and_the_least_of_its_rounds() {
        let rounds =
            [[3.0, 0.0, 0.0, 0.0, 9.0, 5.0], [1.0, 0.0, 0.0, 0.0, 7.0, 4.0], [8.0; 6], [2.0; 6]];
        let times = Times::of(&rounds);
        let prepare = Step { name: "prepare", median_ms: 2.5, min_ms: 1.0 };
        assert_eq!(times.steps[0], prepare);
        assert_eq!((times.total_ms, times.total_min_ms), (7.5, 2.0));
        assert_eq!((times.forward_ms, times.forward_min_ms), (4.5, 2.0));
    }
}
