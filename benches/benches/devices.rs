//! An explanation on one device, in its parts: `cargo xtask bench --device cuda`.
//!
//! Groups are called `explain/MODEL/SIZE/DEVICE/PRECISION`. What a part starts from is there before, and
//! every timed closure reads a number of its result: a card that is only asked, and not waited for, takes
//! no time at all.

use std::hint::black_box;

use burn::tensor::Tensor;
use cam_benches::{device, device_name, network, noise, runtime};
use cam_core::{Arithmetic, Capture, GradCam, Network as _, postprocess};
use cam_models::{ConvNet, Precision, Rgb8};
use cam_targets::{Concepts, CosineSimilarity};
use criterion::{Criterion, criterion_group, criterion_main};

/// Networks, layers, and sides of the input. Behind `layer3` a tail is gone back through.
const SUBJECTS: [(&str, &str, usize); 5] = [
    ("efficientnet-lite0", "head", 224),
    ("resnet50", "layer4", 224),
    ("resnet50", "layer3", 224),
    ("resnet50", "layer4", 512),
    ("resnet50", "layer3", 512),
];

/// One number of a tensor: whoever has it has waited for all of it.
fn number<const D: usize>(tensor: Tensor<D>) -> f32 {
    tensor.sum().into_scalar::<f32>()
}

fn pixels(side: usize) -> Rgb8 {
    let bytes = noise(side * side * 3).into_iter().map(|value| (value * 127.0 + 128.0) as u8);
    Rgb8::new(side, side, &bytes.collect::<Vec<_>>()).expect("it has pixels")
}

fn concept(network: &ConvNet) -> CosineSimilarity {
    let width = network.embedding_width();
    CosineSimilarity::to(Concepts::new(width, vec![noise(width)]).expect("noise makes a concept"))
}

fn explain(c: &mut Criterion) {
    let is_engine = device_name() == "cpu";
    for precision in Precision::ALL {
        if !precision.is_supported_by(&device()) || (is_engine && precision != Precision::F32) {
            continue;
        }
        for (model, layer, side) in SUBJECTS {
            subject(c, precision, (model, layer, side));
        }
    }
}

fn subject(c: &mut Criterion, precision: Precision, (model, at, side): (&str, &str, usize)) {
    let name = format!("explain/{model} {at}/{side}x{side}/{}/{precision}", device_name());
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    let network = network(model, runtime(precision));
    let layer = network.layer(at).expect("the layer exists");
    let (target, pixels) = (concept(&network), [pixels(side)]);
    let images = || network.images(&pixels).expect("there is an image");
    let uploaded = images();
    let activations = network.forward_to(uploaded.clone(), layer);
    let capture = Capture::new(&network, uploaded.clone(), &[layer]).expect("captured");
    let maps = || capture.explain(&GradCam, &target).expect("explained").raw_maps();
    let raw = maps();
    let finished =
        |raw: &[Tensor<4>]| postprocess(raw, [side; 2], Arithmetic::Standard).expect("finite maps");
    // Everything that is made once is made: programs, buffers, the record of the tail.
    black_box((number(raw[0].clone()), number(activations.clone())));

    group.bench_function("upload", |b| b.iter(|| number(images())));
    group.bench_function("trunk", |b| {
        b.iter(|| number(network.forward_to(uploaded.clone(), layer)));
    });
    group.bench_function("tail", |b| {
        b.iter(|| number(network.forward_from(activations.clone(), layer)));
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

criterion_group!(benches, explain);
criterion_main!(benches);
