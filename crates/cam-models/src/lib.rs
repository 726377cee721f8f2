//! Feature extractors: networks as data, their weights, their preprocessing.
//!
//! A [`Description`] says what a network computes and from which tensors of a weight file: a
//! [`cam_graph::Graph`], the classifier behind it and its preprocessing. [`Parameters`] are the numbers.
//! [`ConvNet`] puts them together and is a [`cam_core::Network`] that can be cut at every layer: the
//! engine runs the front of the graph, as far as it has kernels, and burn's operations run the rest,
//! or all of it. A further network is a further description, not further code.
//!
//! [`load`] turns a weight file into a network. Which network it is follows from the names and
//! shapes of its tensors, and everything must fit: each missing, unexpected, mis-shaped or
//! non-finite tensor is named, and nothing is computed before all is known to be good. Pickles
//! are parsed, never run. EfficientNet-Lite0 comes with the library (feature `embedded`):
//! [`load_embedded`].
//!
//! Without the feature `files` there are no paths: [`Checkpoint::from_safetensors`] reads weights
//! that are in memory, for [`load_checkpoint`]. Without `threads` everything runs on its caller's
//! thread, to the same bits. Both are on by default.
//!
//! [`Preprocessing`] belongs to the network: it knows the size, filter and normalisation that the
//! weights were trained with.
//!
//! # Example
//!
//! ```no_run
//! use std::path::Path;
//!
//! use burn::tensor::Device;
//! use cam_models::{Rgb8, Strictness, load};
//!
//! let device = Device::default();
//! let network = load(Path::new("resnet50-0676ba61.pth"), Strictness::Exact, &device)?.network;
//! let image = Rgb8::new(2, 1, &[255, 0, 0, 0, 0, 255]).expect("two pixels of three bytes");
//! let image = network.preprocessing().resize(&image);
//! if let Some(images) = network.preprocessing().tensor(&[image], &device) {
//!     println!("{}", network.embed(images));
//! }
//! # Ok::<(), cam_models::LoadError>(())
//! ```

mod architecture;
mod behind;
mod builder;
mod candidates;
mod catalogue;
pub mod checkpoint;
mod choice;
mod classifier;
mod contract;
mod description;
mod efficientnet_lite;
#[cfg(feature = "embedded")]
mod embedded;
mod error;
mod families;
mod fit;
mod graph_engine;
mod graph_executor;
mod graph_network;
mod identify;
mod imagenet;
mod input;
mod left_out;
mod load;
mod naming;
mod network;
#[cfg(feature = "files")]
mod packed;
mod pixels;
mod placeholder;
mod placement;
mod precision;
mod preprocessing;
mod regions;
mod resnet;
mod runtime;
mod source;
#[cfg(feature = "files")]
mod transformers;
mod unsupported;

pub use catalogue::{Published, architectures, describe, published};
pub use checkpoint::Checkpoint;
pub use classifier::Classifier;
pub use contract::{Mismatches, Strictness};
pub use description::Description;
pub use efficientnet_lite::{EfficientNetLite, Port};
#[cfg(feature = "embedded")]
pub use embedded::{EMBEDDED, EMBEDDED_WEIGHTS, embedded_checkpoint, load_embedded};
pub use error::LoadError;
pub use fit::{Fit, UnknownFit};
pub use graph_executor::{Dense, GraphExecutor, ParameterError};
pub use graph_network::Parameters;
pub use identify::{Identified, identify};
pub use imagenet::imagenet_classes;
pub use input::{InputImage, InputValues};
#[cfg(feature = "files")]
pub use load::load;
pub use load::{Loaded, load_checkpoint};
pub use naming::Naming;
pub use network::{ConvNet, NetworkError};
#[cfg(feature = "files")]
pub use packed::{PackedError, PackedFile, open_packed, write_packed};
pub use pixels::Rgb8;
pub use placement::Placement;
pub use precision::{Precision, UnknownPrecision};
pub use preprocessing::{
    Centre, Channels, Filter, Form, InputLayout, PRESETS, Preprocessing, PreprocessingError,
    Preset, ReadPreprocessing,
};
pub use resnet::{Block, ResNet, Stage};
pub use runtime::{Execution, Runtime};
pub use source::{LeftOut, OtherNetwork, Source};
#[cfg(feature = "files")]
pub use transformers::{
    FolderError, ReadFolder, folder_class_names, is_network_folder, read_folder, weight_files,
};
