//! What an engine promises besides its numbers.

mod packed_weights;
#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "threads")]
mod threads;
mod wanted_rows;

use cam_engine::{
    Activation, Convolution, Engine, Error, Graph, InstructionSet, Kernel, Operation, Options,
    Padding, Step, Wanted, Window,
};
use support::*;

const SHAPE: [usize; 4] = [1, 3, 12, 10];

/// A stem, a pool and two blocks, the first with a projection.
fn small_network() -> Graph {
    let conv = |inputs, outputs, kernel| convolution(inputs, outputs, kernel, inputs as u64);
    let pool = Operation::MaxPool(Window::square(3, 2, 1));
    let linear = Convolution { activation: Activation::Identity, ..conv(16, 48, 1) };
    let steps = [
        (0, Operation::Convolution(conv(3, 16, 5))),
        (1, pool),
        (2, Operation::Convolution(linear)),
        (2, Operation::Convolution(conv(16, 20, 3))),
        (4, Operation::Convolution(Convolution { residual: Some(3), ..conv(20, 48, 1) })),
        (5, Operation::Convolution(conv(48, 20, 3))),
        (6, Operation::Convolution(Convolution { residual: Some(5), ..conv(20, 48, 1) })),
    ];
    let steps = steps.into_iter().map(|(input, operation)| Step { input, operation });
    Graph { steps: steps.collect() }
}

fn engine(graph: Graph) -> Engine {
    Engine::new(graph, Options { threads: 2, exact: true, ..Options::default() }).unwrap()
}

fn input(shape: [usize; 4]) -> Vec<f32> {
    numbers(3, shape.iter().product())
}

#[test]
fn segments_behind_one_another_give_what_the_whole_gives() {
    let engine = engine(small_network());
    let whole = engine.run(0..7, &input(SHAPE), SHAPE).unwrap();
    for cut in [1, 2, 5] {
        let front = engine.run(0..cut, &input(SHAPE), SHAPE).unwrap();
        let back = engine.run(cut..7, &front.values, front.shape).unwrap();
        assert_eq!(bits(&back), bits(&whole), "cut at {cut}");
    }
}

#[test]
fn every_value_can_be_asked_for() {
    let graph = small_network();
    let engine = engine(graph.clone());
    for end in 1..=7 {
        let output = engine.run(0..end, &input(SHAPE), SHAPE).unwrap();
        let error = difference(&output, &reference(&graph, 0..end, &input(SHAPE), SHAPE));
        assert!(error < 2e-6, "value {end}: {error:e}");
    }
}

/// `[n, c, h, w]` with the channels last.
fn channels_last(output: &cam_engine::Output) -> Vec<f32> {
    let [n, c, h, w] = output.shape;
    let pixels = (0..n).flat_map(|n| (0..h * w).map(move |pixel| (n, pixel)));
    pixels
        .flat_map(|(n, pixel)| (0..c).map(move |c| (n, c, pixel)))
        .map(|(n, c, pixel)| output.values[(n * output.shape[1] + c) * h * w + pixel])
        .collect()
}

#[test]
fn one_run_gives_every_value_that_runs_up_to_it_give() {
    let engine = engine(small_network());
    let shape = [2, 3, 12, 10];
    let wanted = [7, 3, 1, 5, 2, 5, 6, 4];
    let found = engine.values(0, &wanted.map(Wanted::whole), &input(shape), shape).unwrap();
    assert_eq!(found.len(), wanted.len());
    for (value, found) in wanted.into_iter().zip(found) {
        let alone = engine.run(0..value, &input(shape), shape).unwrap();
        let [n, c, h, w] = alone.shape;
        assert_eq!(found.shape, [n, h, w, c]);
        // A shortcut that is asked for is rounded by itself.
        let pairs = found.values.iter().zip(channels_last(&alone));
        let difference = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let largest = found.values.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        assert!(difference <= 1e-6 * largest, "value {value}: {difference}");
    }
    let behind = engine.run(0..2, &input(shape), shape).unwrap();
    let [last] = &engine.values(2, &[Wanted::whole(4)], &behind.values, behind.shape).unwrap()[..]
    else {
        panic!("one value is wanted")
    };
    let alone = engine.run(2..4, &behind.values, behind.shape).unwrap();
    assert_eq!(last.values, channels_last(&alone));
}

#[test]
fn values_that_a_run_does_not_give_are_refused() {
    let engine = engine(small_network());
    let refused = |start: usize, wanted: &[Wanted]| {
        engine.values(start, wanted, &input(SHAPE), SHAPE).unwrap_err()
    };
    let whole = Wanted::whole;
    assert_eq!(refused(0, &[whole(3), whole(0)]), Error::Value { value: 0, start: 0 });
    assert_eq!(refused(2, &[whole(1)]), Error::Value { value: 1, start: 2 });
    assert_eq!(refused(0, &[whole(8)]), Error::Segment { start: 0, end: 8, steps: 7 });
    let height = engine.run(0..3, &input(SHAPE), SHAPE).unwrap().shape[2];
    for (start, end) in [(0, height + 1), (2, 2), (height, height + 2)] {
        let rows = Error::Rows { value: 3, start, end, height };
        assert_eq!(refused(0, &[Wanted::rows(3, start..end)]), rows);
    }
    assert!(engine.values(0, &[], &input(SHAPE), SHAPE).unwrap().is_empty());
}

