use burn::tensor::{Tensor, TensorData};
use cam_core::{Arithmetic, Capture, Layer, Method, Target as _, postprocess};
use cam_metrics::{Image, Map, Region};
use cam_models::{ConvNet, Rgb8};
use cam_targets::{Concepts, CosineSimilarity};
use image::RgbImage;

use super::collage::Collage;
use crate::error::{Context as _, Error};
use crate::tensors::{images, read};

/// A collage, and the question where one of its images is.
pub struct Seen<'a> {
    network: &'a ConvNet,
    random: &'a ConvNet,
    layer: Layer,
    target: CosineSimilarity,
    random_target: CosineSimilarity,
    /// The collage as the network takes it.
    pub image: Image,
    /// What is asked for.
    pub concept: String,
    /// Where it is.
    pub region: Region,
    /// The cosine of the collage and the concept.
    pub score: f32,
}

impl<'a> Seen<'a> {
    /// A collage seen by a network, and by one whose weights know nothing.
    pub fn new(
        (network, random): (&'a ConvNet, &'a ConvNet),
        layer: Layer,
        collage: &Collage,
        cell: usize,
    ) -> Result<Self, Error> {
        let image = image(network, &collage.picture)?;
        let concept = tensor(network, &[self::image(network, &collage.cells[cell])?]);
        let target = target(network, concept.clone())?;
        let random_target = self::target(random, concept)?;
        let region = Region::cell(image.size(), collage.grid, cell);
        let concept = collage.names[cell].clone();
        let mut seen = Self {
            network,
            random,
            layer,
            target,
            random_target,
            image,
            concept,
            region,
            score: 0.0,
        };
        seen.score = seen.scores(std::slice::from_ref(&seen.image))?[0];
        Ok(seen)
    }

    /// How similar images are to the concept.
    pub fn scores(&self, images: &[Image]) -> Result<Vec<f32>, Error> {
        let embeddings = self.network.embed(tensor(self.network, images));
        read(self.target.scores(embeddings))
    }

    /// The finished map of an image.
    pub fn map(&self, method: &dyn Method, image: &Image) -> Result<Map, Error> {
        map((self.network, &self.target), self.layer, method, image)
    }

    /// The same by the network that knows nothing.
    pub fn random_map(&self, method: &dyn Method) -> Result<Map, Error> {
        map((self.random, &self.random_target), self.layer, method, &self.image)
    }
}

fn map(
    (network, target): (&ConvNet, &CosineSimilarity),
    layer: Layer,
    method: &dyn Method,
    image: &Image,
) -> Result<Map, Error> {
    let images = tensor(network, std::slice::from_ref(image));
    let capture = Capture::keeping(method.keeps(), network, images, &[layer])?;
    let raw = capture.explain(method, target)?.raw_maps();
    let mut finished = postprocess(&raw, image.size(), Arithmetic::Standard)?;
    Ok(finished.maps.remove(0))
}

fn target(network: &ConvNet, concept: Tensor<4>) -> Result<CosineSimilarity, Error> {
    let concepts = Concepts::from_embeddings(network.embed(concept));
    Ok(CosineSimilarity::to(concepts.context("an image as a concept")?))
}

/// A picture as the network takes it, at its own size.
fn image(network: &ConvNet, picture: &RgbImage) -> Result<Image, Error> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = Rgb8::new(width, height, picture.as_raw()).context("a collage has pixels")?;
    let values = read(images(network, &[pixels.into()])?)?;
    Ok(Image::new(3, [height, width], values)?)
}

/// Images of one size, `[n, 3, h, w]`.
fn tensor(network: &ConvNet, images: &[Image]) -> Tensor<4> {
    let [height, width] = images.first().map_or([0, 0], Image::size);
    let values: Vec<f32> = images.iter().flat_map(Image::values).copied().collect();
    let data = TensorData::new(values, [images.len(), 3, height, width]);
    Tensor::from_data(data, network.device())
}
