//! Saliency maps: numbers with a size, and every step from a raw map to a finished one.
//!
//! A [`Map`] has one number per pixel. What a method gives is *raw*: signed, of any magnitude, as small
//! as a network's layer. The steps to a *finished* map, values in `0..=1` at the image's size, are
//! methods with names: [`Map::relu`], [`Map::resize`], [`Map::min_max`]. Nothing rescales in passing.
//!
//! [`postprocess`] takes them together, for many maps of one or several layers, in one of two
//! [arithmetics](Arithmetic). [`Upsample`] says what lies between the positions of a layer. A [`Window`] says where on a picture a map lies, and [`Map::onto`] brings
//! it there. [`Map::regions`] finds the connected parts of a map above a threshold.
//!
//! This crate knows no tensor, no picture and no file, so that whoever makes, draws or measures maps
//! shares one type and one arithmetic.
//!
//! ```
//! use cam_map::Map;
//!
//! let raw = Map::new(7, 7, (0..49).map(|i| i as f32 - 20.0).collect())?;
//! let (map, is_degenerate) = raw.relu().resize(224, 224)?.min_max();
//! assert!(!is_degenerate);
//! assert_eq!((map.min(), map.max()), (0.0, 1.0));
//! # Ok::<(), cam_map::MapError>(())
//! ```

mod error;
mod guide;
mod guided;
mod map;
mod postprocess;
mod power_of_two;
mod range;
mod regions;
mod resize;
mod upsample;
mod window;

pub use error::MapError;
pub use guide::Guide;
pub use map::Map;
pub use postprocess::{Arithmetic, Fusion, Postprocessed, RawMaps, postprocess};
pub use regions::Region;
pub use upsample::{UnknownUpsample, Upsample, Upsampling};
pub use window::{Pixels, Window};
