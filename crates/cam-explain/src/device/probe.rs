//! What there is, and whether it answers.

use burn::tensor::{Device, Tensor};

use super::{feature_of, linked};

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
    Works {
        /// What each card of it is called, by number; none for a processor.
        cards: Vec<String>,
    },
}

/// Asks a device for a small sum. A backend whose driver is missing may panic, which is an answer too.
pub fn probe(name: &'static str) -> Found {
    let asked = quietly(|| {
        let Some(device) = linked(name) else { return Ok(None) };
        let sum: Tensor<1> = Tensor::<1>::from_floats([1.0, 2.0], &device).sum();
        sum.try_into_vec_as::<f32>().map(Some).map_err(|error| error.to_string())
    });
    match asked {
        Ok(Ok(None)) => Found::Missing { feature: feature_of(name) },
        Ok(Ok(Some(values))) if values == [3.0] => Found::Works { cards: names(name) },
        Ok(Ok(Some(values))) => Found::Silent { reason: format!("1 + 2 came to {values:?}") },
        Ok(Err(reason)) | Err(reason) => Found::Silent { reason },
    }
}

/// Every card that a backend finds, by number; none where it is no part of this binary or runs on the
/// processor.
pub fn cards(kind: &str) -> Option<Result<Vec<Device>, String>> {
    #[cfg(feature = "card")]
    {
        use burn::tensor::DeviceType;
        let kind = match kind {
            #[cfg(feature = "wgpu-untuned")]
            "wgpu" => DeviceType::Wgpu,
            #[cfg(feature = "vulkan")]
            "vulkan" => DeviceType::Vulkan,
            #[cfg(feature = "metal")]
            "metal" => DeviceType::Metal,
            #[cfg(feature = "cuda")]
            "cuda" => DeviceType::Cuda,
            #[cfg(feature = "rocm")]
            "rocm" => DeviceType::Rocm,
            _ => return None,
        };
        super::kernels::keep();
        Some(quietly(|| Device::enumerate(kind).into_vec()))
    }
    #[cfg(not(feature = "card"))]
    {
        let _ = kind;
        None
    }
}

#[cfg(feature = "card")]
fn names(kind: &str) -> Vec<String> {
    let Some(Ok(cards)) = cards(kind) else { return Vec::new() };
    let name = |card: Device| quietly(|| card.identity().map(|identity| identity.name));
    let name = |card| name(card).ok().flatten().unwrap_or_else(|| "without a name".to_owned());
    cards.into_iter().map(name).collect()
}

#[cfg(not(feature = "card"))]
fn names(_: &str) -> Vec<String> {
    Vec::new()
}

/// Runs something that may panic, without its message on standard error, and gives the message.
pub fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
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
