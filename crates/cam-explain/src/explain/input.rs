use std::collections::BTreeMap;
use std::time::Instant;

use burn::tensor::Tensor;
use cam_files::Sha256;
use cam_models::{Placement, Rgb8};
use cam_viz::Window;
use image::RgbImage;

use super::condition::{self, Condition};
use super::reading::MAX_PIXELS;
use crate::error::{Context as _, Error, Setting, failed};
use crate::model::Model;
use crate::notice;
use crate::picture::Picture;
use crate::source::Source;

/// A decoded image at the size of the network's input: all that is done before the device.
pub struct Prepared {
    /// Where it comes from.
    pub source: Source,
    /// As it was decoded.
    pub picture: Picture,
    /// As the network sees it, before normalisation.
    pub pixels: Rgb8,
    /// Where these pixels lie in the picture.
    pub placement: Placement,
    /// What is to be known of it.
    pub condition: Condition,
}

impl Prepared {
    /// Reads, decodes and resizes an image.
    pub fn read(source: &Source, model: &Model, clock: &mut Clock) -> Result<Self, Error> {
        let picture = source.picture(model.reading().decoding, model.environment())?;
        clock.lap("decode");
        Self::of(source, picture, model)
    }

    /// The same with the SHA-256 of the image's bytes.
    pub fn with_digest(source: &Source, model: &Model) -> Result<(Self, Sha256), Error> {
        let environment = model.environment();
        let bytes = source.bytes(environment)?;
        let digest = Sha256::of(&bytes);
        let decoding = model.reading().decoding;
        let picture = match source {
            Source::Pixels { .. } => source.picture(decoding, environment)?,
            _ => source.decoded(&bytes, decoding, environment)?,
        };
        Ok((Self::of(source, picture, model)?, digest))
    }

    fn of(source: &Source, picture: Picture, model: &Model) -> Result<Self, Error> {
        let (reading, network) = (model.reading(), model.network());
        let placement = reading.placement(network, picture.size());
        let (width, height) = placement.input();
        if width.saturating_mul(height) > MAX_PIXELS {
            return Err(failed!(
                "{source}: {width}×{height} pixels are too many for the network's input; choose a smaller size"
            ).see(Setting::Size));
        }
        let distortion = reading.distortion(network, &placement);
        if let Some(distortion) = &distortion {
            notice::remark(format_args!("{source}: {distortion}"));
        }
        let condition = Condition::of(&picture, &placement, distortion);
        let pixels = rgb8(&picture.pixels).with_context(|| format!("{source} has no pixels"))?;
        let pixels = reading.preprocessing(network).place(&pixels, &placement);
        Ok(Self { source: source.clone(), picture, pixels, placement, condition })
    }
}

/// An image on its way into the network.
pub struct Input {
    /// Where it comes from.
    pub source: Source,
    /// As it was decoded.
    pub picture: Picture,
    /// As the network sees it, before normalisation.
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
        let tensor = model.network().images(std::slice::from_ref(&pixels));
        let tensor = tensor.context("an image makes a tensor")?;
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
        let (width, height) = self.pixels.size();
        let bytes = self.pixels.pixels().as_flattened().to_vec();
        RgbImage::from_raw(width as u32, height as u32, bytes).unwrap_or_default()
    }
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
