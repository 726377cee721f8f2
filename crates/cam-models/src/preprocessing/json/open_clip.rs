//! `open_clip_config.json`: its `preprocess_cfg`, or the same fields by themselves.

use serde_json::{Map, Value};

use super::Read;
use super::error::PreprocessingError;
use super::fields::{Fields, in_pixels, side};
use crate::fit::Fit;
use crate::preprocessing::{Centre, Filter, Preprocessing};

/// The size that the network beside the preprocessing takes.
pub(super) fn size_of_model(config: &Map<String, Value>) -> Option<Value> {
    config.get("model_cfg")?.get("vision_cfg")?.get("image_size").cloned()
}

pub(super) fn read(mut fields: Fields, size_of_model: Option<Value>) -> Read {
    let mut remarks = Vec::new();
    if let Some(mode) = fields.text("mode")?.filter(|mode| mode != "RGB") {
        let reason = "images go in as RGB here";
        return Err(PreprocessingError::unsupported("mode", &mode.into(), reason));
    }
    let size = match fields.take("size").or(size_of_model) {
        Some(size) => sides(&size).ok_or_else(|| {
            PreprocessingError::invalid("size", &size, "a side, or [height, width]")
        })?,
        None => {
            remarks.push("the file says no `size`: 224×224, open_clip's default".to_owned());
            (224, 224)
        }
    };
    let clip = Preprocessing::clip();
    let pixels = |numbers: Option<[f64; 3]>, default| {
        numbers.map_or(default, |numbers| in_pixels(255_f64.recip(), numbers))
    };
    let mean = pixels(fields.per_channel("mean")?, clip.mean);
    let deviation = pixels(fields.per_channel("std")?, clip.deviation);
    let filter = match fields.text("interpolation")?.as_deref() {
        // What is random in training is bicubic afterwards.
        None | Some("bicubic" | "random") => Filter::Bicubic,
        Some("bilinear") => Filter::Bilinear,
        Some(other) => {
            let expected = "bicubic or bilinear";
            return Err(PreprocessingError::invalid("interpolation", &other.into(), expected));
        }
    };
    let fill = fields.take("fill_color");
    let (fit, centre, background) = match fields.text("resize_mode")?.as_deref() {
        None | Some("shortest") => (Fit::Crop, Centre::Even, None),
        Some("squash") => (Fit::Squash, Centre::Even, None),
        Some("longest") => (Fit::Pad, Centre::Front, Some(colour(fill)?)),
        Some(other) => {
            let expected = "shortest, longest or squash";
            return Err(PreprocessingError::invalid("resize_mode", &other.into(), expected));
        }
    };
    let plain = Preprocessing::normalizing(filter, mean, deviation);
    remarks.extend(fields.rest()?);
    Ok((Preprocessing { size, fit, centre, background, ..plain }, remarks))
}

/// One side of a square, or `[height, width]`, as width and height.
fn sides(size: &Value) -> Option<(usize, usize)> {
    match size.as_array().map(Vec::as_slice) {
        None => side(size).map(|side| (side, side)),
        Some([height, width]) => Some((side(width)?, side(height)?)),
        Some(_) => None,
    }
}

/// What is added around an image: black unless it is said.
fn colour(fill: Option<Value>) -> Result<[u8; 3], PreprocessingError> {
    let Some(fill) = fill else { return Ok([0; 3]) };
    let byte = |value: &Value| value.as_u64().and_then(|value| u8::try_from(value).ok());
    let found = match fill.as_array().map(Vec::as_slice) {
        None => byte(&fill).map(|grey| [grey; 3]),
        Some([red, green, blue]) => {
            byte(red).zip(byte(green)).zip(byte(blue)).map(|((r, g), b)| [r, g, b])
        }
        Some(_) => None,
    };
    found.ok_or_else(|| {
        PreprocessingError::invalid("fill_color", &fill, "0 to 255, or three of them")
    })
}
