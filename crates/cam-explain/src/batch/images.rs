use std::path::Path;
use std::time::Instant;

use cam_files::Sha256;
use cam_models::{ConvNet, InputImage};

use super::names::Names;
use super::{Answered, KEPT, Line, Questions, Results, Summary, unchanged};
use crate::error::Error;
use crate::explain::{Condition, PreparedImage};
use crate::folder::Found;
use crate::lanes::{self, Work};
use crate::model::Model;
use crate::notice;
use crate::progress::Unit;
use crate::source::Source;
use crate::tensors;

/// What is done with a folder.
pub struct Folder<'a> {
    pub root: &'a Path,
    pub names: &'a Names,
    pub questions: &'a Questions,
}

impl Folder<'_> {
    pub fn run(
        &self,
        model: &Model,
        mut images: Vec<Found>,
        results: &mut Results,
    ) -> Result<Summary, Error> {
        let environment = model.environment();
        let stale = unchanged::stale(results, &images, self.root, environment)?;
        // Pictures first: were it the other way, a run that is killed here would leave them for ever.
        stale.iter().try_for_each(|path| self.names.remove(path))?;
        results.drop(&stale)?;
        // One list of images, and not another of those that are due: there may be millions.
        images.retain(|found| !results.holds(&found.name));
        let due = images;
        let bar = environment.bar(Unit::Images, due.len());
        let started = Instant::now();
        let prepare = |found: &Found| {
            environment.cancel.check(KEPT)?;
            found.check(self.root)?;
            let source = Source::File(found.path(self.root));
            let (prepared, sha256) = PreparedImage::with_digest(&source, model)?;
            let (width, height) = prepared.picture.pixels.dimensions();
            Ok((prepared.pixels, (sha256, [width, height], prepared.condition)))
        };
        let run = |network: &ConvNet, pixels: &[InputImage]| {
            self.questions.ask(network, tensors::images(network, pixels)?)
        };
        let work = Work {
            size: model.reading().input_size(model.network()),
            prepare: &prepare,
            run: &run,
        };
        let mut outstanding = 0_usize;
        let ended = lanes::in_order(model, &due, work, |found, asked| {
            outstanding += usize::from(asked.as_ref().is_ok_and(|(_, it)| it.remark.is_some()));
            let line = line(found, asked)?;
            if let Some(error) = &line.error {
                notice::error(error);
            }
            bar.advance(1);
            results.add(&line)
        });
        drop(bar);
        ended?;
        if outstanding > 0 {
            notice::remark(format_args!(
                "{outstanding} of {} images have patches with outstandingly long vectors; their remarks say how many",
                due.len()
            ));
        }
        results.sort()?;
        let rate = due.len() as f64 / started.elapsed().as_secs_f64();
        Ok(Summary::new(results, (!due.is_empty()).then_some(rate)))
    }
}

/// An image's digest, its width and height, and what else is to be known of it.
type Looked = (Sha256, [u32; 2], Condition);

/// What comes of an image, were it that it fails.
fn line(found: &Found, asked: Result<(Looked, Answered), Error>) -> Result<Line, Error> {
    let path = found.name.to_string();
    let error = match asked {
        Ok(((sha256, pixels, mut condition), Answered { concepts, remark })) => {
            condition.remarks.extend(remark);
            let (sha256, pixels, condition) = (Some(sha256), Some(pixels), Some(condition));
            return Ok(Line { path, sha256, pixels, condition, concepts, error: None });
        }
        Err(error @ (Error::Failed(_) | Error::Usage(_))) => error.reason(),
        Err(error) => return Err(error),
    };
    let concepts = Vec::new();
    Ok(Line { path, sha256: None, pixels: None, condition: None, concepts, error: Some(error) })
}

/// Whether an image belongs to a part: by its name, whatever else is in the folder (FNV-1a).
pub fn belongs(name: &str, [part, parts]: [u64; 2]) -> bool {
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
