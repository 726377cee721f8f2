use anyhow::Context as _;
use burn::tensor::Tensor;
use cam_core::{Arithmetic, Capture, Explanation, GradCam, Network as _, postprocess};
use cam_explain::tensors::read;
use cam_models::Rgb8;
use cam_targets::{Concepts, CosineSimilarity};

use super::photograph::Photograph;
use super::samples::Stopwatch;
use super::subject::Subject;
use crate::failure::Failure;

/// What lies between pixels and finished maps, in order.
pub const STEPS: [&str; 5] = ["prepare", "forward", "tail", "explain", "finish"];

/// The way of an image that `cam explain` goes, from pixels of the input's size.
pub struct Way<'s> {
    subject: &'s Subject,
    pixels: Rgb8,
    target: CosineSimilarity,
}

impl<'s> Way<'s> {
    /// With so many concepts: the photograph's own embedding, its numbers moved by 1, 2, 3 and so
    /// on, so that none is the photograph's own and all are of its size.
    pub fn new(
        subject: &'s Subject,
        photograph: &Photograph,
        concepts: usize,
    ) -> Result<Self, Failure> {
        let network = &subject.network;
        let pixels = photograph.seen_by(subject)?;
        let embedding = read(network.embed(prepared(subject, &pixels)?))?;
        let moved = |by: usize| {
            let (front, back) = embedding.split_at(by % embedding.len());
            [back, front].concat()
        };
        let concepts = Concepts::new(embedding.len(), (1..=concepts).map(moved).collect());
        let target = CosineSimilarity::to(concepts.map_err(anyhow::Error::from)?);
        Ok(Self { subject, pixels, target })
    }

    /// The pixels as the network takes them.
    pub fn images(&self) -> Result<Tensor<4>, Failure> {
        prepared(self.subject, &self.pixels)
    }

    /// Milliseconds of [`STEPS`]. A capture is made between the tail and the explanation, of the
    /// same two passes that were just timed apart, and is not counted again.
    pub fn stepwise(&self) -> Result<Vec<f64>, Failure> {
        let Subject { network, layer, .. } = self.subject;
        let mut watch = Stopwatch::start(network.device())?;
        let images = self.images()?;
        watch.lap()?;
        let activations = network.forward_to(images.clone(), *layer);
        watch.lap()?;
        self.embed(activations);
        watch.lap()?;
        let capture = Capture::new(network, images, &[*layer])?;
        watch.skip()?;
        let explanation = capture.explain(&GradCam, &self.target)?;
        watch.lap()?;
        self.finish(&explanation)?;
        watch.lap()?;
        Ok(watch.laps())
    }

    /// What follows the layer, recorded where a capture records it.
    fn embed(&self, activations: Tensor<4>) -> Tensor<2> {
        let Subject { network, layer, .. } = self.subject;
        let tail = match network.head(*layer) {
            Some(_) => None,
            None => network.tail(&activations, *layer),
        };
        tail.map_or_else(|| network.forward_from(activations, *layer), |tail| tail.embeddings())
    }

    /// Milliseconds of all of it, without a stop.
    pub fn at_once(&self) -> Result<Vec<f64>, Failure> {
        let Subject { network, layer, .. } = self.subject;
        let mut watch = Stopwatch::start(network.device())?;
        let capture = Capture::new(network, self.images()?, &[*layer])?;
        self.finish(&capture.explain(&GradCam, &self.target)?)?;
        watch.lap()?;
        Ok(watch.laps())
    }

    /// Scores and finished maps, read from the device.
    fn finish(&self, explanation: &Explanation) -> Result<(), Failure> {
        let (width, height) = self.subject.size;
        let size = [height, width];
        let finished = postprocess(&explanation.raw_maps(), size, Arithmetic::Standard)?;
        std::hint::black_box((read(explanation.scores.clone())?, finished));
        Ok(())
    }
}

fn prepared(subject: &Subject, pixels: &Rgb8) -> Result<Tensor<4>, Failure> {
    let network = &subject.network;
    let images = network.images(std::slice::from_ref(pixels));
    Ok(images.context("an image makes a tensor")?)
}
