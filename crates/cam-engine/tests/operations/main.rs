//! Every operation gives what its definition says, forwards and back, from every cut, with the same
//! bits for every number of threads.

mod activations;
#[path = "../gradients/adjoint.rs"]
mod adjoint;
mod any_graph;
mod arithmetic;
mod bottlenecks;
mod convolutions;
mod copies;
mod pools;
#[path = "../support/mod.rs"]
mod support;

use adjoint::{adjoint, guided_adjoint};
use cam_engine::{Engine, Graph, InstructionSet, Operation, Options, Output, Step};
use support::*;

/// Rounding of f32, in units of the maximum; steps add up.
const TOLERANCE: f64 = 1e-5;

/// Gradients per image.
const QUESTIONS: usize = 2;

/// Steps with what they read.
fn steps(list: impl IntoIterator<Item = (usize, Operation)>) -> Graph {
    let steps = list.into_iter().map(|(input, operation)| Step { input, operation });
    Graph { steps: steps.collect() }
}

/// What a run gives, and gradients pulled back through it, plain and guided.
fn run_both_ways(engine: &Engine, input: &[f32], shape: [usize; 4]) -> [Output; 3] {
    let recording = engine.record(0..engine.steps(), input, shape).unwrap();
    let gradients = numbers(11, recording.output().values.len() * QUESTIONS);
    [
        recording.output().clone(),
        recording.pull_back(&gradients, QUESTIONS).unwrap(),
        recording.pull_back_guided(&gradients, QUESTIONS).unwrap(),
    ]
}

/// Forwards and back, against the definition, by every instruction set, with several numbers of threads.
fn assert_agrees(graph: &Graph, shape: [usize; 4]) {
    let options = |instructions, threads| Options { exact: false, ..exact(instructions, threads) };
    let input: Vec<f32> = numbers(7, shape.iter().product()).iter().map(|x| 3.0 * x).collect();
    let whole = 0..graph.steps.len();
    let output = reference(graph, whole.clone(), &input, shape);
    let gradients = numbers(11, output.values.len() * QUESTIONS);
    let expected = [
        output,
        adjoint(graph, whole.clone(), (&input, shape), &gradients, QUESTIONS),
        guided_adjoint(graph, (&input, shape), &gradients, QUESTIONS),
    ];
    let mut fused = None;
    for instructions in available() {
        let engine = Engine::new(graph.clone(), options(instructions, 1)).unwrap();
        let found = run_both_ways(&engine, &input, shape);
        for ((found, expected), what) in found.iter().zip(&expected).zip(["run", "back", "guided"])
        {
            let error = difference(found, expected);
            assert!(error < TOLERANCE, "{instructions}, {what}: {error:e} on {shape:?}, {graph:?}");
        }
        let all_bits = |outputs: &[Output; 3]| outputs.each_ref().map(bits);
        let plain = run(graph, options(instructions, 1), &input, shape);
        assert_eq!(bits(&plain), bits(&found[0]), "{instructions}: a recorded run differs");
        for threads in [2, 3] {
            let engine = Engine::new(graph.clone(), options(instructions, threads)).unwrap();
            let more = run_both_ways(&engine, &input, shape);
            assert_eq!(all_bits(&found), all_bits(&more), "{instructions}, {threads} threads");
        }
        if instructions != InstructionSet::Portable {
            let first = fused.get_or_insert_with(|| all_bits(&found));
            assert_eq!(*first, all_bits(&found), "{instructions} rounds otherwise");
        }
    }
    assert_cuts_agree(graph, &input, shape);
}

/// From every value that is all that the rest needs.
fn assert_cuts_agree(graph: &Graph, input: &[f32], shape: [usize; 4]) {
    let steps = graph.steps.len();
    let engine = Engine::new(graph.clone(), exact(available().next().unwrap(), 2)).unwrap();
    let whole = engine.run(0..steps, input, shape).unwrap();
    // The reference runs steps that nothing needs as well.
    let is_whole = |cut: &usize| graph.steps[*cut..].iter().all(|step| lowest_read(step) >= *cut);
    for cut in (1..steps).filter(is_whole) {
        let at = engine.run(0..cut, input, shape).unwrap();
        let recording = engine.record(cut..steps, &at.values, at.shape).unwrap();
        assert_eq!(bits(recording.output()), bits(&whole), "cut at {cut}");
        let gradients = numbers(2, whole.values.len() * QUESTIONS);
        let found = recording.pull_back(&gradients, QUESTIONS).unwrap();
        let expected = adjoint(graph, cut..steps, (&at.values, at.shape), &gradients, QUESTIONS);
        let error = difference(&found, &expected);
        assert!(error < TOLERANCE, "cut at {cut}: {error:e}");
    }
}

/// The earliest value that a step reads.
fn lowest_read(step: &Step) -> usize {
    let others = match &step.operation {
        Operation::Convolution(convolution) => convolution.residual.into_iter().collect(),
        Operation::Add { other } | Operation::Multiply { other } => vec![*other],
        Operation::Concat { others } => others.clone(),
        _ => Vec::new(),
    };
    others.into_iter().min().map_or(step.input, |other| other.min(step.input))
}

/// The gradients by definition are those of what the definition computes: along some direction, a small
/// step changes the output as they say.
fn assert_is_derivative(graph: &Graph, shape: [usize; 4]) {
    let input: Vec<f32> = numbers(7, shape.iter().product()).iter().map(|x| 3.0 * x).collect();
    let direction = numbers(8, input.len());
    let whole = 0..graph.steps.len();
    // Small, so that it leads over no edge of an activation.
    let step = 2.0_f32.powi(-16);
    let at = |sign: f32| -> Vec<f32> {
        input.iter().zip(&direction).map(|(x, d)| x + sign * step * d).collect()
    };
    let (above, below) = (at(1.0), at(-1.0));
    let output = |input: &[f32]| reference(graph, whole.clone(), input, shape).values;
    let gradients = numbers(11, output(&input).len());
    let pairs = output(&above).into_iter().zip(output(&below)).zip(&gradients);
    let risen: f64 = pairs.map(|((a, b), &g)| (a - b) * f64::from(g)).sum();
    let slope = adjoint(graph, whole.clone(), (&input, shape), &gradients, 1).values;
    let moved = above.iter().zip(&below).map(|(a, b)| f64::from(*a) - f64::from(*b));
    let expected: f64 = slope.iter().zip(moved).map(|(slope, d)| slope * d).sum();
    let size: f64 = slope.iter().map(|slope| slope.abs() * f64::from(step)).sum();
    assert!((risen - expected).abs() < 5e-3 * size, "{risen:e}, not {expected:e} for {graph:?}");
}
