use cam_core::{Arithmetic, Method, Network as _};
use cam_explain::timing::{Times, Timing, Workload};
use cam_explain::{Environment, Size, check_use, model, rule, usual, weights};
use cam_models::{ConvNet, EMBEDDED, published};
use serde::Serialize;

use crate::arguments::{self, Bench, BenchExplain, Benchmark};
use crate::failure::Failure;
use crate::print;

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    cam_version: &'static str,
    model: String,
    weights: Option<String>,
    executor: &'static str,
    layer: String,
    method: String,
    input_width: usize,
    input_height: usize,
    images: u32,
    concepts: u32,
    exact: bool,
    repeat: u32,
    /// The instructions that the engine uses, and its threads; none without the engine.
    instructions: Option<String>,
    threads: Option<usize>,
    #[serde(flatten)]
    times: Times,
    images_per_second: f64,
}

pub fn run(arguments: &Bench, environment: &Environment) -> Result<(), Failure> {
    let Benchmark::Explain(arguments) = &arguments.benchmark;
    let document = measured(arguments, environment)?;
    match arguments.json {
        true => print::json(&document),
        false => document.lines().into_iter().try_for_each(print::line),
    }
}

fn measured(arguments: &BenchExplain, environment: &Environment) -> Result<Document, Failure> {
    let size = arguments.size.as_deref().map_or(Ok(Size::Model), str::parse::<Size>)?;
    // A mistyped method is found before a network is loaded.
    arguments.method.as_deref().map_or(Ok(()), |name| method(arguments, name).map(drop))?;
    let (network, weights) = network(&arguments.model, environment)?;
    let name = match (&arguments.method, &arguments.layer) {
        (Some(name), _) => name,
        // A named layer means a method of layers.
        (None, Some(_)) => "grad-cam",
        (None, None) => usual(&network),
    }
    .to_owned();
    let workload = Workload {
        method: method(arguments, &name)?,
        layer: match &arguments.layer {
            None => network.last_layer()?,
            Some(name) => model::layer(&network, name)?,
        },
        size: width_and_height(size, &network)?,
        images: arguments.images as usize,
        concepts: arguments.concepts as usize,
    };
    let (layer, (width, height)) = (workload.layer, workload.size);
    let timing = Timing::new(network, workload)?;
    let times = timing.rounds(arguments.repeat as usize, &environment.cancel)?;
    let network = timing.network();
    let engine = network.engine();
    Ok(Document {
        schema_version: 2,
        cam_version: env!("CARGO_PKG_VERSION"),
        model: network.name().to_owned(),
        weights,
        executor: if engine.is_some() { "engine" } else { "burn" },
        layer: network.layers()[layer.index()].name.clone(),
        method: name,
        input_width: width,
        input_height: height,
        images: arguments.images,
        concepts: arguments.concepts,
        exact: arguments.model.exact,
        repeat: arguments.repeat,
        instructions: engine.map(|engine| engine.instructions().to_string()),
        threads: engine.map(|engine| engine.threads()),
        images_per_second: f64::from(arguments.images) * per_second(times.total_ms),
        times,
    })
}

fn method(arguments: &BenchExplain, name: &str) -> Result<Box<dyn Method>, Failure> {
    let options = arguments.options.meant();
    let method = rule(name, &options, Arithmetic::Standard)?;
    check_use(&options, &[name.to_owned()])?;
    Ok(method)
}

/// Of the network's input.
fn width_and_height(size: Size, network: &ConvNet) -> Result<(usize, usize), Failure> {
    match size {
        Size::Model => Ok(network.preprocessing().size),
        Size::Fixed(width, height) => Ok((width, height)),
        Size::Native => Err(Failure::usage(
            "`--size native` is the size of an image, and there is none: write width and height, as in 320x224, \
             or one side of a square, as in 224",
        )),
    }
}

fn per_second(milliseconds: f64) -> f64 {
    if milliseconds > 0.0 { 1e3 / milliseconds } else { 0.0 }
}

impl Document {
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
                "{} at layer {}, input {}×{}, images {}, concepts {}, repeated {} times{exact}",
                self.method,
                self.layer,
                self.input_width,
                self.input_height,
                self.images,
                self.concepts,
                self.repeat
            ),
            engine,
            format!("{:<10} {:>10} {:>10}", "step", "median ms", "min ms"),
        ];
        let row =
            |name: &str, median: f64, min: f64| format!("{name:<10} {median:>10.3} {min:>10.3}");
        lines.extend(
            self.times.steps.iter().map(|step| row(step.name, step.median_ms, step.min_ms)),
        );
        lines.push(row("total", self.times.total_ms, self.times.total_min_ms));
        lines.push(row("forward", self.times.forward_ms, self.times.forward_min_ms));
        lines.push(format!("{:.1} images per second", self.images_per_second));
        lines
    }
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
