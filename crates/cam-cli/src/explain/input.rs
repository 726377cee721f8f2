use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use burn::tensor::Tensor;
use cam_files::Sha256;
use cam_models::{ConvNet, Filter, Fit, Placement, Preprocessing, Rgb8};
use cam_viz::{Picture, Window};
use image::RgbImage;

use super::condition::{self, Condition};
use super::size::Size;
use crate::arguments::{self, Compat};
use crate::failure::Failure;
use crate::print;
use crate::source::{Decoding, Source};

/// A network's activations take some hundred times the memory of its input; more pixels than
/// these are taken for a mistake.
pub const MAX_PIXELS: usize = 4096 * 4096;

/// How images are read, as meant.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    size: Size,
    fit: Fit,
    /// Where it is not the model's own.
    filter: Option<Filter>,
    decoding: Decoding,
}

impl Reading {
    /// What the arguments mean, or why they contradict each other.
    pub fn new(arguments: &arguments::Images) -> Result<Self, Failure> {
        let size = arguments.size.as_deref().map_or(Ok(Size::Model), Size::parse)?;
        if let (Size::Native, Some(fit)) = (size, arguments.fit) {
            return Err(Failure::usage(format!(
                "--size native takes each image as it is, and leaves --fit {fit} nothing to do: leave \
                 out one of them"
            )));
        }
        let fit = arguments.fit.unwrap_or_default();
        if arguments.compat.is_some() && fit != Fit::Squash {
            return Err(Failure::usage(format!(
                "--compat follows a library that squashes images: leave out --fit {fit}, or --compat"
            )));
        }
        Ok(Self {
            size,
            fit,
            filter: arguments.compat.map(|Compat::PytorchGradCam| Filter::OpenCv),
            decoding: Decoding { strict: arguments.strict, stretch: arguments.stretch },
        })
    }

    /// How images come to the input's size.
    pub fn fit(&self) -> Fit {
        self.fit
    }

    /// How images are decoded.
    pub fn decoding(&self) -> Decoding {
        self.decoding
    }

    /// Height and width of the network's input; none where it is each image's own.
    pub fn input_size(&self, network: &ConvNet) -> Option<[usize; 2]> {
        self.asked_size(network).filter(|_| self.fit != Fit::Keep)
    }

    /// Height and width that images are fitted to; none where each is taken at its own size.
    pub fn asked_size(&self, network: &ConvNet) -> Option<[usize; 2]> {
        let (width, height) = match self.size {
            Size::Model => self.preprocessing(network).size,
            Size::Native => return None,
            Size::Fixed(width, height) => (width, height),
        };
        Some([height, width])
    }

    /// The same at a size that [`asked_size`](Self::asked_size) gave.
    pub fn with_size(self, size: Option<[usize; 2]>) -> Self {
        let size = size.map_or(Size::Native, |[height, width]| Size::Fixed(width, height));
        Self { size, ..self }
    }

    /// The same with another fit.
    pub fn with_fit(self, fit: Fit) -> Self {
        Self { fit, ..self }
    }

    /// Where the input lies in a picture of a width and height.
    pub fn placement(&self, network: &ConvNet, picture: (usize, usize)) -> Placement {
        let size = self.asked_size(network).map_or(picture, |[height, width]| (width, height));
        Placement::new(self.fit, picture, size, network.description().stride())
    }

    /// What is to be said of proportions that a placement changes.
    pub fn distortion(&self, network: &ConvNet, placement: &Placement) -> Option<String> {
        condition::distortion(placement, network.description().stride(), self.filter.is_none())
    }

    /// How images are brought to the network.
    pub fn preprocessing(&self, network: &ConvNet) -> Preprocessing {
        let own = network.preprocessing().clone();
        Preprocessing { filter: self.filter.unwrap_or(own.filter), ..own }
    }
}

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
    pub fn read(
        source: &Source,
        reading: &Reading,
        network: &ConvNet,
        clock: &mut Clock,
    ) -> Result<Self, Failure> {
        let picture = source.picture(reading.decoding)?;
        clock.lap("decode");
        Self::of(source, picture, reading, network)
    }

    /// The same with the SHA-256 of the image's bytes.
    pub fn with_digest(
        source: &Source,
        reading: &Reading,
        network: &ConvNet,
    ) -> Result<(Self, Sha256), Failure> {
        let bytes = source.bytes()?;
        let digest = Sha256::of(&bytes);
        let picture = source.decoded(&bytes, reading.decoding)?;
        Ok((Self::of(source, picture, reading, network)?, digest))
    }

    fn of(
        source: &Source,
        picture: Picture,
        reading: &Reading,
        network: &ConvNet,
    ) -> Result<Self, Failure> {
        let (width, height) = picture.pixels.dimensions();
        let placement = reading.placement(network, (width as usize, height as usize));
        let (width, height) = placement.input();
        if width.saturating_mul(height) > MAX_PIXELS {
            return Err(Failure::Failed(anyhow!(
                "{source}: {width}×{height} pixels are too many for the network's input; choose a smaller --size"
            )));
        }
        let distortion = reading.distortion(network, &placement);
        if let Some(distortion) = &distortion {
            print::remark(format_args!("{source}: {distortion}"));
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
    pub fn read(
        source: &Source,
        reading: &Reading,
        network: &ConvNet,
        clock: &mut Clock,
    ) -> Result<Self, Failure> {
        let Prepared { source, picture, pixels, placement, condition } =
            Prepared::read(source, reading, network, clock)?;
        let tensor = network.images(std::slice::from_ref(&pixels));
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
