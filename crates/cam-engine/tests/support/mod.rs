//! The engine's scalar twin: every step as its definition says, in f64, on `[n, c, h, w]`.

mod activations;
mod numbers;
mod tokens;
mod windows;

use std::ops::Range;

use cam_engine::{
    Activation, Convolution, Engine, Graph, InstructionSet, Operation, Options, Output, Padding,
    ScaleShift, Step,
};

pub use activations::activate;
pub use numbers::numbers;
pub use windows::Windows;

/// An activation and its shape.
#[derive(Clone)]
pub struct Values {
    pub values: Vec<f64>,
    pub shape: [usize; 4],
}

impl Values {
    pub fn at(&self, n: usize, c: usize, y: isize, x: isize) -> Option<f64> {
        let [_, channels, height, width] = self.shape;
        let (y, x) = (usize::try_from(y).ok()?, usize::try_from(x).ok()?);
        let inside = y < height && x < width;
        inside.then(|| self.values[((n * channels + c) * height + y) * width + x])
    }
}

/// Runs a segment.
pub fn reference(graph: &Graph, segment: Range<usize>, input: &[f32], shape: [usize; 4]) -> Values {
    all_values(graph, segment, input, shape).pop().unwrap()
}

/// Runs a segment and gives every value, the input first.
pub fn all_values(
    graph: &Graph,
    segment: Range<usize>,
    input: &[f32],
    shape: [usize; 4],
) -> Vec<Values> {
    let input = Values { values: input.iter().map(|&x| f64::from(x)).collect(), shape };
    let mut values = vec![input];
    for step in &graph.steps[segment.clone()] {
        let x = &values[step.input - segment.start];
        let y = match &step.operation {
            Operation::Convolution(convolution) => {
                let residual = convolution.residual.map(|value| &values[value - segment.start]);
                convolve(convolution, x, residual)
            }
            Operation::Activation(activation) => map(x, |x, c| activate(activation, x, c).0),
            Operation::Add { other } => combine(x, &values[other - segment.start], |a, b| a + b),
            Operation::Multiply { other } => {
                combine(x, &values[other - segment.start], |a, b| a * b)
            }
            Operation::ScaleShift(ScaleShift { scale, shift }) => {
                map(x, |x, c| x * f64::from(scale[c]) + f64::from(shift[c]))
            }
            Operation::MaxPool(window) => pool(&Windows::of_pool(window, x.shape), x, maximum),
            Operation::AveragePool { window, include_border } => {
                let windows = Windows::of_pool(window, x.shape);
                pool(&windows, x, |values, all| {
                    let count = if *include_border { all } else { values.len() };
                    values.iter().sum::<f64>() / count as f64
                })
            }
            Operation::Concat { others } => {
                let others = others.iter().map(|other| &values[other - segment.start]);
                concat(&std::iter::once(x).chain(others).collect::<Vec<_>>())
            }
            Operation::Slice { start, length } => {
                let shape = [x.shape[0], *length, x.shape[2], x.shape[3]];
                gather(shape, x, |[n, c, y, z]| [n, start + c, y, z])
            }
            Operation::Shuffle { groups } => {
                let each = x.shape[1] / groups;
                gather(x.shape, x, |[n, c, y, z]| [n, c % groups * each + c / groups, y, z])
            }
            Operation::Upsample { factors: [down, across] } => {
                let [n, c, h, w] = x.shape;
                gather([n, c, h * down, w * across], x, |[n, c, y, z]| [n, c, y / down, z / across])
            }
            Operation::LayerNorm(norm) => tokens::norm(norm, x),
            Operation::Attention(attention) => {
                let [keys, taken] = [attention.keys.0, attention.values.0];
                let others = [keys, taken].map(|value| &values[value - segment.start]);
                tokens::attend(attention, [x, others[0], others[1]])
            }
            Operation::Tokens(tokens) => tokens::column(tokens, x),
            Operation::GlobalMaximum => pool(&Windows::whole(x.shape), x, maximum),
            Operation::GlobalAverage => pool(&Windows::whole(x.shape), x, mean),
        };
        values.push(y);
    }
    values
}

pub fn convolve(step: &Convolution, x: &Values, residual: Option<&Values>) -> Values {
    let depth = step.inputs / step.groups;
    let [kh, kw] = step.kernel;
    let windows = Windows::of_convolution(step, x.shape);
    let [height, width] = windows.outputs;
    let shape = [x.shape[0], step.outputs, height, width];
    let mut values = Vec::new();
    for [n, o, y, z] in positions(shape) {
        let group = o / (step.outputs / step.groups);
        let mut sum = f64::from(step.bias[o]);
        for [c, ky, kx, _] in positions([depth, kh, kw, 1]) {
            let [iy, ix] = windows.tap([y, z], [ky, kx]);
            if let Some(x) = x.at(n, group * depth + c, iy, ix) {
                sum += x * f64::from(step.weight[((o * depth + c) * kh + ky) * kw + kx]);
            }
        }
        if let Some(residual) = residual {
            sum += residual.at(n, o, y as isize, z as isize).unwrap();
        }
        values.push(activate(&step.activation, sum, o).0);
    }
    Values { values, shape }
}

/// A function of every number and its channel.
fn map(x: &Values, function: impl Fn(f64, usize) -> f64) -> Values {
    let channels = positions(x.shape).map(|[_, c, _, _]| c);
    let values = x.values.iter().zip(channels).map(|(&x, c)| function(x, c));
    Values { values: values.collect(), shape: x.shape }
}

