use anyhow::Context as _;
use cam_viz::{
    ColorBar, Colormap, Figure, FigureStyle, Map, OverlayStyle, Panel, draw_seen, legend, overlay,
};
use image::RgbImage;

use super::segments::{Document, Found, Segmented};
use crate::explain::unseen;
use crate::failure::Failure;

/// Pictures beside each other.
const IN_A_ROW: usize = 4;

/// Concepts that have a picture of their own, and a line of the legend.
pub const SHOWN: usize = 12;

/// Query, segmentation and legend, and below them the maps with the largest shares.
pub fn rows(
    segmented: &Segmented,
    order: &[usize],
    colours: RgbImage,
) -> Result<Vec<Vec<Panel>>, Failure> {
    let style = FigureStyle::default();
    let report = &segmented.report;
    let shown = &order[..order.len().min(SHOWN)];
    let entries: Vec<_> = shown
        .iter()
        .map(|&index| {
            let Found { name, share, .. } = &report.concepts[index];
            (index, name.clone(), format!("{:.0} %", share * 100.0))
        })
        .collect();
    let left_out = order.len() - shown.len();
    let mut caption = vec!["what the colours mean".to_owned()];
    if left_out > 0 {
        caption.push(format!("{left_out} with smaller shares are left out"));
    }
    let query = style.shrink(&segmented.input.picture.pixels);
    let mut of_query = vec![format!("query: {}", report.name)];
    of_query.extend(segmented.input.condition.caption());
    let mut of_colours = vec![
        "which concept is where?".to_owned(),
        format!("nothing on {:.0} %", report.nothing * 100.0),
    ];
    let window = segmented.input.window();
    of_colours.extend(unseen(&window));
    let mut rows = vec![vec![
        Panel { image: query, caption: of_query },
        Panel { image: style.shrink(&colours), caption: of_colours },
        Panel { image: legend(&entries, style.cell_height), caption },
    ]];
    // One scale for all: a concept that is hardly there must not look like one that is.
    let largest = segmented.maps.iter().map(Map::max).fold(f32::MIN_POSITIVE, f32::max);
    let singles = shown.iter().map(|&index| {
        let map = &segmented.maps[index];
        let values = map.values().iter().map(|value| (value / largest).clamp(0.0, 1.0)).collect();
        let map = Map::new(map.width(), map.height(), values).context("a map of positions")?;
        let (width, height) = segmented.picture.dimensions();
        let map = map.onto(&window, width as usize, height as usize).context("resizing a map")?;
        let draw = |part: &RgbImage| overlay(part, &map, &OverlayStyle::default());
        let image = draw_seen(&segmented.picture, &window, draw);
        let image = style.shrink(&image.context("laying a map over its image")?);
        let Found { name, score, .. } = &report.concepts[index];
        Ok(Panel { image, caption: vec![format!("Where is {name}?"), format!("score {score:.3}")] })
    });
    let singles = singles.collect::<Result<Vec<_>, anyhow::Error>>()?;
    rows.extend(singles.chunks(IN_A_ROW).map(<[Panel]>::to_vec));
    Ok(rows)
}

/// All queries' rows.
pub fn figure(rows: Vec<Vec<Panel>>, document: &Document) -> RgbImage {
    let Document { model, method, layer, concepts_as, concepts, .. } = document;
    let title =
        format!("{model}, {method} at {layer}, {} concepts as {concepts_as}", concepts.len());
    let color_bar = ColorBar {
        colormap: Colormap::default(),
        low: "none".to_owned(),
        high: "most of all concepts".to_owned(),
    };
    let figure = Figure { title: Some(title), rows, color_bar: Some(color_bar) };
    figure.render(&FigureStyle::default())
}
