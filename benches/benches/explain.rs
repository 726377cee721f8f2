//! From image to map, step by step: `cargo bench -p cam-benches --bench explain`.
//!
//! Every timed closure reads its result, for a lazy backend would otherwise be timed at nothing.

use burn::tensor::Tensor;
use cam_benches::{device, images, network, noise, runtimes};
use cam_core::{Arithmetic, Capture, GradCam, Network as _, postprocess};
use cam_models::{ConvNet, Filter, Rgb8, Runtime};
use cam_targets::{Concepts, CosineSimilarity};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const MODELS: [&str; 2] = ["efficientnet-lite0", "resnet50"];
const SIDE: usize = 224;

fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().expect("the device gives its result")
}

fn similarity(network: &ConvNet, concepts: usize) -> CosineSimilarity {
    let width = network.embedding_width();
    let rows = noise(concepts * width).chunks(width).map(<[f32]>::to_vec).collect();
    CosineSimilarity::to(Concepts::new(width, rows).expect("noise makes concepts"))
}

/// What `cam explain` would take here.
fn fastest() -> Runtime {
    runtimes().pop().expect("burn runs everywhere").1
}

/// Pixels to tensor.
fn prepare(c: &mut Criterion) {
    let mut group = c.benchmark_group("prepare");
    let bytes: Vec<u8> =
        noise(640 * 480 * 3).into_iter().map(|value| (value * 127.0 + 128.0) as u8).collect();
    let image = Rgb8::new(640, 480, &bytes).expect("640 times 480 pixels");
    let preprocessing = cam_models::Preprocessing::imagenet();
    for filter in [Filter::Bilinear, Filter::Bicubic, Filter::OpenCv] {
        group.bench_function(BenchmarkId::from_parameter(format!("{filter:?}")), |b| {
            b.iter(|| {
                let resized = image.resized(SIDE, SIDE, filter);
                read(preprocessing.tensor(&[resized], &device()).expect("there is an image"))
            });
        });
    }
    group.finish();
}

/// The forward pass.
fn capture(c: &mut Criterion) {
    let mut group = c.benchmark_group("capture");
    group.sample_size(20);
    for model in MODELS {
        for (executor, runtime) in runtimes() {
            let network = network(model, runtime);
            let layer = network.last_layer().expect("there is a layer");
            let images = images(1, SIDE);
            group.bench_function(BenchmarkId::new(model, executor), |b| {
                b.iter(|| {
                    let capture = Capture::new(&network, images.clone(), &[layer])
                        .expect("noise can be captured");
                    read(capture.embeddings())
                });
            });
        }
    }
    group.finish();
}

/// One and many concepts from one capture, to finished maps at the input's size.
fn explain(c: &mut Criterion) {
    let mut group = c.benchmark_group("concepts");
    for model in MODELS {
        let network = network(model, fastest());
        let layer = network.last_layer().expect("there is a layer");
        let capture =
            Capture::new(&network, images(1, SIDE), &[layer]).expect("noise can be captured");
        for concepts in [1, 100, 1000] {
            let target = similarity(&network, concepts);
            group.bench_function(
                BenchmarkId::new(model, format!("{concepts} concepts, raw")),
                |b| {
                    b.iter(|| {
                        read(
                            capture.explain(&GradCam, &target).expect("explained").layers[0]
                                .maps
                                .clone(),
                        )
                    });
                },
            );
            // A thousand maps at the input's size are 200 MB.
            if concepts > 100 {
                continue;
            }
            group.bench_function(
                BenchmarkId::new(model, format!("{concepts} concepts, finished")),
                |b| {
                    b.iter(|| {
                        let explanation = capture.explain(&GradCam, &target).expect("explained");
                        let raw = explanation.raw_maps();
                        postprocess(&raw, [SIDE; 2], Arithmetic::Standard).expect("finite")
                    });
                },
            );
        }
    }
    group.finish();
}

/// Layers before the last, through whose tail the gradient comes back.
fn earlier_layers(c: &mut Criterion) {
    let mut group = c.benchmark_group("earlier layers");
    group.sample_size(10);
    for (executor, runtime) in runtimes() {
        let network = network("resnet50", runtime);
        let target = similarity(&network, 1);
        for name in ["layer4", "layer3", "layer2"] {
            let layer = network.layer(name).expect("the layer exists");
            let images = images(1, SIDE);
            group.bench_function(BenchmarkId::new(format!("resnet50 {name}"), executor), |b| {
                b.iter(|| {
                    let capture =
                        Capture::new(&network, images.clone(), &[layer]).expect("captured");
                    let explanation = capture.explain(&GradCam, &target).expect("explained");
                    read(explanation.layers[0].maps.clone())
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, prepare, capture, explain, earlier_layers);
criterion_main!(benches);
