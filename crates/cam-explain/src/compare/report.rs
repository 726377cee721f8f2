use std::collections::BTreeMap;

use cam_core::{Network as _, Pair};
use cam_viz::{Map, Window};
use serde::Serialize;

use super::{Compared, Point};
use crate::error::Error;
use crate::explain::{Clock, Condition, Input, Mass};
use crate::model::Model;
use crate::text::printable;

/// A part of a cosine that is mentioned: as many digits as the cosine is told with.
const WORTH_SAYING: f64 = 0.0005;

/// What a comparison comes to, to be written as JSON or told in lines.
#[derive(Debug, Serialize)]
pub struct Report {
    schema_version: u32,
    cam_version: &'static str,
    model: String,
    weights: String,
    weights_prefix: String,
    weights_remarks: Vec<String>,
    weights_sha256: Option<String>,
    layer: String,
    upsample: &'static str,
    cosine: f32,
    /// Positions that are pooled, or patches as late attentions took from them.
    pairs: &'static str,
    /// What no pair adds: with the pairs' sum it is the cosine.
    #[serde(skip_serializing_if = "Option::is_none")]
    beside: Option<Beside>,
    images: [Side; 2],
    correspondences: Vec<Match>,
    points: Vec<Partners>,
    figure: Option<String>,
    milliseconds: BTreeMap<&'static str, f64>,
}

/// What of the cosine is of no pair.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Beside {
    /// The first image's patches with what no patch wrote of the second.
    first: f32,
    second: f32,
    /// What no patch wrote of either.
    rests: f32,
}

impl Beside {
    /// Of a pair that has such parts.
    pub fn of(pair: &Pair) -> Option<Self> {
        pair.beside().map(|cam_core::Beside { first, second, rests }| Self { first, second, rests })
    }

    /// For people, beside the sum of pairs; the images are called so.
    pub fn line(self, pairs: f64, [first, second]: [&str; 2]) -> String {
        let Self { first: a, second: b, rests } = self;
        let [first, second] = [first, second].map(printable);
        format!(
            "of which the late attentions make {pairs:.3} of pairs of patches, {a:.3} of {first}'s patches alone, {b:.3} of \
             {second}'s, and the rest is {rests:.3}"
        )
    }
}

/// What the pairs of a cosine are of.
pub fn pairs_of(pair: &Pair) -> &'static str {
    if pair.beside().is_some() { "token-contributions" } else { "positions" }
}

/// One of the two images.
#[derive(Debug, Serialize)]
struct Side {
    image: String,
    name: String,
    width: u32,
    height: u32,
    #[serde(flatten)]
    condition: Condition,
    /// Height and width of the layer.
    positions: [usize; 2],
    /// What each position adds to the cosine, row by row.
    map: Vec<f32>,
    /// Sum of the map: the cosine, to rounding, or the part of it that is of pairs.
    sum: f64,
    /// What of it lies on positions outside of the image, where it was padded.
    on_padding: f64,
    /// Where what speaks for the similarity lies.
    mass: Option<Mass>,
}

/// Two places that belong together.
#[derive(Debug, Serialize)]
struct Match {
    /// Across and down, in pixels of each image.
    from: [f32; 2],
    to: [f32; 2],
    contribution: f32,
}

/// What belongs to a point.
#[derive(Debug, Serialize)]
struct Partners {
    point: [u32; 2],
    /// What each position of the second image adds together with it, row by row.
    map: Vec<f32>,
    sum: f64,
    /// Where the largest is, across and down in pixels.
    best: [f32; 2],
}

