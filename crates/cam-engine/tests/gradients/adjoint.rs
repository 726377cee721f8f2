//! The way back as its definition says, in f64: every product of the forward pass once more, with
//! input and output exchanged.

use std::ops::Range;

use cam_engine::{Activation, Convolution, Graph, Operation, ScaleShift};

use crate::support::{Values, Windows, activate, all_values, broadcast, convolve, positions};

/// Gradients `[n · questions, ..]` of a segment's output, pulled back to its input.
pub fn adjoint(
    graph: &Graph,
    segment: Range<usize>,
    input: (&[f32], [usize; 4]),
    gradients: &[f32],
    questions: usize,
) -> Values {
    by_rule(graph, segment, input, gradients, (questions, false))
}

/// The same by guided backpropagation: an activation stops what is negative.
pub fn guided_adjoint(
    graph: &Graph,
    input: (&[f32], [usize; 4]),
    gradients: &[f32],
    questions: usize,
) -> Values {
    by_rule(graph, 0..graph.steps.len(), input, gradients, (questions, true))
}

fn by_rule(
    graph: &Graph,
    segment: Range<usize>,
    (input, shape): (&[f32], [usize; 4]),
    gradients: &[f32],
    (questions, guided): (usize, bool),
) -> Values {
    let values = all_values(graph, segment.clone(), input, shape);
    let mut found: Vec<Values> = values
        .iter()
        .map(|value| {
            let [images, channels, height, width] = value.shape;
            let shape = [images * questions, channels, height, width];
            Values { values: vec![0.0; shape.iter().product()], shape }
        })
        .collect();
    found.last_mut().unwrap().values = gradients.iter().map(|&x| f64::from(x)).collect();
    for (index, step) in graph.steps[segment.clone()].iter().enumerate().rev() {
        let mut gradient = found[index + 1].clone();
        let read = step.input - segment.start;
        if let Some(before) =
            before_activation(graph, segment.start + index, segment.start, &values)
        {
            in_front(&before, &mut gradient, (questions, guided));
        }
        match &step.operation {
            Operation::Convolution(convolution) => {
                turn(convolution, &gradient, &mut found[read]);
                if let Some(residual) = convolution.residual {
                    hand_on(&gradient, &mut found[residual - segment.start]);
                }
            }
            Operation::Activation(_) => hand_on(&gradient, &mut found[read]),
            Operation::Add { other } => {
                hand_on(&gradient, &mut found[read]);
                hand_on(&gradient, &mut found[other - segment.start]);
            }
            Operation::Multiply { other } => {
                let other = other - segment.start;
                for (i, &g) in gradient.values.iter().enumerate() {
                    let per_image = gradient.values.len() / gradient.shape[0];
                    let (a, b) = (&values[read], &values[other]);
                    // Several gradients per image go back through the same values.
                    let at = i / (per_image * questions) * per_image + i % per_image;
                    found[read].values[i] += g * b.values[broadcast(a, b, at)];
                    let to = broadcast(&found[read], &found[other], i);
                    found[other].values[to] += g * a.values[at];
                }
            }
            Operation::ScaleShift(ScaleShift { scale, .. }) => {
                for (i, [_, c, _, _]) in positions(gradient.shape).enumerate() {
                    found[read].values[i] += gradient.values[i] * f64::from(scale[c]);
                }
            }
            Operation::MaxPool(window) => {
                let windows = Windows::of_pool(window, values[read].shape);
                unpool(&windows, &values[read], &gradient, &mut found[read], questions);
            }
            Operation::Concat { others } => {
                let mut start = 0;
                for value in [step.input].iter().chain(others) {
                    let part = &mut found[value - segment.start];
                    scatter(&gradient, part, |[n, c, y, z], part| {
                        (start..start + part).contains(&c).then(|| [n, c - start, y, z])
                    });
                    start += part.shape[1];
                }
            }
            Operation::Slice { start, .. } => {
                scatter(&gradient, &mut found[read], |[n, c, y, z], _| Some([n, start + c, y, z]));
            }
            Operation::Shuffle { groups } => {
                scatter(&gradient, &mut found[read], |[n, c, y, z], channels| {
                    Some([n, c % groups * (channels / groups) + c / groups, y, z])
                });
            }
            Operation::Upsample { factors: [down, across] } => {
                scatter(&gradient, &mut found[read], |[n, c, y, z], _| {
                    Some([n, c, y / down, z / across])
                });
            }
            Operation::GlobalMaximum => {
                let windows = Windows::whole(values[read].shape);
                unpool(&windows, &values[read], &gradient, &mut found[read], questions);
            }
            Operation::AveragePool { window, include_border } => {
                let windows = Windows::of_pool(window, values[read].shape);
                spread(&windows, *include_border, &gradient, &mut found[read]);
            }
            Operation::LayerNorm(_) | Operation::Attention(_) | Operation::Tokens(_) => {
                unreachable!("they only run forwards")
            }
            Operation::GlobalAverage => {
                spread(&Windows::whole(values[read].shape), false, &gradient, &mut found[read]);
            }
        }
    }
    found.swap_remove(0)
}

