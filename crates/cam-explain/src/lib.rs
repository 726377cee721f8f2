//! Visual explanations for image embeddings: files and pixels in, answers out.
//!
//! What in an image is similar to, or different from, a concept? A [`Model`] turns images into embeddings, a
//! [`Question`] asks about them, and every [`Answer`] has a score, a raw map for each layer, and a finished map to be
//! drawn.
//!
//! ```no_run
//! use cam_explain::{Figure, GradCam, Model, Question};
//!
//! let model = Model::open("resnet50")?.with_size(512, 512);
//! let concepts = model.embed(["car.jpg", "clouds.jpg"])?;
//! let street = model.capture("street.jpg")?;
//! let answers = street.ask(&GradCam, &Question::similar(&concepts).and_not())?;
//! for answer in &answers {
//!     println!("{} {:.3}", answer.name, answer.score);
//!     answer.heatmap().over(&street.picture)?.save(format!("{}.png", answer.name))?;
//! }
//! Figure::rows(&concepts, &street, &answers)?.save("figure.png")?;
//! # Ok::<(), cam_explain::Error>(())
//! ```
//!
//! [`Model::open`] takes a network's name, a weight file or its URL. The weights of `efficientnet-lite0` are embedded;
//! those of another name, such as `resnet50`, must be fetched once: by `cam fetch resnet50`, or by [`weights::fetch`]
//! from the address that [`model::find_published`] gives.
//!
//! For tensors, use [`Captured::core`]. For methods other than [`GradCam`], add the crate `cam-core`:
//! [`ask`](Captured::ask) takes any [`Method`].
//!
//! Nothing here reads a command line, writes to standard output or ends the process. Notices go through the `log`
//! crate. A [`Progress`] shows how far long work has come, and a [`Cancel`] ends it early.

pub mod batch;
mod cancel;
mod classes;
pub mod compare;
pub mod concepts;
pub mod device;
pub mod drawing;
mod environment;
mod error;
pub mod evaluate;
mod explain;
pub mod factorization;
pub mod folder;
mod folder_inspection;
pub mod index;
mod inspection;
mod journal;
pub mod lanes;
mod layers;
mod memory;
pub mod model;
mod network_folder;
mod notice;
pub mod onnx;
mod onnx_inspection;
mod own_results;
pub mod paths;
pub mod photographs;
mod picture;
mod prepared_array;
mod preprocess;
mod progress;
mod region;
mod same_bytes;
mod source;
pub mod tensors;
pub mod text;
pub mod timing;
pub mod vectors;
pub mod weights;

pub use cam_core::{Arithmetic, GradCam, Method, Target};
pub use cam_metrics::Curve;
pub use cam_viz::{Colormap, Map, Upsample};
pub use cancel::Cancel;
pub use classes::Class;
pub use drawing::{Drawing, Figure, Heatmap};
pub use environment::Environment;
pub use error::{Cause, Error, Setting};
pub use explain::{
    Answer, Areas, BoundingBox, Captured, ChosenMethod, ClassScore, Clock, Concept, ConceptScore,
    Condition, Curves, Input, Kind, MAX_PIXELS, MOST_DISTORTION, Mass, MethodOptions,
    PreparedImage, PreparedQuestion, Question, Reading, Report, Size, Subject, check_needs,
    check_use, chosen, kept, rule, unseen, usual, usual_at, usual_sum, usually_kept,
    usually_measured, width_and_height, window,
};
pub use folder_inspection::FolderInspection;
pub use inspection::Inspection;
pub use layers::{LayerEntry, LayerListing, LayersOf};
pub use memory::BYTES_PER_PIXEL;
pub use model::{Model, ModelOptions, NotFetched};
pub use network_folder::is_network as is_network_folder;
pub use onnx_inspection::OnnxInspection;
pub use picture::Picture;
pub use prepared_array::images_in;
pub use preprocess::PreprocessingOrigin;
pub use progress::{Bar, Progress, Unit};
pub use source::{Decoding, Source, is_url};

use serde::Serialize;

/// One of several images that failed, while the others went on.
#[derive(Debug, Clone, Serialize)]
pub struct Failed {
    /// As it was given.
    pub image: String,
    /// Why.
    pub error: String,
}
