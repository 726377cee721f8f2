//! Grad-CAM mathematics for networks that end in an embedding.
//!
//! A [`Network`] turns images into embeddings and can be cut at its [layers](LayerInfo). A
//! [`Target`] asks questions of an embedding ("how similar is it to this concept?") and answers
//! with scores. A [`Capture`] is one forward pass, kept: the activations at a layer and the
//! embeddings behind them. [`Capture::explain`] then answers any number of targets without a
//! further forward pass of the trunk, by a [`Method`] such as [`GradCam`].
//!
//! The gradient is pulled back in two factors. The target gives ∂s/∂e in closed form where it
//! has one; the network's [`Head`] pulls that back to the activations, also in closed form.
//! Where more than a head follows the layer, only the tail behind it runs under burn's
//! autodiff; the trunk is never taped and no gradient of a weight is ever computed.
//!
//! Maps are *signed* and have the layer's size. What makes a picture of them are separate,
//! named steps: [`Map::relu`], [`Map::resize`], [`Map::min_max`]. [`postprocess`] takes them together, in
//! one of two [arithmetics](Arithmetic).
//!
//! No backend is named here: a tensor carries its device, and the program that links a backend
//! chooses it. There is no input or output either: pixels come in as tensors. Threads are a feature,
//! `threads`, on by default: without it maps are finished by the caller's thread, to the same bits.
//!
//! # Example
//!
//! ```
//! use burn::tensor::Tensor;
//! use cam_core::{Arithmetic, Capture, Error, FinishedMaps, GradCam, Network, Target};
//!
//! fn where_is_it(
//!     network: &dyn Network,
//!     target: &dyn Target,
//!     images: Tensor<4>,
//! ) -> Result<FinishedMaps, Error> {
//!     let [_, _, height, width] = images.dims();
//!     let layer = network.layer("layer4")?;
//!     let capture = Capture::new(network, images, &[layer])?;
//!     let explanation = capture.explain(&GradCam, target)?;
//!     explanation.postprocess([height, width], Arithmetic::Standard)
//! }
//! ```

mod activations;
mod budget;
mod capture;
mod error;
mod explanation;
mod gradient_route;
mod gradients;
mod head;
mod layer;
mod linear;
mod method;
pub mod methods;
mod network;
mod noise;
mod normalize;
mod outliers;
mod pairwise_similarity;
mod postprocess;
mod progress;
mod read;
mod readout;
mod smooth;
pub mod steps;
mod stream_rows;
mod suggest;
mod target;
mod token_parts;
mod transformer;
mod view;

pub use activations::Activations;
pub use budget::{Budget, Footprint};
pub use cam_map::{Arithmetic, Fusion, Map, MapError, Upsampling};
pub use capture::Capture;
pub use error::Error;
pub use explanation::{Explanation, LayerExplanation, LayerMaps, Share};
pub use gradient_route::Route;
pub use gradients::Gradients;
pub use head::{Head, HeadKind, Pooling, ProjectionStep};
pub use layer::{Layer, LayerInfo};
pub use linear::Linear;
pub use method::Method;
pub use methods::GradCam;
pub use network::{Network, Tail};
pub use normalize::normalize;
pub use outliers::Outliers;
pub use pairwise_similarity::{Beside, Correspondence, Pair};
pub use postprocess::{FinishedMaps, postprocess, postprocess_fused};
pub use progress::{Progress, Steps};
pub use read::read;
pub use readout::{FrozenReadout, Probe, Readout, ReadoutStep};
pub use smooth::smooth_over_augmentations;
pub use stream_rows::StreamRows;
pub use suggest::nearest;
pub use target::{AlongEmbedding, Target};
pub use token_parts::TokenParts;
pub use transformer::{
    AttentionPooling, AttentionRun, BlockRun, Extent, ForwardPass, Kept, Place, PoolingRun,
    TokenLayout, TokenRun, Transformer,
};
pub use view::{BiasGradients, View};
