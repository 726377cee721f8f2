//! Every method from one capture, beside the capture itself: `cargo xtask bench methods`.
//!
//! Methods that run the network for each channel, sample or mask are given few of them, as their
//! names say: their time is in proportion.

use std::time::Duration;

use burn::tensor::{Tensor, TensorData};
use cam_benches::{device, network, noise, runtime, vector};
use cam_core::methods::{CATALOGUE, Cost, Settings, method};
use cam_core::{Capture, Network as _};
use cam_models::Precision;
use cam_targets::{Concepts, CosineSimilarity};
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};

const MODEL: &str = "efficientnet-lite0";
const SIDE: usize = 224;

/// Channels, samples and masks of the methods that need many passes.
const FEW: usize = 16;

fn methods(c: &mut Criterion) {
    let network = network(MODEL, runtime(Precision::F32));
    let width = network.embedding_width();
    let concept = Concepts::new(width, vec![noise(width)]).expect("noise makes a concept");
    let target = CosineSimilarity::to(concept);
    let layer = network.last_layer().expect("there is a layer");
    let photograph = TensorData::new(noise(3 * SIDE * SIDE), [1, 3, SIDE, SIDE]);
    let photograph: Tensor<4> = Tensor::from_data(photograph, &device());
    let mut group = c.benchmark_group("methods");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    group.bench_function("capture", |b| {
        b.iter(|| {
            let capture = Capture::new(&network, photograph.clone(), &[layer]);
            vector(capture.expect("captured").embeddings())
        });
    });
    let capture = Capture::new(&network, photograph, &[layer]).expect("captured");
    for info in CATALOGUE {
        let is_long =
            matches!(info.cost, Cost::Gradients | Cost::ForwardPerChannel | Cost::Forwards);
        let few = is_long.then_some(FEW);
        let settings = Settings { top_channels: few, samples: few, ..Settings::default() };
        let method = method(info.name, settings).expect("it is in the catalogue");
        let explain =
            || capture.explain(&*method, &target).map(|e| vector(e.layers[0].maps.clone()));
        if let Err(error) = explain() {
            eprintln!("methods/{}: {error}", info.name);
            continue;
        }
        let name = if is_long { format!("{} ({FEW})", info.name) } else { info.name.to_owned() };
        group.bench_function(name, |b| b.iter(|| explain().expect("it did")));
    }
    group.finish();
}

criterion_group!(benches, methods);
criterion_main!(benches);
