//! What the benchmarks share: networks, an input, a device.
//!
//! Nothing is timed here. Numbers are random-like but fixed: speed does not depend on them.

use burn::tensor::{Device, Tensor, TensorData};
use cam_models::{ConvNet, Runtime, Weights, describe, load_embedded};

/// The device of the backend this package was built with.
pub fn device() -> Device {
    Device::default()
}

/// Everything that runs a network on that device, with its name: burn's operations, and the
/// engine where the device is the processor.
pub fn runtimes() -> Vec<(&'static str, Runtime)> {
    let burn = ("burn", Runtime::from(&device()));
    if cfg!(feature = "wgpu") {
        return vec![burn];
    }
    vec![burn, ("engine", Runtime::engine(&device(), cam_engine::Options::default()))]
}

/// The embedded network, or another one by name with made-up weights.
pub fn network(name: &str, runtime: Runtime) -> ConvNet {
    if name == cam_models::EMBEDDED {
        return load_embedded(runtime).expect("the embedded weights load").network;
    }
    let description = describe(name).expect("the architecture is known");
    let weights = Weights::made_up(&description);
    ConvNet::new(description, weights, runtime).expect("weights made for a description fit it")
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
