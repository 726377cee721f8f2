use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cam_files::{remove_leftovers, write_atomically};
use cam_viz::{FigureStyle, Map, OverlayStyle, Upsample, Upsampling, Window, picture_bytes};
use image::RgbImage;

use super::KEPT;
use super::names::Names;
use super::results::{Found, Line, Results};
use crate::drawing::lay_over;
use crate::error::{Context as _, Error};
use crate::model::Model;
use crate::notice;
use crate::picture::Picture;
use crate::progress::Unit;
use crate::source::Source;

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

impl FromStr for Scale {
    type Err = Error;

    /// Reads one of the words or a number.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "image" => Ok(Self::Image),
            "concept" => Ok(Self::Concept),
            "global" => Ok(Self::Global),
            number => match number.parse::<f32>() {
                Ok(value) if value > 0.0 && value.is_finite() => Ok(Self::Fixed(value)),
                _ => Err(Error::usage(format_args!(
                    "scale `{number}`: it is image, concept, global or a positive number"
                ))),
            },
        }
    }
}

/// Draws every image with every concept's map over it; what was drawn on this scale before is not
/// drawn again. How many pictures there are.
pub fn pictures(
    names: &Names,
    root: &Path,
    results: &Results,
    scale: Scale,
    model: &Model,
) -> Result<usize, Error> {
    let environment = model.environment();
    remove_leftovers(names.folder());
    let largest = Largest::of(results)?;
    largest.start(names, results, (scale, model.upsample()))?;
    let bar = environment.bar(Unit::Images, results.count());
    let mut count = 0;
    results.each(|line| {
        environment.cancel.check(KEPT)?;
        bar.advance(1);
        let missing: Vec<(PathBuf, &Found)> =
            names.of(&line.path).zip(&line.concepts).filter(|(path, _)| !path.exists()).collect();
        count += line.concepts.len() - missing.len();
        if missing.is_empty() {
            return Ok(());
        }
        let source = Source::File(root.join(&line.path));
        let (image, upsampling) = match source.picture(model.reading().decoding, environment) {
            Ok(Picture { pixels, .. }) => (
                FigureStyle::default().shrink(&pixels),
                model.upsampling_on(&pixels, model.reading())?,
            ),
            Err(error @ Error::Failed(_)) => {
                notice::error(error.reason());
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        let folder = missing[0].0.parent().unwrap_or(names.folder());
        fs::create_dir_all(folder)
            .with_context(|| format!("making the folder {}", folder.display()))
            .map_err(Error::output)?;
        for (path, found) in missing {
            let strongest = largest.strongest(scale, &line, found);
            let found = (found, &window(&line), &upsampling);
            write(&path, &drawn(&path, &image, found, strongest)?)?;
            count += 1;
        }
        Ok(())
    })?;
    drop(bar);
    Ok(count)
}

/// A map over its image, `strongest` being the value of the strongest colour.
fn drawn(
    path: &Path,
    image: &RgbImage,
    (found, window, upsampling): (&Found, &Window, &Upsampling),
    strongest: f32,
) -> Result<Vec<u8>, Error> {
    let [height, width] = found.size;
    let map = Map::new(width, height, found.map.clone()).context("a map")?;
    let drawn = lay_over(image, window, (&map, upsampling), strongest, &OverlayStyle::default())?;
    picture_bytes(path, &drawn).context("writing a picture").map_err(Error::output)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_atomically(path, bytes).map_err(|error| Error::from(error).output())
}

/// The largest value of each concept in all images.
struct Largest(BTreeMap<String, f32>);

impl Largest {
    fn of(results: &Results) -> Result<Self, Error> {
        let mut largest: BTreeMap<String, f32> = BTreeMap::new();
        results.each(|line| {
            for found in &line.concepts {
                let most = largest.entry(found.concept.clone()).or_default();
                *most = most.max(maximum(found));
            }
            Ok(())
        })?;
        Ok(Self(largest))
    }

    /// Removes pictures of another scale, as of before more images came, or that were upsampled in another way: they
    /// would not be comparable.
    fn start(
        &self,
        names: &Names,
        results: &Results,
        (scale, upsample): (Scale, Upsample),
    ) -> Result<(), Error> {
        let mut stamp = match scale {
            Scale::Concept | Scale::Global => format!("{scale:?} {:?}\n", self.0),
            Scale::Image | Scale::Fixed(_) => format!("{scale:?}\n"),
        };
        if upsample != Upsample::default() {
            stamp += &format!("{upsample}\n");
        }
        let stamp_file = names.folder().join("scale.txt");
        if fs::read_to_string(&stamp_file).is_ok_and(|kept| kept == stamp) {
            return Ok(());
        }
        results.paths().try_for_each(|image| names.remove(image))?;
        write(&stamp_file, stamp.as_bytes())
    }

    fn strongest(&self, scale: Scale, line: &Line, found: &Found) -> f32 {
        let strongest = match scale {
            Scale::Image => line.concepts.iter().map(maximum).fold(0.0, f32::max),
            Scale::Concept => self.0.get(&found.concept).copied().unwrap_or_default(),
            Scale::Global => self.0.values().copied().fold(0.0, f32::max),
            Scale::Fixed(value) => value,
        };
        strongest.max(f32::MIN_POSITIVE)
    }
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
