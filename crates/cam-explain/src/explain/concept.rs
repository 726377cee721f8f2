use cam_core::{Capture, Network as _};
use cam_viz::FigureStyle;
use image::RgbImage;

use super::condition::Condition;
use super::input::{Clock, Input};
use crate::error::{Error, failed};
use crate::model::Model;
use crate::paths::distinct;
use crate::source::Source;
use crate::tensors::read;

/// Something to look for: a direction of the embedding, and what it was made from.
#[derive(Debug, Clone)]
pub struct Concept {
    /// Its name.
    pub name: String,
    /// Where it came from, in words.
    pub origin: String,
    /// Its image, as a figure shows it; none of a vector.
    pub picture: Option<RgbImage>,
    /// What is to be known of that image; nothing of a vector.
    pub condition: Option<Condition>,
    /// Its embedding: finite, not zero, as wide as the network's.
    pub embedding: Vec<f32>,
}

impl Concept {
    /// A vector that was made elsewhere: by a text encoder, say, or from many images.
    ///
    /// # Errors
    /// Where it is not finite, or zero.
    pub fn of_vector(
        name: impl Into<String>,
        origin: impl Into<String>,
        embedding: Vec<f32>,
    ) -> Result<Self, Error> {
        let (name, origin) = (name.into(), origin.into());
        check(&origin, &embedding)?;
        Ok(Self { name, origin, picture: None, condition: None, embedding })
    }

    fn read(name: String, source: &Source, model: &Model) -> Result<Self, Error> {
        let input = Input::read(source, model, &mut Clock::start())?;
        let network = model.network();
        let capture = Capture::new(network, input.tensor, &[network.last_layer()?]);
        let capture = capture.map_err(|error| failed!("{source}: {error}"))?;
        let embedding = read(capture.embeddings())?;
        // Refused here, where the image can still be named.
        check(&source.to_string(), &embedding)?;
        let picture = Some(FigureStyle::default().shrink(&input.picture.pixels));
        let (origin, condition) = (source.to_string(), Some(input.condition));
        Ok(Self { name, origin, picture, condition, embedding })
    }
}

impl Model {
    /// Concepts of images, each named after its file, no two alike.
    ///
    /// # Errors
    /// Where an image cannot be read, or gives an embedding that is zero or not finite.
    pub fn embed<S: Into<Source>>(
        &self,
        images: impl IntoIterator<Item = S>,
    ) -> Result<Vec<Concept>, Error> {
        let named: Vec<_> = images.into_iter().map(|image| (None, image.into())).collect();
        self.embed_named(&named)
    }

    /// The same of images with names of their own, where they are given.
    ///
    /// # Errors
    /// As [`embed`](Self::embed).
    pub fn embed_named(&self, images: &[(Option<String>, Source)]) -> Result<Vec<Concept>, Error> {
        let names =
            images.iter().map(|(name, source)| name.clone().unwrap_or_else(|| source.stem()));
        let named = distinct(names).into_iter().zip(images);
        named
            .map(|(name, (_, source))| {
                self.environment().cancel.check("no concept was made")?;
                Concept::read(name, source, self)
            })
            .collect()
    }
}

/// That an embedding can be a concept.
pub(crate) fn check(origin: &str, embedding: &[f32]) -> Result<(), Error> {
    let made = cam_targets::Concepts::new(embedding.len(), vec![embedding.to_vec()]);
    made.map(|_| ()).map_err(|error| {
        // An input of a few pixels leaves many networks nothing to see.
        let hint = match error {
            cam_targets::Error::ZeroConcept { .. } => "; is the size of the input too small?",
            _ => "",
        };
        failed!("{origin} makes no concept: {error}{hint}")
    })
}
