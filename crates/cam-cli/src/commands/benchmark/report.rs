use std::fmt;

use cam_core::Network as _;
use serde::Serialize;

use super::Measured;
use super::engine::Planned;
use super::machine::{Machine, peak_memory};
use super::photograph;
use super::samples::Samples;
use super::subject::Subject;
use crate::arguments::BenchExplain;

/// What `cam bench explain` says; its fields are described in the book.
#[derive(Serialize)]
pub struct Document {
    schema_version: u32,
    cam_version: &'static str,
    model: String,
    weights: Option<String>,
    executor: &'static str,
    layer: String,
    input_width: usize,
    input_height: usize,
    concepts: u32,
    exact: bool,
    repeat: u32,
    machine: Machine,
    steps: Vec<Step>,
    total_ms: f64,
    total_min_ms: f64,
    images_per_second: f64,
    before: Vec<Step>,
    photograph_width: u32,
    photograph_height: u32,
    peak_memory_bytes: Option<u64>,
    plans: Vec<PlanReport>,
}

#[derive(Serialize)]
struct Step {
    name: &'static str,
    median_ms: f64,
    min_ms: f64,
    /// Of all the medians beside it.
    share: f64,
}

#[derive(Serialize)]
struct PlanReport {
    part: &'static str,
    steps: Vec<PlannedStep>,
    buffers: usize,
    peak_bytes: usize,
    #[serde(skip)]
    text: String,
}

#[derive(Serialize)]
struct PlannedStep {
    step: usize,
    kernel: String,
    shape: [usize; 4],
    buffer: Option<usize>,
    in_place: bool,
    median_ms: Option<f64>,
}

impl Document {
    /// What was measured, of what, on what.
    pub fn new(
        arguments: &BenchExplain,
        subject: &Subject,
        measured: &Measured,
        plans: Vec<Planned>,
    ) -> Self {
        let network = &subject.network;
        let (total_ms, total_min_ms) =
            measured.total.summaries().next().map_or((0.0, 0.0), |(_, median, min)| (median, min));
        Self {
            schema_version: 1,
            cam_version: env!("CARGO_PKG_VERSION"),
            model: network.description().name.clone(),
            weights: subject.weights.clone(),
            executor: if network.engine().is_some() { "engine" } else { "burn" },
            layer: network.layers()[subject.layer.index()].name.clone(),
            input_width: subject.size.0,
            input_height: subject.size.1,
            concepts: arguments.concepts,
            exact: arguments.model.exact,
            repeat: arguments.repeat,
            machine: Machine::of(network),
            steps: steps(&measured.steps),
            total_ms,
            total_min_ms,
            images_per_second: if total_ms > 0.0 { 1e3 / total_ms } else { 0.0 },
            before: steps(&measured.before),
            photograph_width: photograph::SIDE,
            photograph_height: photograph::SIDE,
            peak_memory_bytes: peak_memory(),
            plans: plans.into_iter().map(PlanReport::new).collect(),
        }
    }
}

fn steps(samples: &Samples) -> Vec<Step> {
    let sum: f64 = samples.summaries().map(|(_, median, _)| median).sum();
    let step = |(name, median_ms, min_ms)| {
        let share = if sum > 0.0 { median_ms / sum } else { 0.0 };
        Step { name, median_ms, min_ms, share }
    };
    samples.summaries().map(step).collect()
}

impl PlanReport {
    fn new(Planned { part, plan, milliseconds }: Planned) -> Self {
        let time = |at: usize| milliseconds.as_ref().and_then(|times| times.get(at).copied());
        let steps = plan.steps.iter().enumerate().map(|(at, step)| PlannedStep {
            step: step.step,
            kernel: step.kernel.to_string(),
            shape: step.shape,
            buffer: step.buffer,
            in_place: step.in_place,
            median_ms: time(at),
        });
        // The engine's account has a line for each step, and one for the whole.
        let lines = plan.to_string();
        let lines = lines.lines().enumerate().map(|(at, line)| match time(at) {
            Some(milliseconds) => format!("  {milliseconds:9.3} ms  {line}\n"),
            None => format!("  {line}\n"),
        });
        Self {
            part,
            steps: steps.collect(),
            buffers: plan.buffers,
            peak_bytes: plan.peak_bytes,
            text: lines.collect(),
        }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_subject(f)?;
        writeln!(f, "\n{:<10} {:>10} {:>10} {:>8}", "step", "median ms", "min ms", "share")?;
        for step in &self.steps {
            let Step { name, median_ms, min_ms, share } = step;
            writeln!(f, "{name:<10} {median_ms:>10.3} {min_ms:>10.3} {:>6.1} %", share * 100.0)?;
        }
        writeln!(f, "{:<10} {:>10.3} {:>10.3}", "total", self.total_ms, self.total_min_ms)?;
        writeln!(f, "\n{:.1} images per second", self.images_per_second)?;
        let before =
            self.before.iter().map(|step| format!("{} {:.3} ms", step.name, step.median_ms));
        writeln!(
            f,
            "before it, for a JPEG of {}×{} pixels: {}",
            self.photograph_width,
            self.photograph_height,
            before.collect::<Vec<_>>().join(", ")
        )?;
        match self.peak_memory_bytes {
            Some(bytes) => write!(f, "peak memory {:.1} MiB", bytes as f64 / f64::from(1 << 20))?,
            None => write!(f, "peak memory unknown")?,
        }
        self.plans.iter().try_for_each(|plan| {
            write!(f, "\n\nplan of the {} pass:\n{}", plan.part, plan.text.trim_end_matches('\n'))
        })
    }
}

impl Document {
    fn write_subject(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weights = self.weights.as_deref().unwrap_or("made up: speed does not depend on them");
        writeln!(f, "{}, weights {weights}", self.model)?;
        writeln!(
            f,
            "layer {}, input {}×{}, concepts {}, repeated {} times{}",
            self.layer,
            self.input_width,
            self.input_height,
            self.concepts,
            self.repeat,
            if self.exact { ", direct convolutions only" } else { "" }
        )?;
        let Machine { cpu, architecture, system, processors, instructions, threads } =
            &self.machine;
        let cpu = cpu.as_deref().unwrap_or("a processor that does not tell its name");
        let processors = processors.map_or("unknown".to_owned(), |number| number.to_string());
        writeln!(f, "{cpu} ({architecture}, {system}), processors {processors}")?;
        match (instructions, threads) {
            (Some(instructions), Some(threads)) => {
                writeln!(f, "the engine, with {instructions} and threads {threads}")
            }
            _ => writeln!(f, "burn's operations"),
        }
    }
}
