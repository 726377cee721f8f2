//! transformers' `preprocessor_config.json`.

use serde_json::Value;

use super::Read;
use super::error::PreprocessingError;
use super::fields::{Fields, in_pixels, side};
use super::processors::{Meant, Processor, Way};
use crate::fit::Fit;
use crate::preprocessing::{Centre, Channels, Filter, InputLayout, Preprocessing};

/// Fields that change no pixel of a colour picture.
const WITHOUT_EFFECT: [&str; 10] = [
    "do_convert_rgb",
    "processor_class",
    "_valid_processor_keys",
    "return_tensors",
    "input_data_format",
    "device",
    "disable_grouping",
    "default_to_square",
    "do_reduce_labels",
    "num_channels",
];

/// Width and height.
type Sides = (usize, usize);

/// How the size is meant.
enum Resized {
    Shortest(usize),
    To(Sides),
}

pub(super) fn read(mut fields: Fields) -> Read {
    fields.leave(&WITHOUT_EFFECT);
    let mut remarks = Vec::new();
    let class = class(&mut fields, &mut remarks)?;
    let (fit, size, frame) = sizes(&mut fields, class, &mut remarks)?;
    let channels = match fields.flag("do_flip_channel_order")? {
        Some(is_flipped) => is_flipped,
        None => class.is_some_and(|class| class.way == Way::Reversed),
    };
    let channels = if channels { Channels::Bgr } else { Channels::Rgb };
    let (mean, deviation) = normalization(&mut fields, class)?;
    // Of the channels as the network takes them.
    let by_colour = |numbers: [f64; 3]| channels.order().map(|channel| numbers[channel]);
    let layout = match fields.text("data_format")?.as_deref() {
        None | Some("channels_first") => InputLayout::Nchw,
        Some("channels_last") => InputLayout::Nhwc,
        Some(other) => {
            let expected = "channels_first or channels_last";
            return Err(PreprocessingError::invalid("data_format", &other.into(), expected));
        }
    };
    let preprocessing = Preprocessing {
        size,
        fit,
        frame,
        centre: Centre::Front,
        filter: filter(&mut fields, class)?,
        mean: by_colour(mean),
        deviation: by_colour(deviation),
        channels,
        layout,
        background: None,
    };
    if class.is_some_and(|class| class.way == Way::Floats) {
        remarks.push(
            "transformers resizes this network's images as floats, which are rounded to 8 bits here: values differ by \
             half a step of 255 at most"
                .to_owned(),
        );
    }
    remarks.extend(fields.rest()?);
    Ok((preprocessing, remarks))
}

/// The class that the file names, if it is known.
fn class(
    fields: &mut Fields,
    remarks: &mut Vec<String>,
) -> Result<Option<&'static Processor>, PreprocessingError> {
    const NAFLEX: &str = "it cuts each picture into patches at its own proportions (NaFlex), which is not done here: \
        take a network of a fixed input size";
    let old = fields.text("feature_extractor_type")?;
    let Some(name) = fields.text("image_processor_type")?.or(old) else {
        return match fields.take("max_num_patches") {
            Some(found) => Err(PreprocessingError::unsupported("max_num_patches", &found, NAFLEX)),
            None => Ok(None),
        };
    };
    let class = Processor::of(&name);
    match class {
        Some(class) if class.way == Way::Patches => {
            Err(PreprocessingError::unsupported("image_processor_type", &name.into(), NAFLEX))
        }
        None => {
            remarks.push(format!(
                "the class {name} is not known here: its fields are taken at their word, and a step that it does besides \
                 is missing"
            ));
            Ok(None)
        }
        class => Ok(class),
    }
}

/// How pictures are fitted, to which size, and out of which frame it is cut.
fn sizes(
    fields: &mut Fields,
    class: Option<&Processor>,
    remarks: &mut Vec<String>,
) -> Result<(Fit, Sides, Option<Sides>), PreprocessingError> {
    if fields.flag("do_resize")? == Some(false) {
        let reason = "each picture would go in at its own size; say a size and take this out";
        return Err(PreprocessingError::unsupported("do_resize", &false.into(), reason));
    }
    let resized = resized(fields.take("size"), class.map(|class| class.size))?;
    if let Some(Processor { way: Way::CropPct, .. }) = class {
        return by_percentage(&resized, fields.number("crop_pct")?.unwrap_or(224.0 / 256.0));
    }
    let known = class.and_then(|class| class.crop);
    let is_said = fields.flag("do_center_crop")?;
    let size = fields.take("crop_size");
    let is_cut = match (is_said, class, &size) {
        (Some(is_cut), ..) => is_cut,
        (None, Some(_), _) => known.is_some_and(|(_, is_cut)| is_cut),
        (None, None, None) => false,
        (None, None, Some(_)) => return Err(PreprocessingError::missing("do_center_crop")),
    };
    if !is_cut {
        if size.is_some() && is_said.is_none() {
            remarks.push("the field `crop_size` has no effect without `do_center_crop`".to_owned());
        }
        return match resized {
            Resized::To(size) => Ok((Fit::Squash, size, None)),
            Resized::Shortest(side) => Err(PreprocessingError::contradiction(format!(
                "the shorter side becomes {side} and nothing is cut out, so that every picture has a size of its own: \
                 add `\"do_center_crop\": true` and `crop_size`"
            ))),
        };
    }
    let size = match (size, known) {
        (Some(size), _) => sides(&size).ok_or_else(|| {
            PreprocessingError::invalid("crop_size", &size, "a side, or height and width")
        })?,
        (None, Some((side, _))) => (side, side),
        (None, None) => return Err(PreprocessingError::missing("crop_size")),
    };
    Ok(match resized {
        Resized::Shortest(side) => (Fit::Crop, size, Some((side, side)).filter(|it| *it != size)),
        Resized::To(frame) => (Fit::Squash, size, Some(frame).filter(|it| *it != size)),
    })
}

