use std::path::Path;

use crate::checkpoint::Checkpoint;
use crate::{LoadError, Loaded, Runtime, Strictness, load_checkpoint};

/// The name of the network whose weights are part of the library.
pub const EMBEDDED: &str = "efficientnet-lite0";

/// The embedded weights, as a safetensors file: convolutions and classifier in f16, batch norm
/// in f32. Pretrained on ImageNet-1k; Apache-2.0, see the notice beside the file.
pub static EMBEDDED_WEIGHTS: &[u8] = include_bytes!("../assets/efficientnet-lite0.f16.safetensors");

/// EfficientNet-Lite0 with the embedded weights.
///
/// # Errors
/// None that a released library gives; the contract is the same as for any file.
pub fn load_embedded(runtime: impl Into<Runtime>) -> Result<Loaded, LoadError> {
    load_checkpoint(embedded_checkpoint()?, None, Strictness::Exact, runtime)
}

/// The embedded weights, to be inspected.
///
/// # Errors
/// As [`load_embedded`].
pub fn embedded_checkpoint() -> Result<Checkpoint, LoadError> {
    Checkpoint::from_safetensors(Path::new("(embedded)"), EMBEDDED_WEIGHTS)
}