/// What a step gave in front of its activation.
fn before_activation(
    graph: &Graph,
    index: usize,
    start: usize,
    values: &[Values],
) -> Option<(Activation, Values)> {
    let step = &graph.steps[index];
    let x = &values[step.input - start];
    match &step.operation {
        Operation::Convolution(convolution) => {
            let residual = convolution.residual.map(|value| &values[value - start]);
            let linear = Convolution { activation: Activation::Identity, ..convolution.clone() };
            Some((convolution.activation.clone(), convolve(&linear, x, residual)))
        }
        Operation::Activation(activation) => Some((activation.clone(), x.clone())),
        _ => None,
    }
}

/// From behind an activation to in front of it, where the sums are.
fn in_front(
    (activation, sums): &(Activation, Values),
    gradient: &mut Values,
    (questions, guided): (usize, bool),
) {
    let per_image = sums.values.len() / sums.shape[0];
    let plane = sums.shape[2] * sums.shape[3];
    for (i, gradient) in gradient.values.iter_mut().enumerate() {
        let at = i / (per_image * questions) * per_image + i % per_image;
        if guided && *activation != Activation::Identity {
            *gradient = gradient.max(0.0);
        }
        *gradient *= activate(activation, sums.values[at], at % per_image / plane).1;
    }
}

/// Adds a gradient as it is.
fn hand_on(gradient: &Values, to: &mut Values) {
    to.values.iter_mut().zip(&gradient.values).for_each(|(sum, x)| *sum += x);
}

fn turn(step: &Convolution, gradient: &Values, to: &mut Values) {
    let [_, channels, height, width] = to.shape;
    let depth = step.inputs / step.groups;
    let [kh, kw] = step.kernel;
    let windows = Windows::of_convolution(step, to.shape);
    for (i, [n, o, y, z]) in positions(gradient.shape).enumerate() {
        let group = o / (step.outputs / step.groups);
        for [c, ky, kx, _] in positions([depth, kh, kw, 1]) {
            let [iy, ix] = windows.tap([y, z], [ky, kx]);
            let (Ok(iy), Ok(ix)) = (usize::try_from(iy), usize::try_from(ix)) else { continue };
            if iy < height && ix < width {
                let at = ((n * channels + group * depth + c) * height + iy) * width + ix;
                let weight = step.weight[((o * depth + c) * kh + ky) * kw + kx];
                to.values[at] += gradient.values[i] * f64::from(weight);
            }
        }
    }
}

/// Adds numbers where they came from, if they came from there, among so many channels.
fn scatter(
    gradient: &Values,
    to: &mut Values,
    from: impl Fn([usize; 4], usize) -> Option<[usize; 4]>,
) {
    let [_, channels, height, width] = to.shape;
    for (at, x) in positions(gradient.shape).zip(&gradient.values) {
        if let Some([n, c, y, z]) = from(at, channels) {
            to.values[((n * channels + c) * height + y) * width + z] += x;
        }
    }
}

/// To the first maximum of every window.
fn unpool(windows: &Windows, kept: &Values, gradient: &Values, to: &mut Values, questions: usize) {
    let [_, channels, height, width] = to.shape;
    for (i, [n, c, y, z]) in positions(gradient.shape).enumerate() {
        let mut largest: Option<([usize; 2], f64)> = None;
        for [iy, ix] in windows.taps([y, z]) {
            if let Some(x) = kept.at(n / questions, c, iy, ix)
                && largest.is_none_or(|(_, most)| x > most)
            {
                largest = Some(([iy as usize, ix as usize], x));
            }
        }
        let [iy, ix] = largest.unwrap().0;
        to.values[((n * channels + c) * height + iy) * width + ix] += gradient.values[i];
    }
}

/// To all of every window, in equal parts.
fn spread(windows: &Windows, include_border: bool, gradient: &Values, to: &mut Values) {
    let [_, channels, height, width] = to.shape;
    for (i, [n, c, y, z]) in positions(gradient.shape).enumerate() {
        let taps = windows.taps([y, z]);
        let inside: Vec<_> =
            taps.iter().filter(|&&[y, x]| to.at(n, c, y, x).is_some()).copied().collect();
        let count = if include_border { windows.bordered(&taps) } else { inside.len() };
        for [iy, ix] in inside {
            let at = ((n * channels + c) * height + iy as usize) * width + ix as usize;
            to.values[at] += gradient.values[i] / count as f64;
        }
    }
}
