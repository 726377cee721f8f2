//! How good is a visual explanation? Measures that need nothing but numbers.
//!
//! A [`Map`] claims to show where in an [`Image`] a score comes from. The measures here test that: they
//! change the image where the map is high, or where it is low, and ask for the score again. The score is whatever was explained, a similarity as well as a class;
//! it comes from a closure, and the crate knows nothing of networks, tensors or files.
//!
//! | measure | what it asks | better |
//! |---|---|---|
//! | [`deletion`] | how fast does the score fall when the most relevant pixels go first? | small area |
//! | [`insertion`] | how fast does it rise when they come first? | large area |
//! | [`Confidence`] | does the score survive when only the map's part is shown? | small drop |
//! | [`road`] | the same with gaps filled so well that they are not seen | large |
//! | [`arcc`] | is it faithful, small and stable at once? | large |
//! | [`share_inside`], [`points_inside`], [`best_overlap`] | is it where it should be? | large |
//! | [`pearson`], [`spearman`] | how similar is it to the map of a random network? | near zero |
//! | [`sensitivity`] | how much does it change when the image hardly does? | small |
//!
//! [`confidence_interval`] says how far a mean can be trusted.
//!
//! No measure stands alone: one that changes an image shows the network what it has never seen, one
//! that knows the answer needs a composed image. [`baselines`] are maps that ignore the network: a method
//! that is not better than these explains nothing.
//!
//! Random choices are seeded. No measure gives NaN: where there is no value, there is an [`Error`].

pub mod baselines;

mod agreement;
mod arcc;
mod bootstrap;
mod confidence;
mod curve;
mod deletion;
mod error;
mod image;
mod imputation;
mod multigrid;
mod pointing;
mod ranking;
mod region;
mod road;
mod scorer;
mod sensitivity;

pub use cam_map::{Map, MapError};

pub use agreement::{pearson, spearman};
pub use arcc::{Arcc, arcc, coherency, complexity};
pub use bootstrap::confidence_interval;
pub use confidence::Confidence;
pub use curve::Curve;
pub use deletion::{Perturbation, blurred, deletion, insertion};
pub use error::Error;
pub use image::Image;
pub use imputation::impute;
pub use pointing::{best_overlap, points_inside, share_inside};
pub use region::Region;
pub use road::{ARCC_PERCENTILES, PERCENTILES, Road, Settings as RoadSettings, road};
pub use scorer::{Explain, Score};
pub use sensitivity::{Settings as SensitivitySettings, masked, noisy, sensitivity};
