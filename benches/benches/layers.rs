//! Each convolution shape of two networks in the engine, by itself: `cargo xtask bench 'layers of'`.
//!
//! Timed is the convolution within the engine, without transposing its input to channels-last
//! and its output back, which whole networks do once. Residuals are left out.

use std::time::Duration;

use cam_benches::noise;
use cam_engine::{Engine, Graph, Operation, Options, Step};
use cam_models::description::{self, Convolution};
use cam_models::{Description, describe};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const MODELS: [&str; 2] = ["efficientnet-lite0", "resnet50"];
const SIDE: usize = 224;

/// A convolution and the side of the square that it reads.
type Shape = (Convolution, usize);

/// The convolutions of a network that differ by more than their weights, in order.
fn shapes(description: &Description) -> Vec<Shape> {
    let mut sides = vec![SIDE];
    let mut shapes: Vec<Shape> = Vec::new();
    for step in &description.steps {
        let side = sides[step.input.index()];
        let stride = match &step.operation {
            description::Operation::MaxPool(pool) => pool.stride,
            description::Operation::Convolution(convolution) => {
                if shapes.iter().all(|known| name(known) != name(&(convolution.clone(), side))) {
                    shapes.push((convolution.clone(), side));
                }
                convolution.stride
            }
        };
        // Every window of these networks keeps the size at stride 1.
        sides.push(side.div_ceil(stride));
    }
    shapes
}

/// As in `3x3/2 64-128 56x56 x32`: window, stride, channels, input, groups.
fn name((convolution, side): &Shape) -> String {
    let Convolution { kernel, stride, inputs, outputs, groups, .. } = convolution;
    format!("{kernel}x{kernel}/{stride} {inputs}-{outputs} {side}x{side} x{groups}")
}

fn engine(convolution: &Convolution) -> Engine {
    let operation = Operation::Convolution(cam_engine::Convolution {
        inputs: convolution.inputs,
        outputs: convolution.outputs,
        kernel: [convolution.kernel; 2],
        stride: [convolution.stride; 2],
        dilation: [1; 2],
        padding: convolution.padding.into(),
        groups: convolution.groups,
        weight: noise(convolution.weight_shape().iter().product()),
        bias: noise(convolution.outputs),
        residual: None,
        activation: convolution.activation.into(),
    });
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
            let (convolution, side) = &shape;
            let engine = engine(convolution);
            let input = [1, convolution.inputs, *side, *side];
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