/// What `size` says.
fn resized(size: Option<Value>, default: Option<Meant>) -> Result<Resized, PreprocessingError> {
    const EXPECTED: &str = "{\"shortest_edge\": N} or {\"height\": N, \"width\": N}";
    let meant = |side: usize, way: Meant| match way {
        Meant::Shortest(_) => Resized::Shortest(side),
        Meant::Square(_) => Resized::To((side, side)),
    };
    let Some(size) = size else {
        return match default {
            Some(way @ (Meant::Shortest(side) | Meant::Square(side))) => Ok(meant(side, way)),
            None => Err(PreprocessingError::missing("size")),
        };
    };
    let invalid = || PreprocessingError::invalid("size", &size, EXPECTED);
    if let Some(side) = side(&size) {
        // What a single number means is the class's.
        return Ok(meant(side, default.ok_or_else(invalid)?));
    }
    match size.as_object() {
        Some(fields) if fields.len() == 1 && fields.contains_key("shortest_edge") => {
            side(&fields["shortest_edge"]).map(Resized::Shortest).ok_or_else(invalid)
        }
        _ => sides(&size).map(Resized::To).ok_or_else(invalid),
    }
}

/// `{"height", "width"}` or one side of a square.
fn sides(size: &Value) -> Option<Sides> {
    match size.as_object() {
        None => side(size).map(|side| (side, side)),
        Some(fields) if fields.len() == 2 => {
            Some((side(fields.get("width")?)?, side(fields.get("height")?)?))
        }
        Some(_) => None,
    }
}

/// `ConvNextImageProcessor`: a part of a larger square below 384, squashed from there on.
fn by_percentage(
    resized: &Resized,
    part: f64,
) -> Result<(Fit, Sides, Option<Sides>), PreprocessingError> {
    let &Resized::Shortest(side) = resized else {
        return Err(PreprocessingError::contradiction(
            "ConvNextImageProcessor takes a `size` with `shortest_edge`",
        ));
    };
    if side >= 384 {
        return Ok((Fit::Squash, (side, side), None));
    }
    if !(part > 0.0 && part <= 1.0) {
        return Err(PreprocessingError::invalid(
            "crop_pct",
            &part.into(),
            "a share above 0, at most 1",
        ));
    }
    let frame = (side as f64 / part) as usize;
    Ok((Fit::Crop, (side, side), Some((frame, frame)).filter(|_| frame != side)))
}

fn filter(fields: &mut Fields, class: Option<&Processor>) -> Result<Filter, PreprocessingError> {
    let Some(value) = fields.take("resample") else {
        return class
            .map(|class| class.filter)
            .ok_or_else(|| PreprocessingError::missing("resample"));
    };
    let by_name = value.as_str().and_then(|name| Filter::named(&name.to_lowercase()));
    let found = value.as_u64().and_then(Filter::of_pillow).or(by_name);
    found.ok_or_else(|| {
        PreprocessingError::invalid("resample", &value, "one of Pillow's filters: 0, 1, 2, 3 or 5")
    })
}

/// Mean and deviation in units of 8-bit pixels, in the order of the channels.
fn normalization(
    fields: &mut Fields,
    class: Option<&Processor>,
) -> Result<([f64; 3], [f64; 3]), PreprocessingError> {
    let scale = fields.number("rescale_factor")?.unwrap_or(255_f64.recip());
    let scale = if fields.flag("do_rescale")?.unwrap_or(true) { scale } else { 1.0 };
    if scale <= 0.0 {
        return Err(PreprocessingError::invalid(
            "rescale_factor",
            &scale.into(),
            "a number above 0",
        ));
    }
    let mean = fields.per_channel("image_mean")?;
    let deviation = fields.per_channel("image_std")?;
    let is_normal = class.is_none_or(|class| class.way != Way::Reversed);
    let (mean, deviation) = match fields.flag("do_normalize")?.unwrap_or(is_normal) {
        false => ([0.0; 3], [1.0; 3]),
        true => {
            let mean = mean.or(class.map(|class| class.mean));
            let deviation = deviation.or(class.map(|class| class.deviation));
            (
                mean.ok_or_else(|| PreprocessingError::missing("image_mean"))?,
                deviation.ok_or_else(|| PreprocessingError::missing("image_std"))?,
            )
        }
    };
    Ok((in_pixels(scale, mean), in_pixels(scale, deviation)))
}
