use std::time::Instant;

use anyhow::Context as _;
use burn::tensor::Device;
use cam_core::{Arithmetic, Capture, GradCam, Layer, Network as _, postprocess};
use cam_explain::tensors::{images, read};
use cam_explain::{Cancel, Environment, Size, model, photographs, weights};
use cam_models::{ConvNet, EMBEDDED, Rgb8, published};
use cam_targets::{Concepts, CosineSimilarity};
use cam_viz::{DecodeOptions, decode};
use serde::Serialize;

use crate::arguments::{self, Bench, BenchExplain, Benchmark};
use crate::failure::Failure;
use crate::print;

/// What lies between pixels and finished maps, in order.
const STEPS: [&str; 4] = ["prepare", "capture", "explain", "finish"];

/// What is timed.
struct Subject {
    network: ConvNet,
    /// Where its weights came from; none of placeholders.
    weights: Option<String>,
    layer: Layer,
    /// The shipped photograph at the size of the network's input.
    pixels: Rgb8,
    target: CosineSimilarity,
    cancel: Cancel,
}

#[derive(Serialize)]
struct Document {
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
    /// The instructions that the engine uses, and its threads; none without the engine.
    instructions: Option<String>,
    threads: Option<usize>,
    steps: Vec<Step>,
    total_ms: f64,
    total_min_ms: f64,
    images_per_second: f64,
}

#[derive(Serialize)]
struct Step {
    name: &'static str,
    median_ms: f64,
    min_ms: f64,
}

pub fn run(arguments: &Bench, environment: &Environment) -> Result<(), Failure> {
    let Benchmark::Explain(arguments) = &arguments.benchmark;
    let subject = Subject::load(arguments, environment)?;
    let document = Document::new(arguments, &subject, subject.measure(arguments.repeat)?);
    match arguments.json {
        true => print::json(&document),
        false => document.lines().into_iter().try_for_each(print::line),
    }
}

impl Subject {
    fn load(arguments: &BenchExplain, environment: &Environment) -> Result<Self, Failure> {
        let size = arguments.size.as_deref().map_or(Ok(Size::Model), str::parse::<Size>)?;
        let (network, weights) = network(&arguments.model, environment)?;
        let layer = match &arguments.layer {
            None => network.last_layer()?,
            Some(name) => model::layer(&network, name)?,
        };
        let (width, height) = match size {
            Size::Model => network.preprocessing().size,
            Size::Fixed(width, height) => (width, height),
            Size::Native => {
                return Err(Failure::usage(
                    "`--size native` is the size of an image, and there is none: write width and height, as in \
                     320x224, or one side of a square, as in 224",
                ));
            }
        };
        let photograph = decode(photographs::CAT, &DecodeOptions::default());
        let photograph = photograph.context("the photograph")?.pixels;
        let (w, h) = photograph.dimensions();
        let pixels = Rgb8::new(w as usize, h as usize, photograph.as_raw());
        let pixels = pixels.context("a photograph has pixels")?;
        let pixels = pixels.resized(width, height, network.preprocessing().filter);
        // Concepts are the photograph's own embedding, its numbers moved by 1, 2, 3 and so on, so that none is the
        // photograph's own and all are of its size.
        let embedding = read(network.embed(images(&network, std::slice::from_ref(&pixels))?))?;
        let moved = |by: usize| {
            let (front, back) = embedding.split_at(by % embedding.len());
            [back, front].concat()
        };
        let concepts = (1..=arguments.concepts as usize).map(moved).collect();
        let concepts = Concepts::new(embedding.len(), concepts).context("concepts")?;
        let target = CosineSimilarity::to(concepts);
        Ok(Self { network, weights, layer, pixels, target, cancel: environment.cancel.clone() })
    }

    /// Milliseconds of each step and of all of them, round after round, the two in turn, so that a slow moment of the
    /// machine is nobody's own. The first round makes buffers and threads, and does not count.
    fn measure(&self, rounds: u32) -> Result<Vec<[f64; 5]>, Failure> {
        let mut measured = Vec::new();
        for round in 0..=rounds {
            self.cancel.check("nothing was reported")?;
            let [prepare, capture, explain, finish] = self.stepwise(true)?;
            let whole = self.stepwise(false)?.iter().sum();
            if round > 0 {
                measured.push([prepare, capture, explain, finish, whole]);
            }
        }
        Ok(measured)
    }

    /// Milliseconds of [`STEPS`]. Where the device is not waited for between them, only their sum means something.
    fn stepwise(&self, waits: bool) -> Result<[f64; 4], Failure> {
        let device = self.network.device();
        wait(device)?;
        let (mut last, mut laps) = (Instant::now(), [0.0; 4]);
        let mut lap = |step: usize, waits: bool| {
            if waits {
                wait(device)?;
            }
            laps[step] = last.elapsed().as_secs_f64() * 1e3;
            last = Instant::now();
            Ok::<_, Failure>(())
        };
        let images = images(&self.network, std::slice::from_ref(&self.pixels))?;
        lap(0, waits)?;
        let capture = Capture::new(&self.network, images, &[self.layer])?;
        lap(1, waits)?;
        let explanation = capture.explain(&GradCam, &self.target)?;
        lap(2, waits)?;
        let (width, height) = self.pixels.size();
        let raw = explanation.raw_maps();
        let finished = postprocess(&raw, [height, width], Arithmetic::Standard)?;
        std::hint::black_box((read(explanation.scores)?, finished));
        lap(3, true)?;
        Ok(laps)
    }
}

