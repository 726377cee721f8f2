//! Winograd's algorithm agrees with the definition, up to its own rounding.

mod support;

use cam_engine::{
    Activation, Convolution, Engine, Graph, InstructionSet, Kernel, Operation, Options, Padding,
};
use proptest::prelude::*;
use support::*;

/// F(4×4, 3×3) rounds to 4e-6 to 1.4e-5 of the maximum in networks; short sums do better.
const TOLERANCE: f64 = 1e-5;

fn options(instructions: InstructionSet, threads: usize) -> Options {
    Options { exact: false, ..exact(instructions, threads) }
}

fn kernel(graph: &Graph, shape: [usize; 4]) -> Kernel {
    let engine = Engine::new(graph.clone(), Options::default()).unwrap();
    engine.plan(0..graph.steps.len(), shape).unwrap().steps[0].kernel
}

fn assert_agrees(graph: &Graph, shape: [usize; 4]) {
    assert!(matches!(kernel(graph, shape), Kernel::Winograd2 | Kernel::Winograd4));
    let input = numbers(7, shape.iter().product());
    let expected = reference(graph, 0..graph.steps.len(), &input, shape);
    let mut fused = None;
    for instructions in available() {
        let one = run(graph, options(instructions, 1), &input, shape);
        let error = difference(&one, &expected);
        assert!(error < TOLERANCE, "{instructions}: {error:e} on {shape:?}");
        for threads in [2, 3, 8] {
            let more = run(graph, options(instructions, threads), &input, shape);
            assert_eq!(bits(&one), bits(&more), "{instructions} with {threads} threads");
        }
        if instructions != InstructionSet::Portable {
            let first = fused.get_or_insert_with(|| bits(&one));
            assert_eq!(*first, bits(&one), "{instructions} rounds otherwise");
        }
    }
}

#[test]
fn the_number_of_outputs_together_follows_the_size() {
    let graph = graph([Operation::Convolution(convolution(64, 64, 3, 1))]);
    let kernel = |side| kernel(&graph, [1, 64, side, side + 20]);
    assert_eq!(
        [7, 14, 28, 56].map(kernel),
        [Kernel::Direct, Kernel::Winograd2, Kernel::Winograd4, Kernel::Winograd4]
    );
}

#[test]
fn an_exact_engine_takes_direct_convolutions_only() {
    let graph = graph([Operation::Convolution(convolution(64, 64, 3, 1))]);
    let engine = Engine::new(graph, Options { exact: true, ..Options::default() }).unwrap();
    let plan = engine.plan(0..1, [1, 64, 56, 56]).unwrap();
    assert_eq!(plan.steps[0].kernel, Kernel::Direct);
}

#[test]
fn a_batch_gives_what_its_images_give() {
    let graph = graph([Operation::Convolution(convolution(32, 48, 3, 1))]);
    let engine = Engine::new(graph, Options { threads: 2, ..Options::default() }).unwrap();
    let shape = [3, 32, 25, 30];
    let images = numbers(1, shape.iter().product());
    let batch = engine.run(0..1, &images, shape).unwrap().values;
    let image = |image| engine.run(0..1, image, [1, 32, 25, 30]).unwrap().values;
    let single: Vec<f32> = images.chunks(images.len() / 3).flat_map(image).collect();
    assert_eq!(batch, single);
}

/// Six layers at the sizes of ResNet's stages: what one layer rounds the next ones do not blow up.
#[test]
fn a_deep_network_stays_close_to_its_direct_form() {
    for side in [14, 28] {
        let layer = |i: usize| Convolution {
            residual: (i % 2 == 1).then(|| i - 1),
            ..convolution(64, 64, 3, 10 * i as u64 + 1)
        };
        let graph = graph((0..6).map(|i| Operation::Convolution(layer(i))));
        let shape = [1, 64, side, side];
        let input = numbers(5, shape.iter().product());
        let best = InstructionSet::best();
        let fast = run(&graph, options(best, 2), &input, shape);
        let direct = run(&graph, exact(best, 2), &input, shape);
        let values = direct.values.iter().map(|&x| f64::from(x)).collect();
        let error = difference(&fast, &Values { values, shape });
        assert!(error < TOLERANCE && error > 0.0, "{side}: {error:e}");
    }
}

#[test]
fn many_channels_are_split_between_threads() {
    assert_agrees(&graph([Operation::Convolution(convolution(256, 200, 3, 1))]), [1, 256, 14, 14]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_size_agrees_with_its_definition(
        inputs in 32usize..50,
        outputs in 32usize..70,
        same in any::<bool>(),
        padding in 0usize..3,
        adds in any::<bool>(),
        images in 1usize..3,
        size in [16usize..31, 16usize..31],
        activation in prop_oneof![
            Just(Activation::Identity), Just(Activation::Relu), Just(Activation::Relu6)
        ],
    ) {
        let padding = if same { Padding::Same } else { Padding::Each(padding) };
        let curve = activation.clone();
        let first = Convolution { padding, activation: curve, ..convolution(inputs, outputs, 3, 3) };
        let second = Convolution {
            residual: adds.then_some(1),
            activation,
            ..convolution(outputs, outputs, 3, 5)
        };
        let graph = graph([first, second].map(Operation::Convolution));
        assert_agrees(&graph, [images, inputs, size[0], size[1]]);
    }
}
