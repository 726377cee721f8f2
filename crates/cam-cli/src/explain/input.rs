use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use burn::tensor::Tensor;
use cam_models::{ConvNet, Filter, Preprocessing, Rgb8};
use cam_viz::Picture;
use image::RgbImage;

use crate::arguments::{self, Compat};
use crate::failure::Failure;
use crate::source::Source;

/// A network's activations take some hundred times the memory of its input; more pixels than
/// these are taken for a mistake.
pub const MAX_PIXELS: usize = 4096 * 4096;

/// Size of the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// What the weights were trained with.
    Model,
    /// Each image's own.
    Native,
    /// Width and height in pixels.
    Fixed(usize, usize),
}

impl Size {
    /// Reads `native` or `WxH`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if text.eq_ignore_ascii_case("native") {
            return Ok(Self::Native);
        }
        let sides = text.split_once(['x', 'X', '×']).and_then(|(width, height)| {
            Some((width.trim().parse().ok()?, height.trim().parse().ok()?))
        });
        match sides {
            Some((width, height)) if width > 0 && height > 0 => fitting(width, height),
            _ => Err(Failure::usage(format!(
                "`--size {text}`: write width and height, as in 224x224, or native"
            ))),
        }
    }

    fn of(self, picture: &RgbImage, preprocessing: &Preprocessing) -> (usize, usize) {
        match self {
            Self::Model => preprocessing.size,
            Self::Native => (picture.width() as usize, picture.height() as usize),
            Self::Fixed(width, height) => (width, height),
        }
    }
}

fn fitting(width: usize, height: usize) -> Result<Size, Failure> {
    match width.checked_mul(height) {
        Some(..=MAX_PIXELS) => Ok(Size::Fixed(width, height)),
        _ => Err(Failure::usage(format!(
            "`--size {width}x{height}`: a network's input has at most {MAX_PIXELS} pixels, as in 4096x4096"
        ))),
    }
}

/// How images are read, as meant.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    size: Size,
    /// Where it is not the model's own.
    filter: Option<Filter>,
    strict: bool,
}

impl Reading {
    /// What the arguments mean.
    pub fn new(arguments: &arguments::Images) -> Result<Self, Failure> {
        Ok(Self {
            size: arguments.size.as_deref().map_or(Ok(Size::Model), Size::parse)?,
            filter: arguments.compat.map(|Compat::PytorchGradCam| Filter::OpenCv),
            strict: arguments.strict,
        })
    }

    /// Height and width of the network's input; none where it is each image's own.
    pub fn input_size(&self, network: &ConvNet) -> Option<[usize; 2]> {
        let (width, height) = match self.size {
            Size::Model => self.preprocessing(network).size,
            Size::Native => return None,
            Size::Fixed(width, height) => (width, height),
        };
        Some([height, width])
    }

    /// The same at a size that [`input_size`](Self::input_size) gave.
    pub fn with_size(self, size: Option<[usize; 2]>) -> Self {
        let size = size.map_or(Size::Native, |[height, width]| Size::Fixed(width, height));
        Self { size, ..self }
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
}

impl Prepared {
    /// Reads, decodes and resizes an image.
    pub fn read(
        source: &Source,
        reading: &Reading,
        network: &ConvNet,
        clock: &mut Clock,
    ) -> Result<Self, Failure> {
        let picture = source.picture(reading.strict)?;
        clock.lap("decode");
        Self::of(source, picture, reading, network)
    }

    /// The same with the SHA-256 of the image's bytes, in hexadecimal digits.
    pub fn with_digest(
        source: &Source,
        reading: &Reading,
        network: &ConvNet,
    ) -> Result<(Self, String), Failure> {
        let bytes = source.bytes()?;
        let digest = cam_fetch::sha256_of_bytes(&bytes).to_string();
        let picture = source.decoded(&bytes, reading.strict)?;
        Ok((Self::of(source, picture, reading, network)?, digest))
    }

    fn of(
        source: &Source,
        picture: Picture,
        reading: &Reading,
        network: &ConvNet,
    ) -> Result<Self, Failure> {
        let preprocessing = reading.preprocessing(network);
        let (width, height) = reading.size.of(&picture.pixels, &preprocessing);
        if width.saturating_mul(height) > MAX_PIXELS {
            return Err(Failure::Failed(anyhow!(
                "{source}: {width}×{height} pixels are too many for the network's input; choose a smaller --size"
            )));
        }
        let pixels = rgb8(&picture.pixels).with_context(|| format!("{source} has no pixels"))?;
        let pixels = pixels.resized(width, height, preprocessing.filter);
        Ok(Self { source: source.clone(), picture, pixels })
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
}

impl Input {
    /// Reads, decodes, resizes and normalises an image.
    pub fn read(
        source: &Source,
        reading: &Reading,
        network: &ConvNet,
        clock: &mut Clock,
    ) -> Result<Self, Failure> {
        let Prepared { source, picture, pixels } = Prepared::read(source, reading, network, clock)?;
        let tensor = network.images(std::slice::from_ref(&pixels));
        let tensor = tensor.context("an image makes a tensor")?;
        clock.lap("prepare");
        Ok(Self { source, picture, pixels, tensor })
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
