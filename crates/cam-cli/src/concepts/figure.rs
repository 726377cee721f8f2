use anyhow::Context as _;
use cam_viz::{
    ColorBar, Colormap, Figure, FigureStyle, Map, OverlayStyle, Panel, Window, draw_seen, legend,
    overlay, overlay_signed_within,
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
    look: &OverlayStyle,
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
    let largest = largest(&segmented.maps, look.colormap);
    let singles = shown.iter().map(|&index| {
        let drawn =
            laid_over((&segmented.picture, &window), &segmented.maps[index], largest, look)?;
        let image = style.shrink(&drawn);
        let Found { name, score, .. } = &report.concepts[index];
        Ok(Panel { image, caption: vec![format!("Where is {name}?"), format!("score {score:.3}")] })
    });
    let singles = singles.collect::<Result<Vec<_>, anyhow::Error>>()?;
    rows.extend(singles.chunks(IN_A_ROW).map(<[Panel]>::to_vec));
    Ok(rows)
}

/// What the strongest colour stands for: the largest value, or magnitude where the sign is drawn.
fn largest(maps: &[Map], colormap: Colormap) -> f32 {
    let of_one = |map: &Map| match colormap {
        Colormap::Diverging => map.max().max(-map.min()),
        _ => map.max(),
    };
    maps.iter().map(of_one).fold(f32::MIN_POSITIVE, f32::max)
}

/// A map over its image, on the scale of all.
fn laid_over(
    (picture, window): (&RgbImage, &Window),
    map: &Map,
    largest: f32,
    look: &OverlayStyle,
) -> Result<RgbImage, anyhow::Error> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let onto = |map: &Map| map.onto(window, width, height).context("resizing a map");
    let drawn = if look.colormap == Colormap::Diverging {
        let map = onto(map)?;
        draw_seen(picture, window, |part: &RgbImage| {
            overlay_signed_within(part, &map, largest, look.image_weight)
        })
    } else {
        let values = map.values().iter().map(|value| (value / largest).max(0.0)).collect();
        let map =
            onto(&Map::new(map.width(), map.height(), values).context("a map of positions")?)?;
        draw_seen(picture, window, |part: &RgbImage| overlay(part, &map, look))
    };
    drawn.context("laying a map over its image")
}

/// All queries' rows.
pub fn figure(rows: Vec<Vec<Panel>>, document: &Document, colormap: Colormap) -> RgbImage {
    let Document { model, method, layer, concepts_as, concepts, .. } = document;
    let title =
        format!("{model}, {method} at {layer}, {} concepts as {concepts_as}", concepts.len());
    let (low, high) = match colormap {
        Colormap::Diverging => ("against", "for, most of all concepts"),
        _ => ("none", "most of all concepts"),
    };
    let color_bar = ColorBar { colormap, low: low.to_owned(), high: high.to_owned() };
    let figure = Figure { title: Some(title), rows, color_bar: Some(color_bar) };
    figure.render(&FigureStyle::default())
}
