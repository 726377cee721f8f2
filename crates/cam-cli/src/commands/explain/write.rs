use std::borrow::{Borrow, Cow};
use std::path::Path;

use anyhow::Context as _;
use cam_models::Fit;
use cam_viz::{Map, Panel, npy_bytes, png16_bytes};
use image::RgbImage;

use cam_explain::{Answer, Captured, ChosenMethod, Input, drawing};

use super::report::Document;
use super::{Session, Settings};
use crate::failure::Failure;
use crate::output::{Pattern, picture, write};
use crate::print;

/// Writes a query's overlays and arrays; gives the files' names.
pub fn files(
    session: &Session<'_>,
    (query, questions): (&str, &[String]),
    input: &Captured<'_>,
    answers: &[Answer],
    overlays: &[RgbImage],
) -> Result<Vec<String>, Failure> {
    let outputs = &session.settings.outputs;
    let mut written = Vec::new();
    let mut put = |path: &Path, bytes: &[u8]| {
        written.push(path.display().to_string());
        write(path, bytes)
    };
    if let Some(pattern) = &outputs.overlay {
        for (path, overlay) in
            session.names.overlays(pattern, query, questions).iter().zip(overlays)
        {
            put(path, &picture(path, overlay)?)?;
        }
    }
    if let Some(pattern) = &outputs.raw {
        let methods = &session.settings.methods;
        for (method, paths) in methods.iter().zip(session.names.raw(pattern, query)) {
            for (layer, path) in paths.iter().enumerate() {
                let maps: Vec<&Map> =
                    by(answers, &method.name).filter_map(|answer| answer.raw.get(layer)).collect();
                put(path, &array(&maps)?)?;
            }
        }
    }
    if let Some(pattern) = &outputs.map {
        let methods = &session.settings.methods;
        for (method, path) in methods.iter().zip(session.names.maps(pattern, query)) {
            let maps = by(answers, &method.name).map(|answer| on_the_picture(&answer.map, input));
            put(&path, &finished(pattern, &maps.collect::<Result<Vec<_>, _>>()?)?)?;
        }
    }
    Ok(written)
}

/// A finished map on all of the resized picture, without numbers where the network did not see it.
fn on_the_picture<'a>(map: &'a Map, input: &Input) -> Result<Cow<'a, Map>, Failure> {
    let placement = &input.placement;
    // A map of a padded picture was cut to the picture already.
    if placement.fit() == Fit::Pad || !placement.cuts() {
        return Ok(Cow::Borrowed(map));
    }
    let (x, y) = placement.offset();
    let corner = (x.unsigned_abs(), y.unsigned_abs());
    let (width, height) = placement.resized();
    let framed = map.framed(corner, width, height).with_context(|| input.source.to_string());
    Ok(Cow::Owned(framed?))
}

/// What one of the methods answered.
fn by<'a>(answers: &'a [Answer], method: &str) -> impl Iterator<Item = &'a Answer> {
    answers.iter().filter(move |answer| answer.method == method)
}

/// At which layers, where a method looks at any.
fn place(session: &Session<'_>) -> String {
    let is_everywhere = |method: &ChosenMethod| method.rule.is_of_network();
    match session.settings.methods.iter().all(is_everywhere) {
        true => String::new(),
        false => format!(" at {}", session.names.layers.join(" + ")),
    }
}

/// Writes the figure of all queries.
pub fn figure(
    session: &Session<'_>,
    rows: Vec<Vec<Panel>>,
    document: &mut Document,
) -> Result<(), Failure> {
    let Some(pattern) = &session.settings.outputs.figure else {
        return Ok(());
    };
    let name = session.model.name();
    let figure = drawing::Figure {
        title: Some(format!("{name}, {}{}", methods(session.settings), place(session))),
        rows,
        color_bar: Some(drawing::color_bar(session.settings.style.colormap)),
    };
    let path = session.names.figure(pattern);
    write(&path, &picture(&path, &figure.draw().0)?)?;
    if !pattern.is_stdout() {
        document.figure = Some(path.display().to_string());
        if session.settings.json || session.settings.outputs.use_stdout() {
            print::detail(format_args!("wrote {}", path.display()));
        } else {
            print::line(path.display())?;
        }
    }
    Ok(())
}

fn methods(settings: &Settings) -> String {
    let names: Vec<&str> = settings.methods.iter().map(|method| method.name.as_str()).collect();
    names.join(", ")
}

/// Maps of one size as an array `[maps, h, w]`.
fn array<M: Borrow<Map>>(maps: &[M]) -> Result<Vec<u8>, Failure> {
    let maps = || maps.iter().map(Borrow::borrow);
    let [height, width] = maps().next().map_or([0, 0], |map| [map.height(), map.width()]);
    let values: Vec<f32> = maps().flat_map(Map::values).copied().collect();
    npy_bytes(&[maps().count(), height, width], &values)
        .context("writing an array")
        .map_err(Failure::Output)
}

/// Finished maps as an array, or the only one as a 16-bit picture.
fn finished(pattern: &Pattern, maps: &[Cow<'_, Map>]) -> Result<Vec<u8>, Failure> {
    match maps {
        [map] if pattern.is_png() => {
            let written = png16_bytes(map).context("writing a 16-bit PNG");
            Ok(written.map_err(Failure::Output)?.0)
        }
        maps => array(maps),
    }
}