#[test]
fn an_empty_segment_gives_what_it_was_given() {
    let engine = engine(small_network());
    let shape = [1, 48, 2, 2];
    let output = engine.run(5..5, &input(shape), shape).unwrap();
    assert_eq!((output.values, output.shape), (input(shape), shape));
    assert!(engine.plan(5..5, shape).unwrap().steps.is_empty());
}

#[test]
fn images_of_a_batch_do_not_see_each_other() {
    let engine = engine(small_network());
    let shape = [3, 3, 12, 10];
    let images = input(shape);
    let batch = engine.run(0..7, &images, shape).unwrap();
    let mut single = Vec::new();
    for image in images.chunks(3 * 12 * 10) {
        single.extend(engine.run(0..7, image, SHAPE).unwrap().values);
    }
    assert_eq!(batch.values, single);
}

#[test]
fn shapes_may_alternate() {
    let engine = engine(small_network());
    let shapes: Vec<[usize; 4]> = (5..17).map(|size| [1, 3, size, 21 - size]).collect();
    let run = |shape| bits(&engine.run(0..7, &input(shape), shape).unwrap());
    let first: Vec<_> = shapes.iter().map(|&shape| run(shape)).collect();
    let again: Vec<_> = shapes.iter().map(|&shape| run(shape)).collect();
    assert_eq!(first, again);
}

#[test]
fn two_threads_may_run_at_once() {
    let engine = engine(small_network());
    let shapes = [SHAPE, [2, 3, 9, 9]];
    let expected = shapes.map(|shape| engine.run(0..7, &input(shape), shape).unwrap());
    std::thread::scope(|scope| {
        for i in 0..4 {
            let (engine, shape, expected) = (&engine, shapes[i % 2], &expected[i % 2]);
            scope.spawn(move || {
                for _ in 0..30 {
                    assert_eq!(engine.run(0..7, &input(shape), shape).unwrap(), *expected);
                }
            });
        }
    });
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let run = |threads| {
        let options = Options { threads, ..Options::default() };
        bits(&support::run(&small_network(), options, &input(SHAPE), SHAPE))
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert_eq!(run(threads), one, "{threads} threads");
    }
}

/// What a channel's NaN or infinity reaches, by a reference that knows no kernels.
fn assert_passes(graph: &Graph, shape: [usize; 4], poison: f32) {
    let mut values: Vec<f32> = input(shape).iter().map(|x| x + 0.1).collect();
    let middle = values.len() / 2;
    values[middle] = poison;
    let expected = reference(graph, 0..graph.steps.len(), &values, shape);
    for instructions in available() {
        let output = run(graph, exact(instructions, 2), &values, shape);
        for (i, (&x, &y)) in output.values.iter().zip(&expected.values).enumerate() {
            let same = if y.is_finite() {
                (f64::from(x) - y).abs() < 1e-5
            } else {
                x.is_nan() == y.is_nan() && (y.is_nan() || f64::from(x) == y)
            };
            assert!(same, "{instructions}, {poison}: {x} instead of {y} at {i}");
        }
    }
}

#[test]
fn nan_and_infinity_reach_what_they_reach_by_definition() {
    for poison in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for activation in [Activation::Identity, Activation::Relu, Activation::Relu6] {
            for (channels, groups) in [(3, 1), (20, 1), (20, 20), (20, 5), (64, 2)] {
                let activation = activation.clone();
                let step = Convolution { activation, ..grouped(channels, channels, 3, groups, 70) };
                let step = Convolution { residual: Some(0), ..step };
                let graph = graph([Operation::Convolution(step)]);
                assert_passes(&graph, [1, channels, 6, 7], poison);
            }
        }
        let pool = Operation::MaxPool(Window::square(3, 1, 1));
        assert_passes(&graph([pool]), [2, 5, 6, 7], poison);
    }
}

#[test]
fn a_bad_number_leaves_no_trace_in_the_next_run() {
    let engine = engine(small_network());
    let expected = engine.run(0..7, &input(SHAPE), SHAPE).unwrap();
    let poisoned = vec![f32::NAN; 360];
    assert!(engine.run(0..7, &poisoned, SHAPE).unwrap().values.iter().any(|x| x.is_nan()));
    assert_eq!(engine.run(0..7, &input(SHAPE), SHAPE).unwrap(), expected);
}

#[test]
fn a_plan_says_what_runs_where() {
    let engine = engine(small_network());
    let plan = engine.plan(0..7, SHAPE).unwrap();
    let kernels: Vec<Kernel> = plan.steps.iter().map(|step| step.kernel).collect();
    use Kernel::{Direct, DirectWithProjection, Fused, MaxPool};
    assert_eq!(kernels, [Direct, MaxPool, Fused, Direct, DirectWithProjection, Direct, Direct]);
    assert!(plan.steps[6].in_place && !plan.steps[4].in_place);
    assert!(plan.buffers <= 4, "{plan}");
    assert!(plan.to_string().ends_with("MiB"), "{plan}");
}

