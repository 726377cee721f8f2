//! What images have in common, found without a question: deep feature factorization.

use burn::tensor::Tensor;
use cam_core::methods::factorize;
use cam_core::{Layer, Network as _};
use cam_store::ConceptSet;
use cam_viz::{FigureStyle, Map, Panel, Upsampling, legend};

use crate::concepts::{ConceptsAs, Winners, check, other_fit, target};
use crate::drawing::{Figure, edges};
use crate::error::{Context as _, Error};
use crate::explain::{Clock, Input, Size, unseen};
use crate::model::Model;
use crate::source::Source;
use crate::tensors::read;

/// Images at most: their activations lie in memory together, and in one figure.
pub const MOST_IMAGES: usize = 128;

/// The share of the image in a segmentation.
const IMAGE_WEIGHT: f32 = 0.45;

/// How images are factorized.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many parts are looked for.
    pub parts: usize,
    /// Steps of the factorization.
    pub steps: usize,
    /// Where random numbers begin.
    pub seed: u64,
}

/// A direction that several images share.
#[derive(Debug, Clone)]
pub struct Part {
    /// `part 1`, and so on.
    pub name: String,
    /// The most similar concept and its cosine, where concepts were given.
    pub concept: Option<(String, f32)>,
}

/// For each image, the share of what the network saw of it where each part is the strongest.
pub type Shares = Vec<Vec<f32>>;

/// What images have in common.
pub struct Factorized {
    /// The images as they were read.
    pub inputs: Vec<Input>,
    /// The parts.
    pub parts: Vec<Part>,
    /// How much of each part is where, image by image: `[images, parts, h', w']`.
    pub maps: Vec<f32>,
    /// Height and width of a map.
    pub size: [usize; 2],
    /// Share of the activations that the parts leave out.
    pub residual: f32,
    /// How the maps of each image come to its picture.
    upsampling: Vec<Upsampling>,
    /// Each part's length: one that is twice as long counts twice, for what is shown is how much of the activations
    /// it is.
    lengths: Vec<f32>,
}

impl Model {
    /// Factorizes the activations of images at a layer; parts are called after the concepts most like them, where a set
    /// is given.
    ///
    /// # Errors
    /// Where an image cannot be read, images come to different sizes, or concepts do not fit the layer.
    ///
    /// # Examples
    /// ```
    /// use cam_explain::factorization::Settings;
    /// use cam_explain::{Model, Source, photographs};
    ///
    /// let model = Model::open("efficientnet-lite0")?;
    /// let images = [("cat", photographs::CAT), ("coffee", photographs::COFFEE)].map(Source::from);
    /// let settings = Settings { parts: 3, steps: 20, seed: 0 };
    /// let found = model.factorize(&images, model.layer_or_last(None)?, settings, None)?;
    /// assert_eq!((found.parts.len(), found.inputs.len()), (3, 2));
    /// assert!((0.0..1.0).contains(&found.residual));
    /// # Ok::<(), cam_explain::Error>(())
    /// ```
    pub fn factorize(
        &self,
        images: &[Source],
        layer: Layer,
        settings: Settings,
        concepts: Option<&ConceptSet>,
    ) -> Result<Factorized, Error> {
        if images.len() > MOST_IMAGES {
            return Err(Error::usage(format_args!(
                "{} images are too many to be looked at together; the most is {MOST_IMAGES}",
                images.len()
            )));
        }
        if self.reading().size == Size::Native {
            return Err(Error::usage("images are looked at together: give them one size"));
        }
        let network = self.network();
        let (mut inputs, mut activations) = (Vec::new(), Vec::new());
        for source in images {
            self.environment().cancel.check("nothing was written")?;
            let input = Input::read(source, self, &mut Clock::start())?;
            same_size(inputs.first(), &input)?;
            activations.push(network.forward_to(input.tensor.clone(), layer).grid);
            inputs.push(input);
        }
        let Settings { parts: count, steps, seed } = settings;
        let found = factorize(&Tensor::cat(activations, 0), count, steps, seed)?;
        let names = match concepts {
            None => vec![None; count],
            Some(set) => self.named(set, found.concepts.clone())?,
        };
        let directions = read(found.concepts)?;
        let length =
            |direction: &[f32]| direction.iter().map(|value| value * value).sum::<f32>().sqrt();
        let lengths = directions.chunks(directions.len() / count).map(length).collect();
        let [_, _, h, w] = found.maps.dims();
        let part = |(index, concept)| Part { name: format!("part {}", index + 1), concept };
        let upsampling = inputs.iter().map(|input| self.upsampling(&input.pixels));
        Ok(Factorized {
            upsampling: upsampling.collect::<Result<_, Error>>()?,
            inputs,
            parts: names.into_iter().enumerate().map(part).collect(),
            maps: read(found.maps)?,
            size: [h, w],
            residual: found.residual,
            lengths,
        })
    }

