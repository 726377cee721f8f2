use std::collections::BTreeMap;
use std::time::Instant;

use burn::tensor::Tensor;
use cam_files::Sha256;
use cam_models::{Fit, InputImage, InputValues, Placement, Rgb8};
use cam_viz::{Guide, Upsampling, Window, is_npy};
use image::RgbImage;

use super::condition::{self, Condition};
use super::reading::{MAX_PIXELS, Reading};
use crate::error::{Context as _, Error, Setting, failed};
use crate::model::Model;
use crate::notice;
use crate::picture::Picture;
use crate::prepared_array;
use crate::source::Source;
use crate::tensors;

/// A decoded image at the size of the network's input: all that is done before the device.
pub struct Prepared {
    /// Where it comes from.
    pub source: Source,
    /// As it was decoded.
    pub picture: Picture,
    /// As the network sees it: pixels before normalisation, or values that another program prepared.
    pub pixels: InputImage,
    /// Where these pixels lie in the picture.
    pub placement: Placement,
    /// What is to be known of it.
    pub condition: Condition,
}

impl Prepared {
    /// Reads, decodes and resizes an image.
    pub fn read(source: &Source, model: &Model, clock: &mut Clock) -> Result<Self, Error> {
        let prepared = match source {
            Source::Pixels { .. } | Source::Region { .. } => {
                let picture = source.picture(model.reading().decoding, model.environment())?;
                clock.lap("decode");
                Self::of(source, picture, model)?
            }
            Source::Values { values, .. } => Self::of_shared(source, values, model)?,
            _ => Self::of_bytes(source, &source.bytes(model.environment())?, model, clock)?,
        };
        Ok(prepared)
    }

    /// The same with the SHA-256 of the image's bytes.
    pub fn with_digest(source: &Source, model: &Model) -> Result<(Self, Sha256), Error> {
        let environment = model.environment();
        if let Source::Region { .. } = source {
            // Its file's bytes are those of other regions too.
            let picture = source.picture(model.reading().decoding, environment)?;
            let digest = Sha256::of(picture.pixels.as_raw());
            return Ok((Self::of(source, picture, model)?, digest));
        }
        let bytes = source.bytes(environment)?;
        let prepared = match source {
            Source::Pixels { .. } => {
                Self::of(source, source.picture(model.reading().decoding, environment)?, model)?
            }
            Source::Values { values, .. } => Self::of_shared(source, values, model)?,
            _ => Self::of_bytes(source, &bytes, model, &mut Clock::start())?,
        };
        // Of several images in a file each has its own.
        let digest = match (source.row(), &prepared.pixels) {
            (Some(_), InputImage::Values(values)) => {
                let bytes = values.values().iter().flat_map(|value| value.to_le_bytes());
                Sha256::of(&bytes.collect::<Vec<u8>>())
            }
            _ => Sha256::of(&bytes),
        };
        Ok((prepared, digest))
    }

    fn of_bytes(
        source: &Source,
        bytes: &[u8],
        model: &Model,
        clock: &mut Clock,
    ) -> Result<Self, Error> {
        if is_npy(bytes) {
            let values = prepared_array::read(bytes, source.row());
            let values = values.map_err(|error| error.of(source))?;
            clock.lap("decode");
            return Self::of_values(source, values, model);
        }
        let picture = source.decoded(bytes, model.reading().decoding, model.environment())?;
        clock.lap("decode");
        Self::of(source, picture, model)
    }

    /// Values that somebody else holds too.
    fn of_shared(source: &Source, values: &InputValues, model: &Model) -> Result<Self, Error> {
        let (width, height) = values.size();
        prepared_array::check_finite(values.values(), (width, height))
            .map_err(|error| error.of(source))?;
        Self::of_values(source, values.clone(), model)
    }

    /// Values that are taken as they are; their picture is made by undoing mean and deviation.
    fn of_values(source: &Source, values: InputValues, model: &Model) -> Result<Self, Error> {
        let (reading, network) = (model.reading(), model.network());
        let size = values.size();
        if let Some([height, width]) = reading.input_size(network)
            && size != (width, height)
        {
            return Err(failed!(
                "{source}: its images are prepared at {}×{}, and the network takes {width}×{height}: prepare them at \
                 that size, or ask for theirs",
                size.0,
                size.1
            )
            .see(Setting::Size));
        }
        check_area(source, size)?;
        let pixels = network.preprocessing().picture(size, values.values());
        let pixels = pixels.with_context(|| format!("{source} has no pixels"))?;
        let mut picture = Picture::of_pixels(rgb_image(&pixels));
        picture.remarks.push(prepared_array::REMARK.to_owned());
        let placement = Placement::new(Fit::Squash, size, size, 1);
        let condition = Condition::of(&picture, &placement, None);
        let pixels = InputImage::Values(values);
        Ok(Self { source: source.clone(), picture, pixels, placement, condition })
    }