impl Document {
    fn new(arguments: &BenchExplain, subject: &Subject, rounds: Vec<[f64; 5]>) -> Self {
        let Subject { network, weights, layer, pixels, .. } = subject;
        let of = |step: usize| -> (f64, f64) {
            let mut sorted: Vec<f64> = rounds.iter().map(|round| round[step]).collect();
            sorted.sort_by(f64::total_cmp);
            (median(&sorted), sorted.first().copied().unwrap_or_default())
        };
        let steps = STEPS.iter().enumerate().map(|(step, &name)| {
            let (median_ms, min_ms) = of(step);
            Step { name, median_ms, min_ms }
        });
        let (total_ms, total_min_ms) = of(STEPS.len());
        let engine = network.engine();
        let (input_width, input_height) = pixels.size();
        Self {
            schema_version: 2,
            cam_version: env!("CARGO_PKG_VERSION"),
            model: network.description().name.clone(),
            weights: weights.clone(),
            executor: if engine.is_some() { "engine" } else { "burn" },
            layer: network.layers()[layer.index()].name.clone(),
            input_width,
            input_height,
            concepts: arguments.concepts,
            exact: arguments.model.exact,
            repeat: arguments.repeat,
            instructions: engine.map(|engine| engine.instructions().to_string()),
            threads: engine.map(|engine| engine.threads()),
            steps: steps.collect(),
            total_ms,
            total_min_ms,
            images_per_second: if total_ms > 0.0 { 1e3 / total_ms } else { 0.0 },
        }
    }

    fn lines(&self) -> Vec<String> {
        let weights =
            self.weights.as_deref().unwrap_or("placeholders: speed does not depend on them");
        let engine = match (&self.instructions, self.threads) {
            (Some(instructions), Some(threads)) => {
                format!("the engine, {instructions}, threads {threads}")
            }
            _ => "burn's operations".to_owned(),
        };
        let exact = if self.exact { ", direct convolutions only" } else { "" };
        let mut lines = vec![
            format!("{}, weights {weights}", self.model),
            format!(
                "layer {}, input {}×{}, concepts {}, repeated {} times{exact}",
                self.layer, self.input_width, self.input_height, self.concepts, self.repeat
            ),
            engine,
            format!("{:<10} {:>10} {:>10}", "step", "median ms", "min ms"),
        ];
        let row =
            |name: &str, median: f64, min: f64| format!("{name:<10} {median:>10.3} {min:>10.3}");
        lines.extend(self.steps.iter().map(|step| row(step.name, step.median_ms, step.min_ms)));
        lines.push(row("total", self.total_ms, self.total_min_ms));
        lines.push(format!("{:.1} images per second", self.images_per_second));
        lines
    }
}

/// The middle one of sorted numbers, or the mean of the two in the middle; 0 of none.
fn median(sorted: &[f64]) -> f64 {
    match (sorted.get(sorted.len().saturating_sub(1) / 2), sorted.get(sorted.len() / 2)) {
        (Some(below), Some(above)) => (below + above) / 2.0,
        _ => 0.0,
    }
}

/// A device may only have noted down what to do.
fn wait(device: &Device) -> Result<(), Failure> {
    device.sync().map_err(|error| Failure::Failed(anyhow::anyhow!("the device failed: {error}")))
}

/// The network, and where its weights came from: placeholders where it is named and its weights are neither given nor
/// here.
fn network(
    arguments: &arguments::Model,
    environment: &Environment,
) -> Result<(ConvNet, Option<String>), Failure> {
    if let Some(name) = without_weights(arguments)? {
        return Ok((model::untrained_by_name(name, &arguments.options())?, None));
    }
    let model = arguments.load(environment)?;
    let weights = model.origin();
    Ok((model.into_network(), Some(weights)))
}

/// A network that is named and whose weights are neither given nor here.
fn without_weights(arguments: &arguments::Model) -> Result<Option<&str>, Failure> {
    let name = arguments.model.as_deref().filter(|name| !name.is_empty() && *name != EMBEDDED);
    let is_given = arguments.weights.as_deref().is_some_and(|weights| !weights.is_empty());
    let Some(name) = name.filter(|_| !is_given) else { return Ok(None) };
    let published = published().iter().find(|published| published.name == name);
    let is_here = match published {
        Some(published) => weights::cached(published)?.exists(),
        None => false,
    };
    Ok((!is_here).then_some(name))
}
