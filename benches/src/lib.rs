//! What the benchmarks share: networks, noise, a device.
//!
//! Nothing is timed here. Numbers are random-like but fixed: speed does not depend on them.

use burn::tensor::{Device, Tensor};
use cam_models::{ConvNet, Precision, Runtime, describe, load_embedded};

#[path = "../../crates/cam-explain/src/device/linked.rs"]
mod linked;

/// Names one of the linked backends, or `cpu` for the engine; `cargo xtask bench --device` sets it.
const VARIABLE: &str = "CAM_BENCH_DEVICE";

/// What is timed: the device that is asked for, or else the one that `cam` takes.
pub fn device_name() -> String {
    let named = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty());
    named.unwrap_or_else(|| linked::DEFAULT.to_owned())
}

/// That device.
///
/// # Panics
/// Where it is not linked.
pub fn device() -> Device {
    let name = device_name();
    linked::device(&name).unwrap_or_else(|| panic!("{VARIABLE}={name}: no such backend is linked"))
}

/// How `cam` runs a network there: the engine for `cpu`, else burn's operations.
pub fn runtime(precision: Precision) -> Runtime {
    match device_name().as_str() {
        "cpu" => Runtime::engine(&device(), cam_engine::Options::default()),
        _ => Runtime::burn(&device(), precision),
    }
}

/// The embedded network, or another one by name with made-up weights.
pub fn network(name: &str, runtime: Runtime) -> ConvNet {
    if name == cam_models::EMBEDDED {
        return load_embedded(runtime).expect("the embedded weights load").network;
    }
    let description = describe(name).expect("the architecture is known");
    ConvNet::placeholder(description, runtime).expect("weights made for a description fit it")
}

/// Values in −1..1 that do not repeat within reach.
pub fn noise(n: usize) -> Vec<f32> {
    (0..n as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0).collect()
}

/// All numbers of a tensor, in memory.
pub fn vector<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().expect("the device gives its result")
}
