//! Every method from one capture, beside the capture itself: `cargo bench -p cam-benches --bench
//! methods`.
//!
//! Methods that run the network for each channel, sample or mask are given few of them, as their
//! names say: their time is in proportion.

use std::time::Duration;

use burn::tensor::Tensor;
use cam_benches::{images, network, noise, runtimes};
use cam_core::methods::{CATALOGUE, Cost, Settings};
use cam_core::{Capture, Network as _};
use cam_targets::{Concepts, CosineSimilarity};
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};

const MODEL: &str = "efficientnet-lite0";
const SIDE: usize = 224;

/// Channels, samples and masks of the methods that need many passes.
const FEW: usize = 16;

fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().expect("the device gives its result")
}

fn methods(c: &mut Criterion) {
    // What `cam explain` would take here.
    let runtime = runtimes().pop().expect("burn runs everywhere").1;
    let network = network(MODEL, runtime);
    let width = network.embedding_width();
    let concept = Concepts::new(width, vec![noise(width)]).expect("noise makes a concept");
    let target = CosineSimilarity::to(concept);
    let layer = network.last_layer().expect("there is a layer");
    let photograph = images(1, SIDE);
    let mut group = c.benchmark_group("methods");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    group.bench_function("capture", |b| {
        b.iter(|| {
            let capture = Capture::new(&network, photograph.clone(), &[layer]);
            read(capture.expect("captured").embeddings())
        });
    });
    let capture = Capture::new(&network, photograph, &[layer]).expect("captured");
    for info in CATALOGUE {
        let is_long =
            matches!(info.cost, Cost::Gradients | Cost::ForwardPerChannel | Cost::Forwards);
        let few = is_long.then_some(FEW);
        let settings = Settings { top_channels: few, samples: few, ..Settings::default() };
        let method = info.method(settings);
        let explain = || capture.explain(&*method, &target).map(|e| read(e.layers[0].maps.clone()));
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