/// A function of two values; the second may have one number for all positions of a channel.
fn combine(a: &Values, b: &Values, function: impl Fn(f64, f64) -> f64) -> Values {
    let values =
        a.values.iter().enumerate().map(|(i, &x)| function(x, b.values[broadcast(a, b, i)]));
    Values { values: values.collect(), shape: a.shape }
}

/// Which number of the second value goes with the first's number `i`.
pub fn broadcast(a: &Values, b: &Values, i: usize) -> usize {
    if a.shape == b.shape { i } else { i / (a.shape[2] * a.shape[3]) }
}

/// Numbers from elsewhere.
fn gather(shape: [usize; 4], x: &Values, from: impl Fn([usize; 4]) -> [usize; 4]) -> Values {
    let number = |[n, c, y, z]: [usize; 4]| x.at(n, c, y as isize, z as isize).unwrap();
    Values { values: positions(shape).map(|at| number(from(at))).collect(), shape }
}

/// Channels one behind another.
fn concat(parts: &[&Values]) -> Values {
    let [images, _, height, width] = parts[0].shape;
    let mut values = Vec::new();
    for image in 0..images {
        for part in parts {
            let len = part.values.len() / images;
            values.extend(&part.values[image * len..][..len]);
        }
    }
    let channels = parts.iter().map(|part| part.shape[1]).sum();
    Values { values, shape: [images, channels, height, width] }
}

/// What becomes of every window's numbers, and of how many there are with the border's.
fn pool(windows: &Windows, x: &Values, reduce: impl Fn(&[f64], usize) -> f64) -> Values {
    let [height, width] = windows.outputs;
    let shape = [x.shape[0], x.shape[1], height, width];
    let mut values = Vec::new();
    for [n, c, y, z] in positions(shape) {
        let taps = windows.taps([y, z]);
        let inside: Vec<f64> = taps.iter().filter_map(|&[y, x_]| x.at(n, c, y, x_)).collect();
        values.push(reduce(&inside, windows.bordered(&taps)));
    }
    Values { values, shape }
}

fn maximum(values: &[f64], _: usize) -> f64 {
    let larger = |most: f64, &x: &f64| if most.is_nan() || x <= most { most } else { x };
    values.iter().fold(f64::NEG_INFINITY, larger)
}

fn mean(values: &[f64], _: usize) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub fn positions([a, b, c, d]: [usize; 4]) -> impl Iterator<Item = [usize; 4]> {
    (0..a * b * c * d).map(move |i| [i / (b * c * d), i / (c * d) % b, i / d % c, i % d])
}

/// A convolution with made-up weights, that keeps the size at stride 1.
pub fn convolution(inputs: usize, outputs: usize, kernel: usize, seed: u64) -> Convolution {
    grouped(inputs, outputs, kernel, 1, seed)
}

/// The same in groups.
pub fn grouped(
    inputs: usize,
    outputs: usize,
    kernel: usize,
    groups: usize,
    seed: u64,
) -> Convolution {
    let depth = inputs / groups * kernel * kernel;
    let scale = 2.0 / (depth as f32).sqrt();
    Convolution {
        inputs,
        outputs,
        kernel: [kernel; 2],
        stride: [1; 2],
        dilation: [1; 2],
        padding: Padding::Each(kernel / 2),
        groups,
        weight: numbers(seed, outputs * depth).into_iter().map(|x| x * scale).collect(),
        bias: numbers(seed + 1, outputs),
        residual: None,
        activation: Activation::Relu,
    }
}

/// A step that reads the value before it.
pub fn graph(operations: impl IntoIterator<Item = Operation>) -> Graph {
    let steps = operations.into_iter().enumerate();
    Graph { steps: steps.map(|(input, operation)| Step { input, operation }).collect() }
}

/// Direct convolutions with some instructions and threads.
pub fn exact(instructions: InstructionSet, threads: usize) -> Options {
    Options { threads, instructions: Some(instructions), exact: true }
}

/// The instruction sets of this machine; of these, only the ones that `CAM_TEST_INSTRUCTIONS`
/// names, where it is set: `avx2,portable` for a checker that knows no other.
pub fn available() -> impl Iterator<Item = InstructionSet> {
    let chosen = std::env::var("CAM_TEST_INSTRUCTIONS").ok();
    let is_chosen = move |set: &InstructionSet| {
        let name = format!("{set:?}").to_lowercase();
        chosen.as_ref().is_none_or(|chosen| chosen.split(',').any(|chosen| chosen == name))
    };
    InstructionSet::ALL.into_iter().filter(|set| set.is_available()).filter(is_chosen)
}

/// Runs the whole graph.
pub fn run(graph: &Graph, options: Options, input: &[f32], shape: [usize; 4]) -> Output {
    let engine = Engine::new(graph.clone(), options).unwrap();
    engine.run(0..graph.steps.len(), input, shape).unwrap()
}

/// What sums of [`numbers`] come to, roughly. Where an activation leaves only tiny numbers, the
/// rounding is still that of the sums.
const TYPICAL: f64 = 0.2;

/// The largest difference, in units of the largest number.
pub fn difference(output: &Output, expected: &Values) -> f64 {
    assert_eq!(output.shape, expected.shape);
    let pairs = || output.values.iter().map(|&x| f64::from(x)).zip(&expected.values);
    let largest = pairs().map(|(_, y)| y.abs()).fold(TYPICAL, f64::max);
    pairs().map(|(x, y)| (x - y).abs()).fold(0.0, f64::max) / largest
}

/// The bits of an output, so that NaNs and signed zeros count.
pub fn bits(output: &Output) -> Vec<u32> {
    output.values.iter().map(|x| x.to_bits()).collect()
}
