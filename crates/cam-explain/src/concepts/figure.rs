use cam_viz::{ColorBar, Colormap, FigureStyle, Map, OverlayStyle, Panel, legend};
use image::RgbImage;

use super::ConceptsAs;
use super::segmentation::{Found, Segmentation};
use crate::drawing::{Figure, edges, lay_over};
use crate::error::Error;
use crate::explain::unseen;

/// Pictures beside each other.
const IN_A_ROW: usize = 4;

/// Concepts that have a picture of their own, and a line of the legend.
pub const SHOWN: usize = 12;

/// Image, segmentation and legend, and below them the maps with the largest shares.
///
/// # Errors
/// Where a map cannot be drawn.
pub fn rows(
    segmented: &Segmentation<'_, '_>,
    name: &str,
    colours: &RgbImage,
    look: &OverlayStyle,
) -> Result<Vec<Vec<Panel>>, Error> {
    let style = FigureStyle::default();
    let order = segmented.by_share();
    let shown = &order[..order.len().min(SHOWN)];
    let entries: Vec<_> = shown
        .iter()
        .map(|&index| {
            let Found { name, share, .. } = &segmented.concepts[index];
            (index, name.clone(), format!("{:.0} %", share * 100.0))
        })
        .collect();
    let left_out = order.len() - shown.len();
    let mut caption = vec!["what the colours mean".to_owned()];
    if left_out > 0 {
        caption.push(format!("{left_out} with smaller shares are left out"));
    }
    let query = style.shrink(&segmented.captured.picture.pixels);
    let mut of_query = vec![format!("query: {}", name)];
    of_query.extend(segmented.captured.condition.caption());
    let mut of_colours = vec![
        "which concept is where?".to_owned(),
        format!("nothing on {:.0} %", segmented.nothing * 100.0),
    ];
    let window = segmented.captured.window();
    of_colours.extend(unseen(&window));
    of_colours.extend(edges(segmented.upsampling.kind()));
    let mut rows = vec![vec![
        Panel { image: query, caption: of_query },
        Panel { image: style.shrink(colours), caption: of_colours },
        Panel { image: legend(&entries, style.cell_height), caption },
    ]];
    // One scale for all: a concept that is hardly there must not look like one that is.
    let largest = largest(&segmented.maps, look.colormap);
    let singles = shown.iter().map(|&index| {
        let map = (&segmented.maps[index], &segmented.upsampling);
        let drawn = lay_over(&segmented.picture, &window, map, largest, look)?;
        let image = style.shrink(&drawn);
        let Found { name, score, .. } = &segmented.concepts[index];
        Ok(Panel { image, caption: vec![format!("Where is {name}?"), format!("score {score:.3}")] })
    });
    let singles = singles.collect::<Result<Vec<_>, Error>>()?;
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

/// All images' rows, under what they were asked: model, method, layer, how many concepts, and as what.
pub fn figure(
    rows: Vec<Vec<Panel>>,
    (model, method, layer): (&str, &str, &str),
    (concepts, by): (usize, ConceptsAs),
    colormap: Colormap,
) -> Figure {
    let title = format!("{model}, {method} at {layer}, {concepts} concepts as {by}");
    let (low, high) = match colormap {
        Colormap::Diverging => ("against", "for, most of all concepts"),
        _ => ("none", "most of all concepts"),
    };
    let color_bar = ColorBar { colormap, low: low.to_owned(), high: high.to_owned() };
    Figure { title: Some(title), rows, color_bar: Some(color_bar) }
}
