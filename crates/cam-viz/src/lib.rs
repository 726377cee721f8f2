//! Pictures in, heat maps, overlays and figures out.
mod colormap;
mod colormap_tables;
pub mod decode;
mod map;
mod overlay;
mod overlay_compat;
mod resize;

pub use colormap::{Colormap, UnknownColormap};
pub use decode::{DecodeError, DecodeOptions, Format, Limits, Picture, Remark, decode};
pub use map::{Map, MapError};
pub use overlay::{OverlayError, OverlayStyle, overlay, overlay_signed};
pub use overlay_compat::overlay_compat;
