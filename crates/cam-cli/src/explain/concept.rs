use anyhow::anyhow;
use cam_core::{Capture, Network as _};
use cam_viz::FigureStyle;
use image::RgbImage;

use super::condition::Condition;
use super::input::{Clock, Input};
use super::{Settings, questions};
use crate::failure::Failure;
use crate::model::Model;
use crate::output::distinct;
use crate::source::Source;

/// Something to look for.
pub struct Concept {
    /// Its name, no two alike.
    pub name: String,
    /// The image it was made from.
    pub source: Source,
    /// That image, as a figure shows it.
    pub picture: RgbImage,
    /// What is to be known of that image.
    pub condition: Condition,
    /// Its embedding.
    pub embedding: Vec<f32>,
}

impl Concept {
    /// Embeds every concept image.
    pub fn read_all(
        concepts: &[(Option<String>, Source)],
        settings: &Settings,
        model: &Model,
    ) -> Result<Vec<Self>, Failure> {
        let names =
            concepts.iter().map(|(name, source)| name.clone().unwrap_or_else(|| source.stem()));
        let named = distinct(names).into_iter().zip(concepts);
        named.map(|(name, (_, source))| Self::read(name, source, settings, model)).collect()
    }

    fn read(
        name: String,
        source: &Source,
        settings: &Settings,
        model: &Model,
    ) -> Result<Self, Failure> {
        let network = &model.network;
        let input = Input::read(source, &settings.reading, network, &mut Clock::start())?;
        let capture = Capture::new(network, input.tensor, &[network.last_layer()?]);
        let capture = capture.map_err(|error| anyhow!("{source}: {error}"))?;
        let embedding = questions::read(capture.embeddings())?;
        // Refused here, where the image can still be named.
        cam_targets::Concepts::new(embedding.len(), vec![embedding.clone()])
            .map_err(|error| anyhow!("{source} makes no concept: {error}{}", hint(&error)))?;
        let picture = FigureStyle::default().shrink(&input.picture.pixels);
        let (source, condition) = (source.clone(), input.condition);
        Ok(Self { name, source, picture, condition, embedding })
    }
}

/// What may lead to it: an input of a few pixels leaves many networks nothing to see.
fn hint(error: &cam_targets::Error) -> &'static str {
    match error {
        cam_targets::Error::ZeroConcept { .. } => "; is --size too small?",
        _ => "",
    }
}