#[test]
fn a_shortcut_that_is_asked_for_is_not_fused_away() {
    let engine = engine(small_network());
    let plan = engine.plan(0..3, SHAPE).unwrap();
    assert_eq!(plan.steps.last().unwrap().kernel, Kernel::Direct);
    let plan = engine.plan(2..7, [1, 16, 6, 5]).unwrap();
    assert_eq!(plan.steps[0].kernel, Kernel::Fused);
}

fn error_of(graph: Graph) -> Error {
    Engine::new(graph, Options::default()).err().unwrap()
}

fn single(change: impl FnOnce(&mut Convolution)) -> Graph {
    let mut step = convolution(4, 6, 3, 1);
    change(&mut step);
    graph([Operation::Convolution(step)])
}

#[test]
fn graphs_that_contradict_themselves_are_refused() {
    let step = 0;
    let stride = error_of(single(|step| step.stride = [1, 0]));
    assert_eq!(stride, Error::Zero { step, field: "stride" });
    let groups = error_of(single(|step| step.groups = 4));
    assert_eq!(groups, Error::Groups { step, groups: 4, inputs: 4, outputs: 6 });
    let weight = error_of(single(|step| step.weight.truncate(5)));
    assert_eq!(weight, Error::Length { step, tensor: "weight", expected: 216, found: 5 });
    let bias = error_of(single(|step| step.bias.clear()));
    assert_eq!(bias, Error::Length { step, tensor: "bias", expected: 6, found: 0 });
    let later = error_of(single(|step| step.residual = Some(1)));
    assert_eq!(later, Error::Order { step, value: 1 });
    let own = error_of(single(|step| step.residual = Some(0)));
    assert_eq!(own, Error::Channels { step, value: 0, expected: 6, found: 4 });
    let pool = error_of(graph([Operation::MaxPool(Window::square(3, 1, 3))]));
    assert_eq!(pool, Error::PoolPadding { step, padding: 3, kernel: 3 });
    let huge = error_of(single(|step| (step.inputs, step.kernel) = (usize::MAX, [9, 9])));
    assert!(matches!(huge, Error::Length { tensor: "weight", .. }));
}

#[test]
fn runs_that_cannot_be_are_refused() {
    let engine = engine(small_network());
    let refused = |segment: std::ops::Range<usize>, shape: [usize; 4]| {
        let len = shape.iter().fold(1usize, |len, &side| len.saturating_mul(side)).min(1 << 20);
        engine.run(segment, &vec![0.0; len], shape).unwrap_err()
    };
    let (start, end, steps) = (3, 9, 7);
    assert_eq!(refused(3..9, SHAPE), Error::Segment { start, end, steps });
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    let backwards = refused(3..2, SHAPE);
    assert_eq!(backwards, Error::Segment { start: 3, end: 2, steps });
    let cut = refused(4..7, [1, 20, 6, 5]);
    assert_eq!(cut, Error::Cut { step: 4, value: 3, start: 4 });
    let shape = [1, 3, 0, 5];
    assert_eq!(refused(0..7, shape), Error::Empty { shape });
    let shape = [usize::MAX, 3, 2, 2];
    assert_eq!(refused(0..7, shape), Error::TooLarge { shape });
    let channels = refused(0..7, [1, 4, 9, 9]);
    assert_eq!(channels, Error::Channels { step: 0, value: 0, expected: 3, found: 4 });
    let short = engine.run(0..7, &[0.0; 5], SHAPE).unwrap_err();
    assert_eq!(short, Error::InputLength { expected: 360, found: 5 });
}

#[test]
fn a_window_larger_than_the_image_is_refused() {
    let step = Convolution { padding: Padding::Each(0), ..convolution(3, 4, 5, 1) };
    let engine = engine(graph([Operation::Convolution(step)]));
    let error = engine.run(0..1, &[0.0; 48], [1, 3, 4, 4]).unwrap_err();
    assert_eq!(error, Error::TooSmall { step: 0, kernel: 5, size: 4 });
}

#[test]
fn a_residual_of_another_shape_is_refused() {
    let first = convolution(3, 3, 1, 1);
    let second = Convolution { stride: [2; 2], residual: Some(0), ..convolution(3, 3, 1, 1) };
    let engine = engine(graph([first, second].map(Operation::Convolution)));
    let error = engine.run(0..2, &[0.0; 48], [1, 3, 4, 4]).unwrap_err();
    let (expected, found) = ([1, 3, 2, 2], [1, 3, 4, 4]);
    assert_eq!(error, Error::Residual { step: 1, expected, found });
}

#[test]
fn instructions_that_are_missing_are_refused() {
    for instructions in InstructionSet::ALL {
        let options = Options { instructions: Some(instructions), ..Options::default() };
        let made = Engine::new(small_network(), options);
        assert_eq!(made.is_ok(), instructions.is_available());
    }
    let best = Engine::new(small_network(), Options::default()).unwrap();
    assert_eq!(Ok(best.instructions()), InstructionSet::chosen());
}
