//! The one place where a cargo feature becomes a device.

use burn::tensor::{Device, Tensor};
use cam_models::Runtime;

use crate::failure::Failure;

#[cfg(not(any(
    feature = "flex",
    feature = "ndarray",
    feature = "wgpu",
    feature = "vulkan",
    feature = "metal",
    feature = "cuda",
    feature = "rocm"
)))]
compile_error!(
    "choose a backend: build with one of the features flex, ndarray, wgpu, vulkan, metal, cuda, rocm"
);

/// Every device name, and the feature that links it.
pub const NAMES: [&str; 8] = ["cpu", "flex", "ndarray", "wgpu", "vulkan", "metal", "cuda", "rocm"];

/// What runs by that name: `cpu` is the engine, `flex` the same processor by burn's operations, and
/// a card is `cuda` or `cuda:1`.
///
/// Without a name it is the engine, or, in a binary built for a card, that backend's own default.
pub fn open(name: Option<&str>, engine: cam_engine::Options) -> Result<Runtime, Failure> {
    match name {
        None if FOR_A_CARD || !cfg!(feature = "flex") => Ok(Runtime::from(&Device::default())),
        None | Some("cpu") => Ok(Runtime::engine(&device("cpu")?, engine)),
        Some(name) => Ok(Runtime::from(&device(name)?)),
    }
}

const FOR_A_CARD: bool = cfg!(any(
    feature = "wgpu",
    feature = "vulkan",
    feature = "metal",
    feature = "cuda",
    feature = "rocm"
));

/// What is taken without a name.
pub fn default_name() -> &'static str {
    // burn prefers cards, the specific ones first.
    let cards = [
        ("cuda", cfg!(feature = "cuda")),
        ("metal", cfg!(feature = "metal")),
        ("rocm", cfg!(feature = "rocm")),
        ("vulkan", cfg!(feature = "vulkan")),
        ("wgpu", cfg!(feature = "wgpu")),
    ];
    let card = cards.into_iter().find(|(_, is_linked)| *is_linked).map(|(name, _)| name);
    card.unwrap_or(if cfg!(feature = "flex") { "cpu" } else { "ndarray" })
}

/// Whether a device can be used.
pub enum Found {
    /// Its backend is no part of this binary.
    Missing {
        /// What it must be built with.
        feature: &'static str,
    },
    /// It does not answer.
    Silent {
        /// What the backend said.
        reason: String,
    },
    /// It computes.
    Works,
}

/// Asks a device for a small sum. A backend whose driver is missing may panic, which is an answer too.
pub fn probe(name: &'static str) -> Found {
    let feature = if name == "cpu" { "flex" } else { name };
    let Some(device) = linked(name, 0) else { return Found::Missing { feature } };
    let asked = quietly(|| {
        let sum: Tensor<1> = Tensor::<1>::from_floats([1.0, 2.0], &device).sum();
        sum.try_into_vec_as::<f32>().map_err(|error| error.to_string())
    });
    match asked {
        Ok(Ok(values)) if values == [3.0] => Found::Works,
        Ok(Ok(values)) => Found::Silent { reason: format!("1 + 2 came to {values:?}") },
        Ok(Err(reason)) => Found::Silent { reason },
        Err(panic) => Found::Silent { reason: panic },
    }
}

fn device(name: &str) -> Result<Device, Failure> {
    let (kind, index) = match name.split_once(':') {
        None => (name, 0),
        Some((kind, index)) => match index.parse() {
            Ok(index) => (kind, index),
            Err(_) => {
                return Err(Failure::usage(format!(
                    "`{name}`: write a card's number, as in `{kind}:0`"
                )));
            }
        },
    };
    if index > 0 && ["cpu", "flex", "ndarray"].contains(&kind) {
        return Err(Failure::usage(format!("`{name}`: there is one {kind}, without a number")));
    }
    linked(kind, index).ok_or_else(|| Failure::usage(unavailable(kind)))
}

/// The device, if its backend is part of this binary.
fn linked(kind: &str, index: usize) -> Option<Device> {
    let _ = index;
    match kind {
        #[cfg(feature = "flex")]
        "cpu" | "flex" => Some(Device::flex()),
        #[cfg(feature = "ndarray")]
        "ndarray" => Some(Device::ndarray()),
        #[cfg(feature = "wgpu")]
        "wgpu" => Some(Device::wgpu(card(index))),
        #[cfg(feature = "vulkan")]
        "vulkan" => Some(Device::vulkan(card(index))),
        #[cfg(feature = "metal")]
        "metal" => Some(Device::metal(card(index))),
        #[cfg(feature = "cuda")]
        "cuda" => Some(Device::cuda(index)),
        #[cfg(feature = "rocm")]
        "rocm" => Some(Device::rocm(index)),
        _ => None,
    }
}

/// The card of that number; 0 is left to the driver, which knows a laptop's two cards apart.
#[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal"))]
fn card(index: usize) -> burn::tensor::DeviceKind {
    match index {
        0 => burn::tensor::DeviceKind::DefaultDevice,
        index => burn::tensor::DeviceKind::DiscreteGpu(index),
    }
}

fn unavailable(kind: &str) -> String {
    match kind {
        "cpu" | "flex" => {
            "this binary has no CPU backend: build it with `--features flex`".to_owned()
        }
        kind if NAMES.contains(&kind) => {
            format!(
                "this binary was built without `{kind}`: build it with `cargo build --release -p cam-cli --features {kind}`"
            )
        }
        kind => {
            let nearest = cam_core::nearest(kind, NAMES);
            match nearest.is_empty() {
                true => format!("no device is called `{kind}`; there are {}", NAMES.join(", ")),
                false => {
                    format!("no device is called `{kind}`; did you mean {}?", nearest.join(", "))
                }
            }
        }
    }
}

/// Runs something that may panic, without its message on standard error, and gives the message.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    done.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
        text.unwrap_or_else(|| "it failed without a reason".to_owned())
    })
}
