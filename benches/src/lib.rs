//! What the benchmarks share: networks, an input, a device.
//!
//! Nothing is timed here. Weights are random-like but fixed: speed does not depend on them.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use cam_models::{Checkpoint, ConvNet, Strictness, describe, load_checkpoint, load_embedded};
use safetensors::tensor::{Dtype, TensorView, serialize};

/// The device of the backend this package was built with.
pub fn device() -> Device {
    Device::default()
}

/// The embedded network, or another one by name with made-up weights.
pub fn network(name: &str) -> ConvNet {
    if name == cam_models::EMBEDDED {
        return load_embedded(&device()).expect("the embedded weights load").network;
    }
    let checkpoint = Checkpoint::from_safetensors(Path::new(name), made_up(name));
    let loaded = checkpoint
        .and_then(|file| load_checkpoint(file, describe(name), Strictness::Exact, &device()));
    loaded.expect("a state dict made from a description fits it").network
}

/// Images `[n, 3, side, side]` without structure.
pub fn images(n: usize, side: usize) -> Tensor<4> {
    let values = noise(n * 3 * side * side);
    Tensor::from_data(TensorData::new(values, [n, 3, side, side]), &device())
}

/// Values in −1..1 that do not repeat within reach.
pub fn noise(n: usize) -> Vec<f32> {
    (0..n as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0).collect()
}

/// A state dict for a described network, as safetensors.
fn made_up(name: &str) -> Vec<u8> {
    let description = describe(name).expect("the architecture is known");
    let mut entries: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    let mut put = |name: String, shape: Vec<usize>, values: Vec<f32>| {
        entries.push((name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()));
    };
    for step in description.convolutions() {
        let shape = step.weight_shape();
        let scale = (6.0 / shape[1..].iter().product::<usize>() as f32).sqrt();
        let weight = noise(shape.iter().product()).into_iter().map(|value| value * scale).collect();
        put(format!("{}.weight", step.key), shape.to_vec(), weight);
        // Residual sums stay in range where each block's last norm is small.
        let gain = if step.residual.is_some() { 0.25 } else { 0.7 };
        for (part, value) in
            [("weight", gain), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)]
        {
            put(format!("{}.{part}", step.norm.key), vec![step.outputs], vec![value; step.outputs]);
        }
    }
    if let Some(classifier) = &description.classifier {
        let shape = vec![classifier.classes, classifier.inputs];
        put(
            format!("{}.weight", classifier.key),
            shape,
            noise(classifier.classes * classifier.inputs),
        );
        put(
            format!("{}.bias", classifier.key),
            vec![classifier.classes],
            vec![0.0; classifier.classes],
        );
    }
    let views = entries.iter().map(|(name, shape, bytes)| {
        (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).expect("sizes fit"))
    });
    serialize(views, None).expect("the entries form a file")
}
