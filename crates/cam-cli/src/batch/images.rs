use std::path::Path;
use std::time::Instant;

use cam_models::{ConvNet, Rgb8};

use super::{KEPT, Line, Questions, Results, Summary};
use crate::explain::{Clock, Condition, Prepared, Reading};
use crate::failure::{Failure, message};
use crate::folder::{self, Found};
use crate::lanes::{self, Work};
use crate::model::Model;
use crate::source::Source;
use crate::{interrupt, print, progress};

/// What is done with a folder.
pub struct Folder<'a> {
    pub root: &'a Path,
    pub questions: &'a Questions,
    pub reading: &'a Reading,
}

impl Folder<'_> {
    pub fn run(
        &self,
        model: &Model,
        shard: Option<[u64; 2]>,
        results: &mut Results,
    ) -> Result<Summary, Failure> {
        let images = folder::images(self.root)?;
        let due: Vec<Found> = images
            .into_iter()
            .filter(|found| shard.is_none_or(|shard| belongs(&found.name, shard)))
            .filter(|found| !results.holds(&found.name))
            .collect();
        let bar = progress::images(due.len());
        let started = Instant::now();
        let prepare = |found: &Found| {
            interrupt::check(KEPT)?;
            let source = Source::File(found.path(self.root));
            let clock = &mut Clock::start();
            let prepared = Prepared::read(&source, self.reading, &model.network, clock)?;
            let (width, height) = prepared.picture.pixels.dimensions();
            Ok((prepared.pixels, ([width, height], prepared.condition)))
        };
        let run = |network: &ConvNet, pixels: &[Rgb8]| {
            self.questions.ask(network, lanes::images(network, pixels)?)
        };
        let work =
            Work { size: self.reading.input_size(&model.network), prepare: &prepare, run: &run };
        let ended = lanes::in_order(model, &due, work, |found, asked| {
            let line = line(found, asked)?;
            if let Some(error) = &line.error {
                print::error(error);
            }
            bar.inc(1);
            results.add(&line)
        });
        bar.finish_and_clear();
        ended?;
        let rate = due.len() as f64 / started.elapsed().as_secs_f64();
        Ok(Summary {
            schema_version: 1,
            results: results.path().display().to_string(),
            images: results.count(),
            failed: results.failed,
            damaged: results.damaged,
            images_per_second: (!due.is_empty()).then_some(rate),
            pictures: None,
            table: None,
        })
    }
}

/// What comes of an image, were it that it fails.
fn line(
    found: &Found,
    asked: Result<(([u32; 2], Condition), Vec<super::Found>), Failure>,
) -> Result<Line, Failure> {
    let path = found.name.to_string();
    let error = match asked {
        Ok(((pixels, condition), concepts)) => {
            let (pixels, condition) = (Some(pixels), Some(condition));
            return Ok(Line { path, pixels, condition, concepts, error: None });
        }
        Err(Failure::Failed(error) | Failure::Usage(error)) => message(&error),
        Err(failure) => return Err(failure),
    };
    let concepts = Vec::new();
    Ok(Line { path, pixels: None, condition: None, concepts, error: Some(error) })
}

/// Whether an image belongs to a part: by its name, whatever else is in the folder (FNV-1a).
fn belongs(name: &str, [part, parts]: [u64; 2]) -> bool {
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    });
    // The low bits of FNV are its weak ones.
    (hash >> 16) % parts == part - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_belongs_to_one_part_and_parts_are_about_equal() {
        let mut counts = [0; 5];
        for number in 0..5000 {
            let name = format!("folder/{number}.jpg");
            let parts: Vec<u64> = (1..=5).filter(|&part| belongs(&name, [part, 5])).collect();
            assert_eq!(parts.len(), 1);
            counts[parts[0] as usize - 1] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
