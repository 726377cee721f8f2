use std::path::Path;

use anyhow::Context as _;
use cam_viz::{ColorBar, Colormap, Figure, FigureStyle, Map, Panel, npy_bytes, png16_bytes};
use image::RgbImage;

use super::{Answer, Document, Session, Settings};
use crate::failure::Failure;
use crate::output::{Pattern, picture, write};
use crate::print;

/// Writes a query's overlays and arrays; gives the files' names.
pub fn files(
    session: &Session<'_>,
    query: &str,
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
        for (path, overlay) in session.names.overlays(pattern, query).iter().zip(overlays) {
            put(path, &picture(path, overlay)?)?;
        }
    }
    if let Some(pattern) = &outputs.raw {
        for (method, paths) in session.names.raw(pattern, query).iter().enumerate() {
            for (layer, path) in paths.iter().enumerate() {
                let maps: Vec<&Map> =
                    by(answers, method).filter_map(|answer| answer.raw.get(layer)).collect();
                put(path, &array(&maps)?)?;
            }
        }
    }
    if let Some(pattern) = &outputs.map {
        for (method, path) in session.names.maps(pattern, query).iter().enumerate() {
            let maps: Vec<&Map> = by(answers, method).map(|answer| &answer.map).collect();
            put(path, &finished(pattern, &maps)?)?;
        }
    }
    Ok(written)
}

/// What one of the methods answered.
fn by(answers: &[Answer], method: usize) -> impl Iterator<Item = &Answer> {
    answers.iter().filter(move |answer| answer.method == method)
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
    let name = &session.model.network.description().name;
    let figure = Figure {
        title: Some(format!(
            "{name}, {} at {}",
            methods(session.settings),
            session.names.layers.join(" + ")
        )),
        rows,
        color_bar: Some(color_bar(session)),
    };
    let path = session.names.figure(pattern);
    write(&path, &picture(&path, &figure.render(&FigureStyle::default()))?)?;
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

fn color_bar(session: &Session<'_>) -> ColorBar {
    let colormap = session.settings.style.colormap;
    let (low, high) = match colormap {
        Colormap::Diverging => ("against", "for"),
        _ => ("none", "most"),
    };
    ColorBar { colormap, low: low.to_owned(), high: high.to_owned() }
}

/// Maps of one size as an array `[maps, h, w]`.
fn array(maps: &[&Map]) -> Result<Vec<u8>, Failure> {
    let [height, width] = maps.first().map_or([0, 0], |map| [map.height(), map.width()]);
    let values: Vec<f32> = maps.iter().flat_map(|map| map.values()).copied().collect();
    npy_bytes(&[maps.len(), height, width], &values)
        .context("writing an array")
        .map_err(Failure::Output)
}

/// Finished maps as an array, or the only one as a 16-bit picture.
fn finished(pattern: &Pattern, maps: &[&Map]) -> Result<Vec<u8>, Failure> {
    match maps {
        [map] if pattern.is_png() => {
            let written = png16_bytes(map).context("writing a 16-bit PNG");
            Ok(written.map_err(Failure::Output)?.0)
        }
        maps => array(maps),
    }
}
