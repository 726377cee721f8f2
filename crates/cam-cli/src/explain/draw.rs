use anyhow::Context as _;
use cam_core::Arithmetic;
use cam_viz::{
    Colormap, FigureStyle, Map, MapError, Panel, Window, draw_seen, overlay, overlay_compat,
    overlay_signed,
};
use image::RgbImage;

use super::condition::{Condition, unseen};
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
    let (image, window) = if settings.arithmetic == Arithmetic::PytorchGradCam {
        seen = input.seen();
        (&seen, Window::WHOLE)
    } else {
        (&input.picture.pixels, input.window())
    };
    let lay_over = |answer| {
        draw_seen(image, &window, |part| {
            let drawn = lay_over(settings, part, answer, &window, image.dimensions());
            drawn.context("laying a map over its image")
        })
    };
    Ok(answers.iter().map(lay_over).collect::<Result<_, anyhow::Error>>()?)
}

/// An answer over the part of a picture of a size that the network saw.
fn lay_over(
    settings: &Settings,
    part: &RgbImage,
    answer: &Answer,
    window: &Window,
    (width, height): (u32, u32),
) -> Result<RgbImage, anyhow::Error> {
    let size = (width as usize, height as usize);
    if settings.style.colormap == Colormap::Diverging {
        let map = signed(answer, window, size)?;
        return Ok(overlay_signed(part, &map, settings.style.image_weight)?);
    }
    let map = answer.map.onto(&window.inside(), size.0, size.1)?;
    Ok(match settings.arithmetic {
        Arithmetic::Standard => overlay(part, &map, &settings.style),
        Arithmetic::PytorchGradCam => overlay_compat(part, &map, &settings.style),
    }?)
}

/// The signed map on the picture; several layers count alike.
fn signed(answer: &Answer, window: &Window, size: (usize, usize)) -> Result<Map, MapError> {
    let maps = answer.raw.iter().map(|raw| {
        let largest = raw.max().max(-raw.min()).max(f32::MIN_POSITIVE);
        raw.onto(window, size.0, size.1).map(|map| (map, largest))
    });
    let maps = maps.collect::<Result<Vec<_>, MapError>>()?;
    let (width, height) = maps.first().map_or((0, 0), |(map, _)| (map.width(), map.height()));
    let mut sum = vec![0.0; width * height];
    for (map, largest) in &maps {
        sum.iter_mut().zip(map.values()).for_each(|(sum, value)| *sum += value / largest);
    }
    Map::new(width, height, sum)
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
                .map(|concept| {
                    picture(&concept.picture, "concept", &concept.name, &concept.condition)
                })
                .into_iter()
                .collect();
            row.push(picture(&query, "query", name, &input.condition));
            rows.push(row);
        }
        if let Some(row) = rows.last_mut() {
            let mut caption = vec![question(answer), number(session.settings, answer)];
            if session.settings.methods.len() > 1 {
                caption.push(session.settings.methods[answer.method].name.clone());
            }
            caption.extend(unseen(&input.window()));
            row.push(Panel { image: style.shrink(overlay), caption });
        }
    }
    rows
}

fn picture(image: &RgbImage, role: &str, name: &str, condition: &Condition) -> Panel {
    let mut caption = vec![format!("{role}: {name}")];
    caption.extend(condition.caption());
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
