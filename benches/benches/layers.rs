//! Each convolution shape of two networks in the engine, by itself: `cargo xtask bench 'layers of'`.
//!
//! Timed is the convolution within the engine, without transposing its input to channels-last
//! and its output back, which whole networks do once. Residuals are left out.

use std::time::Duration;

use cam_benches::noise;
use cam_engine::{Activation, Convolution, Engine, Graph, Options, Step};
use cam_graph::{Operation, Padding};
use cam_models::{Description, describe};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const MODELS: [&str; 2] = ["efficientnet-lite0", "resnet50"];
const SIDE: usize = 224;

/// The convolutions of a network that differ by more than their weights, in order, and the sides of what they read.
fn shapes(description: &Description) -> Vec<(Convolution, [usize; 2])> {
    let graph = description.fused().graph;
    let values = graph.shapes(&[3, SIDE, SIDE]).expect("it takes images of that size");
    let mut shapes: Vec<(Convolution, [usize; 2])> = Vec::new();
    for step in &graph.steps {
        let Operation::Convolution(convolution) = &step.operation else { continue };
        let (weight, x) = (&graph.parameters[&convolution.weight], &values[step.inputs[0].index()]);
        let bounded = matches!(convolution.activation, Some(cam_graph::Function::Clip { .. }));
        let shape = Convolution {
            inputs: x[0],
            outputs: weight[0],
            kernel: [weight[2], weight[3]],
            stride: convolution.stride,
            dilation: convolution.dilation,
            padding: match convolution.padding {
                Padding::Fixed(border) => cam_engine::Padding::Each(border.top),
                Padding::Same { .. } => cam_engine::Padding::Same,
            },
            groups: convolution.groups,
            weight: noise(weight.iter().product()),
            bias: noise(weight[0]),
            residual: None,
            activation: match convolution.activation {
                None => Activation::Identity,
                Some(_) if bounded => Activation::Relu6,
                Some(_) => Activation::Relu,
            },
        };
        let shape = (shape, [x[1], x[2]]);
        if shapes.iter().all(|known| name(known) != name(&shape)) {
            shapes.push(shape);
        }
    }
    shapes
}

/// As in `3x3/2 64-128 56x56 x32`: window, stride, channels, input, groups.
fn name((convolution, [height, width]): &(Convolution, [usize; 2])) -> String {
    let Convolution { kernel: [h, w], stride: [down, _], inputs, outputs, groups, .. } =
        convolution;
    format!("{h}x{w}/{down} {inputs}-{outputs} {height}x{width} x{groups}")
}

fn engine(convolution: &Convolution) -> Engine {
    let operation = cam_engine::Operation::Convolution(convolution.clone());
    let graph = Graph { steps: vec![Step { input: 0, operation }] };
    Engine::new(graph, Options::default()).expect("a described convolution can be run")
}

fn layers(c: &mut Criterion) {
    for model in MODELS {
        let mut group = c.benchmark_group(format!("layers of {model}"));
        group.sample_size(10);
        group.warm_up_time(Duration::from_millis(100));
        group.measurement_time(Duration::from_millis(300));
        for shape in shapes(&describe(model).expect("the architecture is known")) {
            let (convolution, [height, width]) = &shape;
            let engine = engine(convolution);
            let input = [1, convolution.inputs, *height, *width];
            let values = noise(input.iter().product());
            let time = || {
                let times = engine.time_steps(0..1, &values, input).expect("it runs");
                times.into_iter().sum::<Duration>()
            };
            group.bench_function(BenchmarkId::from_parameter(name(&shape)), |b| {
                b.iter_custom(|rounds| (0..rounds).map(|_| time()).sum());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, layers);
criterion_main!(benches);
