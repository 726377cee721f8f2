use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use cam_viz::{FigureStyle, Map, OverlayStyle, Window, draw_seen, overlay, picture_bytes};
use image::RgbImage;

use super::KEPT;
use super::results::{Found, Line, Results};
use crate::failure::{Failure, message};
use crate::output::{file_name, write};
use crate::source::Source;
use crate::{interrupt, print, progress};

/// What the strongest colour stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// The largest value in the image, of all concepts.
    Image,
    /// The largest value of the concept, in all images.
    Concept,
    /// The largest value of all.
    Global,
    /// A number.
    Fixed(f32),
}

impl Scale {
    /// Reads one of the words or a number.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "image" => Ok(Self::Image),
            "concept" => Ok(Self::Concept),
            "global" => Ok(Self::Global),
            number => match number.parse::<f32>() {
                Ok(value) if value > 0.0 && value.is_finite() => Ok(Self::Fixed(value)),
                _ => Err(Failure::usage(format!(
                    "`--scale {number}`: it is image, concept, global or a positive number"
                ))),
            },
        }
    }
}

/// Draws every image with every concept's map over it; what was drawn on this scale before is not
/// drawn again. How many pictures there are.
pub fn pictures(
    folder: &Path,
    root: &Path,
    results: &Results,
    scale: Scale,
) -> Result<usize, Failure> {
    let folder = folder.join("pictures");
    fs::create_dir_all(&folder)
        .with_context(|| format!("making the folder {}", folder.display()))
        .map_err(Failure::Output)?;
    let mut largest: HashMap<String, f32> = HashMap::new();
    results.each(|line| {
        for found in &line.concepts {
            let most = largest.entry(found.concept.clone()).or_default();
            *most = most.max(maximum(found));
        }
        Ok(())
    })?;
    let all = largest.values().copied().fold(0.0, f32::max);
    // Pictures of another scale, as before more images came, would not be comparable.
    let mut scales: Vec<(String, f32)> = largest.iter().map(|(k, &v)| (k.clone(), v)).collect();
    scales.sort_by(|a, b| a.0.cmp(&b.0));
    let stamp = format!("{scale:?} {scales:?}\n");
    let stamp_file = folder.join("scale.txt");
    let is_same = fs::read_to_string(&stamp_file).is_ok_and(|kept| kept == stamp);
    if !is_same {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry.with_context(|| folder.display().to_string())?.path();
            if path.extension().is_some_and(|end| end == "jpg") {
                fs::remove_file(&path).with_context(|| path.display().to_string())?;
            }
        }
        write(&stamp_file, stamp.as_bytes())?;
    }
    let bar = progress::images(results.count());
    let mut names = BTreeSet::new();
    results.each(|line| {
        interrupt::check(KEPT)?;
        bar.inc(1);
        let of_image = line.concepts.iter().map(maximum).fold(0.0, f32::max);
        let mut image = None;
        for found in &line.concepts {
            let name = format!("{}.{}", line.path.replace('/', "_"), found.concept);
            let path = folder.join(format!("{}.jpg", file_name(&name)));
            if !names.insert(path.clone()) {
                return Err(anyhow!("two pictures are called {}", path.display()).into());
            }
            if path.exists() {
                continue;
            }
            if image.is_none() {
                match Source::File(root.join(&line.path)).picture(false) {
                    Ok(picture) => image = Some(FigureStyle::default().shrink(&picture.pixels)),
                    Err(Failure::Failed(error)) => {
                        print::error(message(&error));
                        return Ok(());
                    }
                    Err(failure) => return Err(failure),
                }
            }
            let Some(image) = &image else { continue };
            let strongest = match scale {
                Scale::Image => of_image,
                Scale::Concept => largest[&found.concept],
                Scale::Global => all,
                Scale::Fixed(value) => value,
            };
            let strongest = strongest.max(f32::MIN_POSITIVE);
            let [height, width] = found.size;
            let shares = found.map.iter().map(|value| (value / strongest).clamp(0.0, 1.0));
            let map = Map::new(width, height, shares.collect()).context("a map")?;
            let window = window(&line);
            let map = map.onto(&window, image.width() as usize, image.height() as usize);
            let map = map.context("resizing a map")?;
            let draw = |part: &RgbImage| overlay(part, &map, &OverlayStyle::default());
            let drawn = draw_seen(image, &window, draw);
            let drawn = drawn.context("laying a map over its image")?;
            let bytes = picture_bytes(&path, &drawn).context("writing a picture");
            write(&path, &bytes.map_err(Failure::Output)?)?;
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok(names.len())
}

/// Where the maps lie on the image.
fn window(line: &Line) -> Window {
    let placed = line.condition.as_ref().zip(line.pixels);
    let window =
        placed.and_then(|(image, [width, height])| Window::of(image.window, (width, height)));
    window.unwrap_or(Window::WHOLE)
}

fn maximum(found: &Found) -> f32 {
    found.map.iter().copied().fold(0.0, f32::max)
}