    fn of(source: &Source, picture: Picture, model: &Model) -> Result<Self, Error> {
        let (reading, network) = (model.reading(), model.network());
        let placement = reading.placement(network, picture.size());
        check_area(source, placement.input())?;
        let distortion = reading.distortion(network, &placement);
        if let Some(distortion) = &distortion {
            notice::remark(format_args!("{source}: {distortion}"));
        }
        let condition = Condition::of(&picture, &placement, distortion);
        let pixels = rgb8(&picture.pixels).with_context(|| format!("{source} has no pixels"))?;
        let pixels = reading.preprocessing(network).place(&pixels, &placement).into();
        Ok(Self { source: source.clone(), picture, pixels, placement, condition })
    }
}

/// An image on its way into the network.
pub struct Input {
    /// Where it comes from.
    pub source: Source,
    /// As it was decoded.
    pub picture: Picture,
    /// As the network sees it, before normalisation; of an image that was prepared already, as its picture is.
    pub pixels: Rgb8,
    /// As the network takes it, `[1, 3, h, w]`.
    pub tensor: Tensor<4>,
    /// Where it lies in the picture.
    pub placement: Placement,
    /// What is to be known of the image.
    pub condition: Condition,
}

impl Input {
    /// Reads, decodes, resizes and normalises an image.
    pub fn read(source: &Source, model: &Model, clock: &mut Clock) -> Result<Self, Error> {
        let Prepared { source, picture, pixels, placement, condition } =
            Prepared::read(source, model, clock)?;
        let tensor = tensors::images(model.network(), std::slice::from_ref(&pixels))?;
        let pixels = match pixels {
            InputImage::Pixels(pixels) => pixels,
            InputImage::Values(_) => rgb8(&picture.pixels).context("a picture has pixels")?,
        };
        clock.lap("prepare");
        Ok(Self { source, picture, pixels, tensor, placement, condition })
    }

    /// Where its maps lie on the picture.
    pub fn window(&self) -> Window {
        condition::window(&self.placement)
    }

    /// Height and width of the network's input.
    pub fn size(&self) -> [usize; 2] {
        let (width, height) = self.pixels.size();
        [height, width]
    }

    /// What the network sees, as a picture.
    pub fn seen(&self) -> RgbImage {
        rgb_image(&self.pixels)
    }
}

impl Model {
    /// How the maps of an input are upsampled; its pixels are the guide, where there is one.
    pub(crate) fn upsampling(&self, input: &Rgb8) -> Result<Upsampling, Error> {
        self.upsample().with(|| guide(input))
    }

    /// The same for the maps of a picture that came to the input in this way.
    pub(crate) fn upsampling_on(
        &self,
        picture: &RgbImage,
        reading: &Reading,
    ) -> Result<Upsampling, Error> {
        self.upsample().with(|| {
            let network = self.network();
            let pixels = rgb8(picture).context("a picture has no pixels")?;
            let placement = reading.placement(network, pixels.size());
            guide(&reading.preprocessing(network).place(&pixels, &placement))
        })
    }
}

/// What a network sees, in 0..=1.
fn guide(input: &Rgb8) -> Result<Guide, Error> {
    let (width, height) = input.size();
    let share = |pixel: &[u8; 3]| pixel.map(|value| f32::from(value) / 255.0);
    let pixels: Vec<_> = input.pixels().iter().map(share).collect();
    Guide::new(width, height, &pixels).context("making a guide of what the network sees")
}

fn check_area(source: &Source, (width, height): (usize, usize)) -> Result<(), Error> {
    if width.saturating_mul(height) > MAX_PIXELS {
        return Err(failed!(
            "{source}: {width}×{height} pixels are too many for the network's input; choose a smaller size"
        ).see(Setting::Size));
    }
    Ok(())
}

fn rgb_image(pixels: &Rgb8) -> RgbImage {
    let (width, height) = pixels.size();
    let bytes = pixels.pixels().as_flattened().to_vec();
    RgbImage::from_raw(width as u32, height as u32, bytes).unwrap_or_default()
}

fn rgb8(picture: &RgbImage) -> Option<Rgb8> {
    Rgb8::new(picture.width() as usize, picture.height() as usize, picture.as_raw())
}

/// Milliseconds per step.
pub struct Clock {
    last: Instant,
    laps: BTreeMap<&'static str, f64>,
}

impl Clock {
    /// Starts now.
    pub fn start() -> Self {
        Self { last: Instant::now(), laps: BTreeMap::new() }
    }

    /// Books the time since the last lap on a step.
    pub fn lap(&mut self, step: &'static str) {
        *self.laps.entry(step).or_default() += self.last.elapsed().as_secs_f64() * 1e3;
        self.last = Instant::now();
    }

    /// Each step's milliseconds, and their sum as `total`.
    pub fn milliseconds(self) -> BTreeMap<&'static str, f64> {
        let total = self.laps.values().sum();
        let mut laps = self.laps;
        laps.insert("total", total);
        laps
    }
}