    /// The concept most like each direction `[parts, channels]`.
    fn named(
        &self,
        set: &ConceptSet,
        directions: Tensor<2>,
    ) -> Result<Vec<Option<(String, f32)>>, Error> {
        check(set, self, "the file of concepts")?;
        other_fit(set, self);
        let target = target(set, ConceptsAs::Prototypes)?;
        if directions.dims()[1] != target.width() {
            return Err(Error::usage(
                "parts can be named at the last layer, whose channels are those of the embedding",
            ));
        }
        let scores = read(target.scores(directions))?;
        let best = |scores: &[f32]| {
            let names = set.concepts().iter().map(|concept| concept.name.clone());
            names.zip(scores.iter().copied()).max_by(|a, b| a.1.total_cmp(&b.1))
        };
        Ok(scores.chunks(set.concepts().len()).map(best).collect())
    }
}

impl Factorized {
    /// A row of the figure for each image, under these names, and the shares of its parts.
    ///
    /// # Errors
    /// Where a map cannot be resized so far.
    pub fn rows(&self, names: &[String]) -> Result<(Vec<Vec<Panel>>, Shares), Error> {
        let style = FigureStyle::default();
        let ([h, w], count) = (self.size, self.parts.len());
        let (mut rows, mut all_shares) = (Vec::new(), Vec::new());
        let images = self.inputs.iter().zip(&self.upsampling).zip(names);
        for (((input, upsampling), name), maps) in images.zip(self.maps.chunks(count * h * w)) {
            let picture = style.shrink(&input.picture.pixels);
            let mut winners =
                Winners::new(picture.dimensions(), input.window(), upsampling.clone());
            for (part, (values, length)) in maps.chunks(h * w).zip(&self.lengths).enumerate() {
                let values = values.iter().map(|value| value * length).collect();
                winners.enter(part, &Map::new(w, h, values).context("a map of positions")?)?;
            }
            let shares = winners.shares(count);
            let colours = winners.draw(&picture, IMAGE_WEIGHT);
            let of_picture = [name.clone()].into_iter().chain(input.condition.caption());
            let of_colours = ["the strongest part".to_owned()].into_iter();
            let of_colours =
                of_colours.chain(unseen(&input.window())).chain(edges(upsampling.kind()));
            let legend = legend(&self.entries(&shares), style.cell_height);
            rows.push(vec![
                Panel { image: picture, caption: of_picture.collect() },
                Panel { image: colours, caption: of_colours.collect() },
                Panel { image: legend, caption: vec![] },
            ]);
            all_shares.push(shares);
        }
        Ok((rows, all_shares))
    }

    /// The figure of such rows.
    pub fn figure(&self, rows: Vec<Vec<Panel>>, model: &str, layer: &str) -> Figure {
        let title = format!("{} parts at {layer} of {model}", self.parts.len());
        Figure { title: Some(title), rows, color_bar: None }
    }

    fn entries(&self, shares: &[f32]) -> Vec<(usize, String, String)> {
        let entry = |(index, (part, share)): (usize, (&Part, &f32))| {
            let concept = part.concept.as_ref();
            let name =
                concept.map_or(part.name.clone(), |(name, _)| format!("{}: {name}", part.name));
            (index, name, format!("{:.0} %", share * 100.0))
        };
        self.parts.iter().zip(shares).enumerate().map(entry).collect()
    }
}

/// That an image comes to the size of the first one: their activations lie in one tensor.
fn same_size(first: Option<&Input>, input: &Input) -> Result<(), Error> {
    let words = |input: &Input| {
        let [height, width] = input.size();
        format!("{} comes to {width}×{height}", input.source)
    };
    match first {
        Some(first) if first.size() != input.size() => Err(Error::usage(format_args!(
            "images are looked at together, at one size, but {} and {}: use fit pad or another size",
            words(first),
            words(input)
        ))),
        _ => Ok(()),
    }
}
