use cam_core::{Method, Target};
use cam_store::ConceptSet;
use cam_viz::{Map, Upsampling};
use image::RgbImage;
use image::imageops::{self, FilterType};
use serde::Serialize;

use super::winners::Winners;
use crate::error::{Context as _, Error};
use crate::explain::{Captured, Clock};
use crate::tensors::{maps, read};

/// The longer side of a segmentation, in pixels: finer than any layer.
const LONGEST: u32 = 640;

/// The share of the image in a segmentation.
const IMAGE_WEIGHT: f32 = 0.45;

/// How a concept was found.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// The target's score.
    pub score: f32,
    /// Share of what the network saw of the image where its map is the highest of all.
    pub share: f32,
    /// The least value of its raw map.
    pub raw_min: f32,
    /// The largest.
    pub raw_max: f32,
}

/// Which concept of a file is where in an image.
pub struct Segmentation<'c, 'm> {
    /// The image.
    pub captured: &'c Captured<'m>,
    /// Each concept's raw map, in the order of the file.
    pub maps: Vec<Map>,
    /// The image at the segmentation's size, in its own proportions.
    pub picture: RgbImage,
    /// In the order of the file.
    pub concepts: Vec<Found>,
    /// Share of what the network saw of the image where no concept is positive.
    pub nothing: f32,
    /// How maps come to the picture.
    pub(crate) upsampling: Upsampling,
    winners: Winners,
}

/// Asks a captured image for all concepts of a set at once, at its first layer.
///
/// # Errors
/// Where the device fails.
pub fn segment<'c, 'm>(
    captured: &'c Captured<'m>,
    method: &dyn Method,
    (set, target): (&ConceptSet, &dyn Target),
    clock: &mut Clock,
) -> Result<Segmentation<'c, 'm>, Error> {
    let explanation = captured.core().explain(method, target)?;
    let scores = read(explanation.scores.clone())?;
    let layer = explanation.layers.first().context("a layer was captured")?;
    let maps = maps(layer.maps.clone())?;
    clock.lap("explain");
    let pixels = &captured.picture.pixels;
    let (width, height) = pixels.dimensions();
    let scale = (f64::from(LONGEST) / f64::from(width.max(height))).min(1.0);
    let [w, h] = [width, height].map(|side| ((f64::from(side) * scale).round() as u32).max(1));
    let picture = match (w, h) == (width, height) {
        true => pixels.clone(),
        false => imageops::resize(pixels, w, h, FilterType::Triangle),
    };
    let upsampling = captured.upsampling()?;
    let mut winners = Winners::new((w, h), captured.window(), upsampling.clone());
    for (label, map) in maps.iter().enumerate() {
        winners.enter(label, map)?;
    }
    let shares = winners.shares(maps.len());
    let concepts = set.concepts().iter().zip(&maps).zip(scores).zip(&shares).map(
        |(((concept, map), score), &share)| Found {
            name: concept.name.clone(),
            score,
            share,
            raw_min: map.min(),
            raw_max: map.max(),
        },
    );
    let (concepts, nothing) = (concepts.collect(), 1.0 - shares.iter().sum::<f32>());
    clock.lap("segment");
    Ok(Segmentation { captured, maps, picture, concepts, nothing, upsampling, winners })
}

impl Segmentation<'_, '_> {
    /// The image with a colour for each concept.
    pub fn draw(&self) -> RgbImage {
        self.winners.draw(&self.picture, IMAGE_WEIGHT)
    }

    /// Concepts with the largest share first, the better score deciding between equal ones.
    pub fn by_share(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.concepts.len()).collect();
        let rank = |index: usize| (self.concepts[index].share, self.concepts[index].score);
        order.sort_by(|&a, &b| {
            let (a, b) = (rank(a), rank(b));
            b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
        });
        order
    }
}
