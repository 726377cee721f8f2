//! timm's `config.json`: its `pretrained_cfg`, or the same fields by themselves.

use super::Read;
use super::error::PreprocessingError;
use super::fields::{Fields, in_pixels, side};
use crate::fit::Fit;
use crate::preprocessing::{Centre, Filter, Preprocessing};

/// Fields about the network and its file.
const WITHOUT_EFFECT: [&str; 30] = [
    "architecture",
    "classifier",
    "custom_load",
    "file",
    "first_conv",
    "fixed_input_size",
    "global_pool",
    "hf_hub_filename",
    "hf_hub_id",
    "label_descriptions",
    "label_names",
    "label_offset",
    "license",
    "min_input_size",
    "model_args",
    "notes",
    "num_classes",
    "num_features",
    "origin_url",
    "paper_ids",
    "paper_name",
    "pool_size",
    "source",
    "state_dict",
    "strict",
    "tag",
    "test_crop_pct",
    "tf_crop",
    "url",
    "vit_patch",
];

/// The share of the resized picture that is cut out, where the file does not say it.
const CROP_PCT: f64 = 0.875;

pub(super) fn read(mut fields: Fields) -> Read {
    fields.leave(&WITHOUT_EFFECT);
    let mut remarks = Vec::new();
    let (width, height) = match size(&mut fields, "input_size")? {
        Some(size) => size,
        None => {
            remarks.push("the file says no `input_size`: 224×224, timm's default".to_owned());
            (224, 224)
        }
    };
    if let Some(test) = size(&mut fields, "test_input_size")?.filter(|it| *it != (width, height)) {
        remarks.push(format!(
            "the network was trained with {width}×{height} pixels, which are taken, and tested with {}×{}",
            test.0, test.1
        ));
    }
    let part = fields.number("crop_pct")?.filter(|&part| part != 0.0).unwrap_or(CROP_PCT);
    if !(part > 0.0 && part <= 1.0) {
        return Err(PreprocessingError::invalid(
            "crop_pct",
            &part.into(),
            "a share above 0, at most 1",
        ));
    }
    let frame = [width, height].map(|side| (side as f64 / part).floor() as usize);
    let (fit, centre) = match fields.text("crop_mode")?.as_deref() {
        None | Some("center") => (Fit::Crop, Centre::Even),
        Some("squash") => (Fit::Squash, Centre::Even),
        Some("border") => (Fit::Pad, Centre::Front),
        Some(other) => {
            let expected = "center, squash or border";
            return Err(PreprocessingError::invalid("crop_mode", &other.into(), expected));
        }
    };
    let name = fields.text("interpolation")?.unwrap_or_else(|| "bicubic".to_owned());
    let filter = Filter::named(&name).filter(|filter| *filter != Filter::OpenCv);
    let filter = filter.ok_or_else(|| {
        let expected = "nearest, bilinear, hamming, bicubic or lanczos";
        PreprocessingError::invalid("interpolation", &name.clone().into(), expected)
    })?;
    let pixels = |numbers| in_pixels(255_f64.recip(), numbers);
    let mean = fields.per_channel("mean")?.unwrap_or([0.485, 0.456, 0.406]);
    let deviation = fields.per_channel("std")?.unwrap_or([0.229, 0.224, 0.225]);
    let preprocessing = Preprocessing {
        size: (width, height),
        fit,
        frame: Some((frame[0], frame[1])).filter(|frame| *frame != (width, height)),
        centre,
        ..Preprocessing::normalizing(filter, pixels(mean), pixels(deviation))
    };
    remarks.extend(fields.rest()?);
    Ok((preprocessing, remarks))
}

/// `[channels, height, width]` as width and height.
fn size(fields: &mut Fields, name: &str) -> Result<Option<(usize, usize)>, PreprocessingError> {
    let Some(value) = fields.take(name) else { return Ok(None) };
    let sides: Option<Vec<usize>> =
        value.as_array().and_then(|list| list.iter().map(side).collect());
    match sides.as_deref() {
        Some(&[3, height, width]) => Ok(Some((width, height))),
        _ => Err(PreprocessingError::invalid(name, &value, "[3, height, width]")),
    }
}
