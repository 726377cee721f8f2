use burn::tensor::{Tensor, TensorData};
use cam_core::{Arithmetic, Capture, Layer, Method, Target, postprocess};
use cam_metrics::{Image, Map, Region};
use cam_models::{ConvNet, Rgb8};
use image::RgbImage;

use super::negatives::{Negatives, question};
use super::scene::Scene;
use crate::error::{Context as _, Error};
use crate::tensors::{images, read};

/// The network that is explained, and one whose weights know nothing.
#[derive(Clone, Copy)]
pub struct Networks<'a> {
    pub trained: &'a ConvNet,
    pub random: &'a ConvNet,
}

/// What both networks make of some images, `[n, d]` each.
pub struct Embedded {
    trained: Tensor<2>,
    random: Tensor<2>,
}

impl Embedded {
    /// Images of one size.
    pub fn new<'p>(
        networks: Networks<'_>,
        pictures: impl IntoIterator<Item = &'p RgbImage>,
    ) -> Result<Self, Error> {
        let (mut trained, mut random) = (Vec::new(), Vec::new());
        for picture in pictures {
            let images = tensor(networks.trained, &[image(networks.trained, picture)?]);
            trained.push(networks.trained.embed(images.clone()));
            random.push(networks.random.embed(images));
        }
        Ok(Self { trained: Tensor::cat(trained, 0), random: Tensor::cat(random, 0) })
    }
}

/// A picture, and the question where one of its things is.
pub struct Seen<'a> {
    networks: Networks<'a>,
    layer: Layer,
    target: Box<dyn Target>,
    random_target: Box<dyn Target>,
    /// The picture as the network takes it.
    pub image: Image,
    /// What is asked for.
    pub concept: String,
    /// Where it is.
    pub region: Region,
    /// The score of the picture.
    pub score: f32,
}

impl<'a> Seen<'a> {
    /// The question about a thing of a scene, of which `things` are the embeddings, against the negatives.
    pub fn new(
        networks: Networks<'a>,
        layer: Layer,
        (scene, things, index): (&Scene, &Embedded, usize),
        (negatives, all): (Negatives, Option<&Embedded>),
    ) -> Result<Self, Error> {
        let thing = &scene.things[index];
        let image = image(networks.trained, &scene.picture)?;
        let ask = |of: fn(&Embedded) -> &Tensor<2>| {
            let embeddings = of(things);
            let negatives = match negatives {
                Negatives::None => None,
                Negatives::Others => Some(without(embeddings, index)),
                Negatives::Mean => all.map(|all| of(all).clone()),
            };
            question(embeddings.clone().narrow(0, index, 1), negatives)
        };
        let mut seen = Self {
            networks,
            layer,
            target: ask(|embedded| &embedded.trained)?,
            random_target: ask(|embedded| &embedded.random)?,
            region: thing.outline.region(image.size()),
            image,
            concept: thing.name.clone(),
            score: 0.0,
        };
        seen.score = seen.scores(std::slice::from_ref(&seen.image))?[0];
        Ok(seen)
    }

    /// How similar images are to the concept.
    pub fn scores(&self, images: &[Image]) -> Result<Vec<f32>, Error> {
        let network = self.networks.trained;
        let embeddings = network.embed(tensor(network, images));
        read(self.target.scores(embeddings))
    }

    /// The finished map of an image.
    pub fn map(&self, method: &dyn Method, image: &Image) -> Result<Map, Error> {
        map((self.networks.trained, &*self.target), self.layer, method, image)
    }

    /// The same by the network that knows nothing.
    pub fn random_map(&self, method: &dyn Method) -> Result<Map, Error> {
        map((self.networks.random, &*self.random_target), self.layer, method, &self.image)
    }
}

fn map(
    (network, target): (&ConvNet, &dyn Target),
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

/// All rows but one, `[n, d]` to `[n − 1, d]`.
fn without(embeddings: &Tensor<2>, index: usize) -> Tensor<2> {
    let [rows, _] = embeddings.dims();
    let parts = [(0, index), (index + 1, rows - index - 1)];
    let parts = parts.into_iter().filter(|&(_, count)| count > 0);
    Tensor::cat(parts.map(|(start, count)| embeddings.clone().narrow(0, start, count)).collect(), 0)
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
