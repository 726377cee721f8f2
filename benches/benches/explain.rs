//! From image to map, part by part: `cargo xtask bench parts`.
//!
//! Every timed closure reads its result, for a lazy backend would otherwise be timed at nothing.

use std::hint::black_box;

use burn::tensor::Tensor;
use cam_benches::{device, device_name, network, noise, runtime, vector};
use cam_core::{Arithmetic, Capture, GradCam, Network as _, postprocess};
use cam_models::{ConvNet, Filter, Precision, Preprocessing, Rgb8};
use cam_targets::{Concepts, CosineSimilarity};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const SIDE: usize = 224;

/// Networks, layers, and sides of the input. The gradient of `layer3` comes back through a tail.
const SUBJECTS: [(&str, &str, usize); 5] = [
    ("efficientnet-lite0", "head", SIDE),
    ("resnet50", "layer4", SIDE),
    ("resnet50", "layer3", SIDE),
    ("resnet50", "layer4", 512),
    ("resnet50", "layer3", 512),
];

fn pixels([width, height]: [usize; 2]) -> Rgb8 {
    let bytes = noise(width * height * 3).into_iter().map(|value| (value * 127.0 + 128.0) as u8);
    Rgb8::new(width, height, &bytes.collect::<Vec<_>>()).expect("it has pixels")
}

fn similarity(network: &ConvNet, concepts: usize) -> CosineSimilarity {
    let width = network.embedding_width();
    let rows = noise(concepts * width).chunks(width).map(<[f32]>::to_vec).collect();
    CosineSimilarity::to(Concepts::new(width, rows).expect("noise makes concepts"))
}

/// Pixels to tensor.
fn prepare(c: &mut Criterion) {
    let mut group = c.benchmark_group("prepare");
    let image = pixels([640, 480]);
    let (preprocessing, device) = (Preprocessing::imagenet(), device());
    for filter in [Filter::Bilinear, Filter::Bicubic, Filter::OpenCv] {
        group.bench_function(BenchmarkId::from_parameter(format!("{filter:?}")), |b| {
            b.iter(|| {
                let resized = image.resized(SIDE, SIDE, filter);
                vector(preprocessing.tensor(&[resized], &device).expect("there is an image"))
            });
        });
    }
    group.finish();
}

/// An explanation in its parts, in groups `parts/MODEL LAYER/SIZE/DEVICE/PRECISION`.
fn parts(c: &mut Criterion) {
    for precision in Precision::ALL {
        let is_computed_in = device_name() != "cpu" || precision == Precision::F32;
        if is_computed_in && precision.is_supported_by(&device()) {
            SUBJECTS.iter().for_each(|subject| parts_of(c, precision, *subject));
        }
    }
}

/// What a part starts from is there before it is timed.
fn parts_of(c: &mut Criterion, precision: Precision, (model, at, side): (&str, &str, usize)) {
    let name = format!("parts/{model} {at}/{side}x{side}/{}/{precision}", device_name());
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    let network = network(model, runtime(precision));
    let layer = network.layer(at).expect("the layer exists");
    let (target, pixels) = (similarity(&network, 1), [pixels([side; 2])]);
    let images = || network.images(&pixels).expect("there is an image");
    let uploaded = images();
    let activations = network.forward_to(uploaded.clone(), layer).grid;
    let capture = Capture::new(&network, uploaded.clone(), &[layer]).expect("captured");
    let maps = || capture.explain(&GradCam, &target).expect("explained").raw_maps();
    let raw = maps();
    let finished =
        |raw: &[Tensor<4>]| postprocess(raw, [side; 2], Arithmetic::Standard).expect("finite maps");
    // Whatever is made once is made: programs, buffers, the record of the tail.
    black_box((number(raw[0].clone()), number(activations.clone())));

    group.bench_function("upload", |b| b.iter(|| number(images())));
    group.bench_function("trunk", |b| {
        b.iter(|| number(network.forward_to(uploaded.clone(), layer).grid));
    });
    group.bench_function("tail", |b| {
        b.iter(|| number(network.forward_from(activations.clone().into(), layer)));
    });
    group.bench_function("map", |b| b.iter(|| number(maps().remove(0))));
    group.bench_function("read-back", |b| b.iter(|| finished(&raw)));
    group.bench_function("all", |b| {
        b.iter(|| {
            let capture = Capture::new(&network, images(), &[layer]).expect("captured");
            finished(&capture.explain(&GradCam, &target).expect("explained").raw_maps())
        });
    });
    group.finish();
}

/// One number of a tensor: whoever has it has waited for all of it.
fn number<const D: usize>(tensor: Tensor<D>) -> f32 {
    tensor.sum().into_scalar::<f32>()
}

/// One and many concepts from one capture; finished maps have the input's size.
fn concepts(c: &mut Criterion) {
    let mut group = c.benchmark_group("concepts");
    for model in ["efficientnet-lite0", "resnet50"] {
        let network = network(model, runtime(Precision::F32));
        let layer = network.last_layer().expect("there is a layer");
        let images = network.images(&[pixels([SIDE; 2])]).expect("there is an image");
        let capture = Capture::new(&network, images, &[layer]).expect("captured");
        for concepts in [1, 100, 1000] {
            let target = similarity(&network, concepts);
            let raw = || capture.explain(&GradCam, &target).expect("explained").raw_maps();
            group.bench_function(
                BenchmarkId::new(model, format!("{concepts} concepts, raw")),
                |b| b.iter(|| vector(raw().remove(0))),
            );
            // A thousand maps at the input's size are 200 MB.
            if concepts > 100 {
                continue;
            }
            group.bench_function(
                BenchmarkId::new(model, format!("{concepts} concepts, finished")),
                |b| b.iter(|| postprocess(&raw(), [SIDE; 2], Arithmetic::Standard).expect("ok")),
            );
        }
    }
    group.finish();
}

criterion_group!(benches, prepare, parts, concepts);
criterion_main!(benches);