impl Report {
    /// Of a comparison, of how its images were read, and of points that were asked for; with the file of its figure.
    pub fn new(
        (compared, inputs, points): (&Compared, &[Input; 2], &[Point]),
        model: &Model,
        figure: Option<String>,
        clock: Clock,
    ) -> Self {
        let Compared { names, pair, windows, .. } = compared;
        let sizes = pair.sizes();
        let in_pixels = |side: usize, position: usize| {
            let (width, height) = inputs[side].picture.pixels.dimensions();
            let [across, down] = compared.place(side, position);
            [across * width as f32, down * height as f32]
        };
        let [first, second] = pair.maps();
        let side = |side: usize, map: Vec<f32>| Side {
            image: inputs[side].source.to_string(),
            name: names[side].clone(),
            width: inputs[side].picture.pixels.width(),
            height: inputs[side].picture.pixels.height(),
            condition: inputs[side].condition.clone(),
            positions: sizes[side],
            sum: sum(&map),
            on_padding: sum_outside(compared, side, &map),
            mass: mass(&map, sizes[side], &windows[side]),
            map,
        };
        let matches = compared.correspondences().into_iter().map(|both| Match {
            from: in_pixels(0, both.positions[0]),
            to: in_pixels(1, both.positions[1]),
            contribution: both.contribution,
        });
        let partners = points.iter().filter_map(|point| {
            let map = pair.partners(point.position)?.to_vec();
            let shown = (0..map.len()).filter(|&position| compared.shows(1, position));
            let best = shown.max_by(|&a, &b| map[a].total_cmp(&map[b]))?;
            let best = in_pixels(1, best);
            Some(Partners { point: point.pixel, sum: sum(&map), map, best })
        });
        let layer = model.network().last_layer().map(|layer| model.layer_name(layer)).ok();
        Self {
            schema_version: 1,
            cam_version: env!("CARGO_PKG_VERSION"),
            model: model.name().to_owned(),
            weights: model.origin(),
            weights_prefix: model.place.prefix.clone(),
            weights_remarks: model.place.remarks.clone(),
            weights_sha256: None,
            layer: layer.unwrap_or_default(),
            upsample: model.upsample().name(),
            cosine: pair.cosine(),
            pairs: pairs_of(pair),
            beside: Beside::of(pair),
            images: [side(0, first), side(1, second)],
            correspondences: matches.collect(),
            points: partners.collect(),
            figure,
            milliseconds: clock.milliseconds(),
        }
    }

    /// The same with the digest of the weights: of a large file it takes a while, and only the document
    /// has a use for it.
    ///
    /// # Errors
    /// Where the weight file cannot be read.
    pub fn with_digest(self, model: &Model) -> Result<Self, Error> {
        Ok(Self { weights_sha256: Some(model.sha256()?), ..self })
    }

    /// The same for people.
    pub fn lines(&self) -> Vec<String> {
        let [first, second] = &self.images;
        let mut lines = vec![format!(
            "{} and {}: cosine {:.3}",
            printable(&first.name),
            printable(&second.name),
            self.cosine
        )];
        if let Some(beside) = self.beside {
            lines.push(format!("  {}", beside.line(first.sum, [&first.name, &second.name])));
        }
        for (side, other) in [(first, second), (second, first)] {
            let mass = side.mass.map_or_else(|| "nothing".to_owned(), Mass::words);
            lines.push(format!(
                "  what of {} is like {}: mass {mass}, adds up to {:.3}",
                printable(&side.name),
                printable(&other.name),
                side.sum
            ));
            if side.on_padding.abs() >= WORTH_SAYING {
                let share = side.on_padding;
                lines.push(format!("    of which {share:.3} lies on the padding around it"));
            }
        }
        for Match { from, to, contribution } in &self.correspondences {
            let [[x, y], [u, v]] = [from, to].map(|place| place.map(f32::round));
            lines.push(format!("  {x:>5}, {y:<5} belongs to {u:>5}, {v:<5} {contribution:.5}"));
        }
        for Partners { point: [x, y], best, sum, .. } in &self.points {
            let [u, v] = best.map(f32::round);
            lines.push(format!("  point {x}, {y}: most at {u}, {v}, adds up to {sum:.5}"));
        }
        lines.extend(self.figure.clone());
        lines
    }
}

fn sum(map: &[f32]) -> f64 {
    map.iter().map(|&value| f64::from(value)).sum()
}

/// The sum of positions that lie on no pixel of the image.
fn sum_outside(compared: &Compared, side: usize, map: &[f32]) -> f64 {
    let outside = map.iter().enumerate().filter(|(position, _)| !compared.shows(side, *position));
    outside.map(|(_, &value)| f64::from(value)).sum()
}

/// Where the positive part lies.
fn mass(map: &[f32], [rows, columns]: [usize; 2], window: &Window) -> Option<Mass> {
    Mass::of(&Map::new(columns, rows, map.to_vec()).ok()?.relu(), window)
}
