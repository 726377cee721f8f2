use std::path::Path;
use std::time::Instant;

use anyhow::anyhow;
use cam_models::ConvNet;

use super::{KEPT, Line, Questions, Results, Summary};
use crate::explain::{Clock, Input, Reading};
use crate::failure::{Failure, message};
use crate::folder::{self, Found};
use crate::model::Model;
use crate::source::Source;
use crate::{interrupt, lanes, print, progress};

/// What is done with a folder.
pub struct Work<'a> {
    pub root: &'a Path,
    pub questions: &'a Questions,
    pub reading: &'a Reading,
}

impl Work<'_> {
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
        let work = |network: &ConvNet, found: &Found| {
            interrupt::check(KEPT)?;
            Ok::<_, Failure>(self.line(network, found))
        };
        let ended = lanes::in_order(&model.network, &due, work, |_, line| {
            let line = line?;
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
            images_per_second: (!due.is_empty()).then_some(rate),
            pictures: None,
            table: None,
        })
    }

    /// What comes of an image, were it that it fails.
    fn line(&self, network: &ConvNet, found: &Found) -> Line {
        let source = Source::File(found.path.clone());
        let asked = Input::read(&source, self.reading, network, &mut Clock::start())
            .map_err(|failure| match failure {
                Failure::Failed(error) | Failure::Usage(error) => error,
                _ => anyhow!("{source} could not be read"),
            })
            .and_then(|input| {
                let (width, height) = input.picture.pixels.dimensions();
                let found = self.questions.ask(network, input.tensor);
                Ok(([width, height], found.map_err(|error| error.context(source.to_string()))?))
            });
        let path = found.name.clone();
        match asked {
            Ok((pixels, concepts)) => Line { path, pixels: Some(pixels), concepts, error: None },
            Err(error) => {
                Line { path, pixels: None, concepts: Vec::new(), error: Some(message(&error)) }
            }
        }
    }
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
