use anyhow::Context as _;
use cam_core::Arithmetic;
use cam_viz::{Colormap, FigureStyle, Map, Panel, overlay, overlay_compat, overlay_signed};
use image::RgbImage;

use super::{Answer, Input, Kind, Session, Settings};
use crate::failure::Failure;

/// One overlay per answer: at the query's own size, or at the input's in compat mode, where the
/// reference lays the map over what the network sees.
pub fn overlays(
    settings: &Settings,
    input: &Input,
    answers: &[Answer],
) -> Result<Vec<RgbImage>, Failure> {
    let seen;
    let image = if settings.arithmetic == Arithmetic::PytorchGradCam {
        seen = input.seen();
        &seen
    } else {
        &input.picture.pixels
    };
    answers.iter().map(|answer| lay_over(settings, image, answer)).collect()
}

fn lay_over(settings: &Settings, image: &RgbImage, answer: &Answer) -> Result<RgbImage, Failure> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let laid_over = if settings.style.colormap == Colormap::Diverging {
        let map = signed(answer, width, height)?;
        overlay_signed(image, &map, settings.style.image_weight)
    } else {
        let map = answer.map.resize(width, height).context("resizing a map")?;
        match settings.arithmetic {
            Arithmetic::Standard => overlay(image, &map, &settings.style),
            Arithmetic::PytorchGradCam => overlay_compat(image, &map, &settings.style),
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
    let style = FigureStyle::default();
    let query = style.shrink(&input.picture.pixels);
    let mut rows: Vec<Vec<Panel>> = Vec::new();
    for (answer, overlay) in answers.iter().zip(overlays) {
        if answer.subject.kind != Kind::Difference && answer.method == 0 {
            let concept = answer.subject.concept.and_then(|index| session.concepts.get(index));
            let mut row: Vec<Panel> = concept
                .map(|concept| picture(&concept.picture, "concept", &concept.name, concept.damaged))
                .into_iter()
                .collect();
            row.push(picture(&query, "query", name, input.picture.damaged()));
            rows.push(row);
        }
        if let Some(row) = rows.last_mut() {
            let mut caption = vec![question(answer), number(session.settings, answer)];
            if session.settings.methods.len() > 1 {
                caption.push(session.settings.methods[answer.method].name.clone());
            }
            row.push(Panel { image: style.shrink(overlay), caption });
        }
    }
    rows
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
    use crate::arguments::TargetName::{Cosine, Finer, Rest, Softmax};
    let score = answer.score;
    let mut text = match (answer.subject.kind, answer.cosine) {
        (Kind::Class, _) if settings.of_classes == Softmax => format!("probability {score:.3}"),
        (Kind::Class, _) if settings.of_classes == Rest => {
            format!("logit + log probability {score:.3}")
        }
        (Kind::Class, _) if settings.of_classes == Finer => {
            format!("logit less its neighbours' {score:.3}")
        }
        (Kind::Class, _) => format!("logit {score:.3}"),
        (Kind::Similarity, Some(cosine)) if settings.contrasts => {
            format!("contrast {score:.3}, cosine {cosine:.3}")
        }
        (Kind::Difference, Some(cosine)) if settings.contrasts => {
            format!("1 − contrast = {score:.3}, cosine {cosine:.3}")
        }
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
