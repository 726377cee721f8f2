use anyhow::Context as _;
use cam_explain::photographs;
use cam_models::Rgb8;
use cam_viz::{DecodeOptions, JPEG_QUALITY, decode, jpeg_bytes};
use image::imageops::{self, FilterType};

use super::samples::Stopwatch;
use super::subject::Subject;
use crate::failure::Failure;

/// What happens to a photograph before it is pixels of the network's size.
pub const STEPS: [&str; 2] = ["decode", "resize"];

/// Width and height, roughly those of a picture on the web. It is enlarged from the shipped one,
/// and thereby smoother than what comes from a camera.
pub const SIDE: u32 = 1024;

/// A photograph as a JPEG.
pub struct Photograph {
    bytes: Vec<u8>,
}

impl Photograph {
    /// The shipped one, enlarged.
    pub fn new() -> Result<Self, Failure> {
        let small =
            decode(photographs::CAT, &DecodeOptions::default()).context("the photograph")?;
        let large = imageops::resize(&small.pixels, SIDE, SIDE, FilterType::CatmullRom);
        let bytes = jpeg_bytes(&large, JPEG_QUALITY).context("writing the photograph")?;
        Ok(Self { bytes })
    }

    /// As the network sees it, before normalisation.
    pub fn seen_by(&self, subject: &Subject) -> Result<Rgb8, Failure> {
        let (width, height) = subject.size;
        let filter = subject.network.preprocessing().filter;
        Ok(self.decoded()?.resized(width, height, filter))
    }

    /// Milliseconds of [`STEPS`].
    pub fn stepwise(&self, subject: &Subject) -> Result<Vec<f64>, Failure> {
        let (width, height) = subject.size;
        let network = &subject.network;
        let mut watch = Stopwatch::start(network.device())?;
        let pixels = self.decoded()?;
        watch.lap()?;
        std::hint::black_box(pixels.resized(width, height, network.preprocessing().filter));
        watch.lap()?;
        Ok(watch.laps())
    }

    fn decoded(&self) -> Result<Rgb8, Failure> {
        let picture = decode(&self.bytes, &DecodeOptions::default()).context("the photograph")?;
        let (width, height) = picture.pixels.dimensions();
        let pixels = Rgb8::new(width as usize, height as usize, picture.pixels.as_raw());
        Ok(pixels.context("a decoded photograph has pixels")?)
    }
}
