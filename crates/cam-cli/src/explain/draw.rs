use anyhow::Context as _;
use cam_core::Arithmetic;
use cam_viz::{Colormap, FigureStyle, Map, Panel, overlay, overlay_compat, overlay_signed};
use image::RgbImage;
use image::imageops::{self, FilterType};

use super::{Answer, Input, Kind, Session, Settings};
use crate::failure::Failure;

/// Of a figure's cell, in its heights.
const WIDEST: u32 = 3;

/// One overlay per answer: at the query's own size, or at the input's in compat mode, where the
/// reference lays the map over what the network sees.
pub fn overlays(
    settings: &Settings,
    input: &Input,
    answers: &[Answer],
) -> Result<Vec<RgbImage>, Failure> {
    answers.iter().map(|answer| lay_over(settings, input, answer)).collect()
}

fn lay_over(settings: &Settings, input: &Input, answer: &Answer) -> Result<RgbImage, Failure> {
    let compat = settings.arithmetic == Arithmetic::PytorchGradCam;
    let image = if compat { input.seen() } else { input.picture.pixels.clone() };
    let (width, height) = (image.width() as usize, image.height() as usize);
    let laid_over = if settings.style.colormap == Colormap::Diverging {
        let map = signed(answer, width, height)?;
        overlay_signed(&image, &map, settings.style.image_weight)
    } else {
        let map = answer.map.resize(width, height).context("resizing a map")?;
        if compat {
            overlay_compat(&image, &map, &settings.style)
        } else {
            overlay(&image, &map, &settings.style)
        }
    };
    Ok(laid_over.context("laying a map over its image")?)
}

/// The signed map at the image's size; several layers count alike.
fn signed(answer: &Answer, width: usize, height: usize) -> Result<Map, Failure> {
    let mut sum = vec![0.0; width * height];
    for raw in &answer.raw {
        let largest = raw.max().max(-raw.min()).max(f32::MIN_POSITIVE);
        let resized = raw.resize(width, height).context("resizing a map")?;
        for (sum, value) in sum.iter_mut().zip(resized.values()) {
            *sum += value / largest;
        }
    }
    Ok(Map::new(width, height, sum).context("a map of the image's size")?)
}

/// A row for each concept (concept, query, where it is, where it is not) and for each class
/// (query, overlay).
pub fn rows(
    session: &Session<'_>,
    input: &Input,
    name: &str,
    answers: &[Answer],
    overlays: &[RgbImage],
) -> Vec<Vec<Panel>> {
    let query = panel_size(&input.picture.pixels);
    let mut rows: Vec<Vec<Panel>> = Vec::new();
    for (answer, overlay) in answers.iter().zip(overlays) {
        if answer.subject.kind != Kind::Difference {
            let concept = answer.subject.concept.and_then(|index| session.concepts.get(index));
            let mut row: Vec<Panel> = concept
                .map(|concept| picture(&concept.picture, "concept", &concept.name, concept.damaged))
                .into_iter()
                .collect();
            row.push(picture(&query, "query", name, input.picture.damaged()));
            rows.push(row);
        }
        if let Some(row) = rows.last_mut() {
            row.push(Panel {
                image: panel_size(overlay),
                caption: vec![question(answer), number(session.settings, answer)],
            });
        }
    }
    rows
}

/// A picture no larger than a figure shows it, so that a figure of many keeps none at its full size.
///
/// A figure then draws it as it is: same size, same filter.
pub fn panel_size(image: &RgbImage) -> RgbImage {
    let (width, height) = image.dimensions();
    let cell = FigureStyle::default().cell_height;
    let (widest, highest) = (f64::from(WIDEST * cell), f64::from(cell));
    let scale = (widest / f64::from(width)).min(highest / f64::from(height));
    if scale >= 1.0 || scale.is_nan() {
        return image.clone();
    }
    let side = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    imageops::resize(image, side(width), side(height), FilterType::CatmullRom)
}

fn picture(image: &RgbImage, role: &str, name: &str, damaged: bool) -> Panel {
    let mut caption = vec![format!("{role}: {name}")];
    if damaged {
        caption.push("damaged file".to_owned());
    }
    Panel { image: image.clone(), caption }
}

/// The question in words.
pub fn question(answer: &Answer) -> String {
    let name = &answer.subject.name;
    match answer.subject.kind {
        Kind::Similarity => format!("Where is {name}?"),
        Kind::Difference => format!("Where is {name} not?"),
        Kind::Class => format!("What speaks for {name}?"),
    }
}

/// The number that belongs to it.
pub fn number(settings: &Settings, answer: &Answer) -> String {
    use crate::arguments::TargetName::{Cosine, Softmax};
    let score = answer.score;
    let mut text = match (answer.subject.kind, answer.cosine) {
        (Kind::Class, _) if settings.of_classes == Softmax => format!("probability {score:.3}"),
        (Kind::Class, _) => format!("logit {score:.3}"),
        (Kind::Similarity, Some(cosine)) if settings.of_concepts == Cosine => {
            format!("cosine {cosine:.3}")
        }
        (Kind::Difference, Some(cosine)) if settings.of_concepts == Cosine => {
            format!("1 − cosine = {:.3}", 1.0 - cosine)
        }
        (Kind::Difference, cosine) => {
            format!("1 − score = {score:.3}, cosine {:.3}", cosine.unwrap_or(f32::NAN))
        }
        (_, cosine) => format!("score {score:.3}, cosine {:.3}", cosine.unwrap_or(f32::NAN)),
    };
    if answer.degenerate {
        text.push_str(" (nothing found)");
    }
    text
}

#[cfg(test)]
mod tests {
    use cam_viz::Figure;
    use image::Rgb;

    use super::*;

    #[test]
    fn a_figure_of_shrunk_pictures_is_the_figure_of_the_pictures() {
        for (width, height) in [(1000, 700), (700, 1000), (4000, 10), (3, 3000), (200, 160)] {
            let image = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 90]));
            let drawn = |image: RgbImage| {
                let panel = Panel { image, caption: Vec::new() };
                let figure = Figure { rows: vec![vec![panel]], ..Figure::default() };
                figure.render(&FigureStyle::default())
            };
            assert!(drawn(panel_size(&image)) == drawn(image), "{width}×{height}");
        }
    }
}
