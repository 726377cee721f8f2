//! Pictures in, heat maps, overlays and figures out.
//!
//! A file's bytes become a [`Picture`] by [`decode`](decode()): upright, opaque RGB8 within
//! [`Limits`], with a [`Remark`] for everything that had to be done to it. Every malformed input is a
//! [`DecodeError`] that says what the file is; none panics.
//!
//! An explanation arrives as a [`Map`]: one signed number per pixel of a network's layer. Its steps to
//! something drawable are methods with names, [`Map::relu`], [`Map::min_max`], [`Map::resize`], taken by
//! the caller: drawing code that rescales in passing makes maps comparable that are not. So
//! [`overlay`](overlay()) asks for `0..=1` at the image's size and refuses anything else, and
//! [`overlay_signed`] draws the sign as blue and red. [`overlay_compat`] is pytorch-grad-cam's own
//! arithmetic for those who compare with it. [`Colormap`] has the tables.
//!
//! A network may have seen a part of a picture, or the picture with borders around it: a [`Window`] says where
//! a map lies on a picture, [`Map::onto`] brings it there, and [`draw_seen`] hatches what was not seen.
//! [`outline`](outline()) draws boxes.
//!
//! A [`Figure`] sets [`Panel`]s side by side with captions, a title and a [`ColorBar`].
//! Results leave as bytes, [`png_bytes`], [`jpeg_bytes`], [`picture_bytes`], [`npy_bytes`] for NumPy and
//! [`png16_bytes`] for everything else that reads numbers. Writing them to a file is the caller's affair.
//!
//! This crate knows nothing of tensors, networks or gradients: it depends on `image`, never on burn.
//! The price is one copy of each finished map into a [`Map`]; for it, everything here builds in seconds
//! and is tested without a network.
//!
//! ```
//! use cam_viz::{Map, OverlayStyle, overlay};
//!
//! let photograph = image::RgbImage::new(224, 224);
//! let raw = Map::new(7, 7, (0..49).map(|i| i as f32 - 20.0).collect())?;
//! let (map, degenerate) = raw.relu().min_max();
//! assert!(!degenerate);
//! let picture = overlay(&photograph, &map.resize(224, 224)?, &OverlayStyle::default())?;
//! assert_eq!(picture.dimensions(), (224, 224));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chart;
mod colorbar;
mod colormap;
mod colormap_tables;
mod connect;
pub mod decode;
mod encode;
mod figure;
mod npy;
mod outline;
mod overlay;
mod overlay_compat;
mod overlay_signed;
mod png16;
mod segmentation;
mod text;
mod unseen;

pub use cam_map::{
    Guide, Map, MapError, Pixels, Region, UnknownUpsample, Upsample, Upsampling, Window,
};
pub use chart::BarChart;
pub use colorbar::ColorBar;
pub use colormap::{Colormap, UnknownColormap};
pub use connect::{Connection, connect};
pub use decode::{DecodeError, DecodeOptions, Format, Limits, Picture, Remark, decode};
pub use encode::{EncodeError, JPEG_QUALITY, jpeg_bytes, picture_bytes, png_bytes};
pub use figure::{Figure, FigureStyle, Panel};
pub use npy::{NpyError, is_npy, npy_bytes, npy_shape, npy_values};
pub use outline::outline;
pub use overlay::{OverlayError, OverlayStyle, overlay};
pub use overlay_compat::overlay_compat;
pub use overlay_signed::{overlay_signed, overlay_signed_within};
pub use png16::{Png16Error, Scale, png16_bytes};
pub use segmentation::{legend, overlay_labels, qualitative_color};
pub use unseen::draw_seen;
