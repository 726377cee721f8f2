//! The one place where a cargo feature becomes a device.
//!
//! The packages of the tests and of the benchmarks have the same features, and compile this file too. `wgpu`
//! is `wgpu-untuned` and more.

use burn::tensor::Device;
#[cfg(any(feature = "wgpu-untuned", feature = "vulkan", feature = "metal"))]
use burn::tensor::DeviceKind;

#[cfg(not(any(
    feature = "flex",
    feature = "ndarray",
    feature = "wgpu-untuned",
    feature = "vulkan",
    feature = "metal",
    feature = "cuda",
    feature = "rocm"
)))]
compile_error!(
    "choose a backend: build with one of the features flex, ndarray, wgpu, vulkan, metal, cuda, rocm"
);

/// What is taken without a name: burn prefers cards, and the specific ones first.
pub const DEFAULT: &str = if cfg!(feature = "cuda") {
    "cuda"
} else if cfg!(feature = "metal") {
    "metal"
} else if cfg!(feature = "rocm") {
    "rocm"
} else if cfg!(feature = "vulkan") {
    "vulkan"
} else if cfg!(feature = "wgpu-untuned") {
    "wgpu"
} else if cfg!(feature = "flex") {
    "cpu"
} else {
    "ndarray"
};

/// The device of that name, if its backend is linked; of several cards, the one that the driver prefers,
/// which knows a laptop's two apart.
pub fn device(name: &str) -> Option<Device> {
    match name {
        #[cfg(feature = "flex")]
        "cpu" | "flex" => Some(Device::flex()),
        #[cfg(feature = "ndarray")]
        "ndarray" =>
        {
            #[expect(deprecated, reason = "burn 0.23 drops it; until then it can be chosen")]
            Some(Device::ndarray())
        }
        #[cfg(feature = "wgpu-untuned")]
        "wgpu" => Some(Device::wgpu(DeviceKind::DefaultDevice)),
        #[cfg(feature = "vulkan")]
        "vulkan" => Some(Device::vulkan(DeviceKind::DefaultDevice)),
        #[cfg(feature = "metal")]
        "metal" => Some(Device::metal(DeviceKind::DefaultDevice)),
        #[cfg(feature = "cuda")]
        "cuda" => Some(Device::cuda(0)),
        #[cfg(feature = "rocm")]
        "rocm" => Some(Device::rocm(0)),
        _ => None,
    }
}
