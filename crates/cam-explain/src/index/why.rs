use cam_core::Arithmetic;
use cam_store::index::Entry;
use cam_targets::{Concepts, Contrast};
use cam_viz::{FigureStyle, Map, Panel, Upsample, connect, draw_seen, overlay_signed};
use image::RgbImage;

use super::search::Searched;
use crate::drawing::edges;
use crate::error::{Context as _, Error};
use crate::explain::{MethodOptions, rule, usual};
use crate::tensors::read;

/// The share of the image in a signed overlay, where the map says nothing.
const IMAGE_WEIGHT: f32 = 0.3;

/// What in a query makes one image rank above another.
pub struct Why {
    names: [String; 2],
    /// Cosine to the one less cosine to the other.
    score: f32,
    over_query: RgbImage,
    upsample: Upsample,
    pictures: [RgbImage; 2],
}

/// Explains the triplet of the query and two images, by rank or path.
pub fn explain(search: &Searched<'_>, sides: [&str; 2]) -> Result<Why, Error> {
    let [first, second] = sides.map(|side| find(search, side));
    let entries = [first?, second?];
    let width = search.gallery.header().fingerprint.width;
    let [a, b] = entries.map(|entry| {
        let vector = search.gallery.vector(entry)?;
        Ok::<_, Error>(Concepts::new(width, vec![vector])?)
    });
    let target = Contrast::triplet(a?, b?)?;
    let usual = usual(search.query.model().network());
    let method = rule(usual, &MethodOptions::default(), Arithmetic::Standard)?;
    let explanation = search.query.core().explain(&*method, &target)?;
    let score = *read(explanation.scores.clone())?.first().context("one question")?;
    let maps = explanation.layers.first().context("one layer")?.maps.clone();
    let [_, _, h, w] = maps.dims();
    let map = Map::new(w, h, read(maps)?).context("a map of positions")?;
    let image = &search.query.picture.pixels;
    let window = search.query.window();
    let upsampling = search.query.upsampling()?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let map = map.upsample_onto(&upsampling, &window, width, height);
    let map = map.context("resizing a map")?;
    let draw = |part: &RgbImage| overlay_signed(part, &map, IMAGE_WEIGHT);
    let over_query = draw_seen(image, &window, draw).context("laying a map over")?;
    Ok(Why {
        names: entries.map(|entry| entry.image.path.to_string()),
        score,
        over_query,
        upsample: upsampling.kind(),
        pictures: entries.map(|entry| search.pictures.of(entry)),
    })
}

fn find<'a>(search: &'a Searched<'_>, side: &str) -> Result<&'a Entry, Error> {
    if let Some(entry) = search.gallery.get(side) {
        return Ok(entry);
    }
    let rank = side.parse::<usize>().ok().and_then(|rank| rank.checked_sub(1));
    let hit = rank.and_then(|rank| search.hits.get(rank)).ok_or_else(|| {
        Error::usage(format_args!(
            "{side} is neither a path in the index nor one of the {} ranks of this search",
            search.hits.len()
        ))
    })?;
    Ok(search.entry(hit))
}

impl Why {
    /// For people.
    pub fn line(&self) -> String {
        let [a, b] = &self.names;
        let than = if self.score < 0.0 { "less" } else { "more" };
        format!("{:.3} {than} similar to {a} than to {b}", self.score.abs())
    }

    /// The query with what speaks for either, and both.
    pub fn row(&self, style: &FigureStyle) -> Vec<Panel> {
        let [a, b] = &self.names;
        let over_query = Panel {
            image: style.shrink(&self.over_query),
            caption: [
                format!("red for {a}, blue for {b}"),
                format!("difference of cosines {:.3}", self.score),
            ]
            .into_iter()
            .chain(edges(self.upsample))
            .collect(),
        };
        let both = connect(self.pictures.each_ref(), &[], style.cell_height, style.gap);
        let both = Panel { image: both, caption: vec![a.clone(), format!("and {b}")] };
        vec![over_query, both]
    }
}
