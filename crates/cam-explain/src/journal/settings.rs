//! The settings that can change a number, of each group of options.
//!
//! Each function takes its group apart without `..`, so that a new setting does not compile before it is
//! decided whether it belongs into the header.

use cam_core::Arithmetic;
use cam_engine::InstructionSet;
use serde::Serialize;

use crate::error::Error;
use crate::explain::{MethodOptions, Reading};
use crate::model::{Model, ModelOptions};
use crate::source::Decoding;

/// Of the network.
#[derive(Debug, Clone, Serialize)]
pub struct NetworkSettings {
    pub model: String,
    pub weights_sha256: String,
    pub allow_partial: bool,
    /// Which kinds of devices ran it: another card of a kind gives the same numbers, another kind does not.
    pub device: String,
    pub precision: String,
    pub exact: bool,
    /// Whether the engine's kernels round once for a product and its sum, as all do whose processor can;
    /// none without the engine.
    pub fused: Option<bool>,
    /// How images are prepared, where it is not as the network itself says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preprocessing: Option<serde_json::Value>,
    /// The value of an ONNX file that is the embedding, where it was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
}

impl NetworkSettings {
    pub fn new(model: &Model) -> Result<Self, Error> {
        let ModelOptions {
            // A name, a path and a prefix say less than what was found there: the network and which of
            // several in the file it is, and the file's digest.
            name: _,
            weights: _,
            prefix: _,
            allow_partial,
            // As typed it also says which card of its kind.
            device: _,
            precision,
            // Batches are filled by what is ready in time, so that no number may depend on their size.
            batch: _,
            // The engine's bits do not depend on it.
            threads: _,
            exact,
            // What was found there is below.
            preprocessing: _,
            embedding,
            // That of the images is said with them.
            size: _,
        } = model.options();
        Ok(Self {
            model: model.identity(),
            weights_sha256: model.sha256()?,
            allow_partial: *allow_partial,
            device: model.device_kinds(),
            precision: precision.to_string(),
            exact: *exact,
            fused: model.network.engine().map(|engine| is_fused(engine.instructions())),
            preprocessing: model.preprocessing.settings(model.preprocessing()),
            embedding: embedding.clone(),
        })
    }
}

fn is_fused(instructions: InstructionSet) -> bool {
    let is_compiled_in = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
    is_compiled_in || matches!(instructions, InstructionSet::Avx512 | InstructionSet::Avx2)
}

/// Of how images are read.
#[derive(Debug, Clone, Serialize)]
pub struct ReadingSettings {
    /// Height and width of the network's input; none where it is each image's own.
    pub input: Option<[usize; 2]>,
    pub fit: String,
    pub strict: bool,
    pub stretch: bool,
    pub compat: Option<&'static str>,
}

impl ReadingSettings {
    /// Limits of memory and pixels are not among them: an image is decoded to the same pixels or not at all.
    pub fn new(model: &Model) -> Self {
        let Reading {
            // Whether it was given or is the network's own.
            size: _,
            // As asked for, or the network's own.
            fit: _,
            // It follows from the arithmetic.
            filter: _,
            decoding: Decoding { strict, stretch },
        } = model.reading();
        Self {
            input: model.reading().asked_size(model.network()),
            fit: model.reading().fit_for(model.network()).to_string(),
            strict: *strict,
            stretch: *stretch,
            compat: match model.arithmetic() {
                Arithmetic::Standard => None,
                Arithmetic::PytorchGradCam => Some("pytorch-grad-cam"),
            },
        }
    }
}

/// Of methods.
#[derive(Debug, Clone, Serialize)]
pub struct MethodSettings {
    pub top_channels: Option<usize>,
    pub samples: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<usize>,
    pub seed: u64,
    pub eigen_smooth: bool,
}

impl MethodSettings {
    pub fn new(options: &MethodOptions) -> Self {
        let MethodOptions { eigen_smooth, top_channels, samples, blocks, seed } = options;
        Self {
            top_channels: *top_channels,
            samples: *samples,
            blocks: *blocks,
            seed: seed.unwrap_or_default(),
            eigen_smooth: *eigen_smooth,
        }
    }
}
