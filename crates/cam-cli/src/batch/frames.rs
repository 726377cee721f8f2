use std::io::{ErrorKind, Read as _};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use cam_files::Sha256;
use cam_models::Rgb8;

use super::{KEPT, Line, Questions, Results, Summary};
use crate::arguments::Batch;
use crate::explain::{Condition, Reading, width_and_height};
use crate::failure::Failure;
use crate::model::Model;
use crate::{interrupt, memory, print, progress};

/// Explains raw RGB frames from standard input, one after the other.
///
/// Frames that are known already are read and left out, so that a film can be piped in again; that it is the
/// same film is seen to.
pub fn run(
    arguments: &Batch,
    [width, height]: [usize; 2],
    questions: &Questions,
    reading: &Reading,
    model: &Model,
    results: &mut Results,
) -> Result<Summary, Failure> {
    let network = &model.network;
    let preprocessing = reading.preprocessing(network);
    let placement = reading.placement(network, (width, height));
    let mut condition = Condition::placed(&placement);
    // All frames are alike in this: it is said once.
    if let Some(distortion) = reading.distortion(network, &placement) {
        print::remark(format_args!("frames: {distortion}"));
        condition.remarks.push(distortion);
    }
    let mut stdin = std::io::stdin().lock();
    let mut bytes = vec![0; width * height * 3];
    let mut before: Option<Vec<Vec<f32>>> = None;
    let bar = progress::frames();
    let started = Instant::now();
    let (mut number, mut run) = (0_u64, 0_usize);
    while arguments.most_frames.is_none_or(|most| number < most) {
        interrupt::check(KEPT)?;
        if !whole(&mut stdin, &mut bytes, number)? {
            break;
        }
        let path = format!("{number:08}");
        let sha256 = Sha256::of(&bytes);
        check_same(results, &path, sha256)?;
        number += 1;
        // What comes later is smoothed with it, and needs its maps; without smoothing nothing does.
        if results.holds(&path) && arguments.smooth >= 1.0 {
            continue;
        }
        let pixels = Rgb8::new(width, height, &bytes).context("a frame has pixels")?;
        let pixels = preprocessing.place(&pixels, &placement);
        let tensor = network.images(std::slice::from_ref(&pixels));
        let found = questions.ask(network, tensor.context("a frame makes a tensor")?);
        let found = found.map_err(|failure| failure.of(format_args!("frame {}", number - 1)))?;
        let mut concepts = found.into_iter().next().context("a frame was explained")?;
        for (index, found) in concepts.iter_mut().enumerate() {
            if let Some(before) = before.as_ref().map(|maps| &maps[index]) {
                for (value, last) in found.map.iter_mut().zip(before) {
                    *value = arguments.smooth * *value + (1.0 - arguments.smooth) * last;
                }
            }
        }
        before = Some(concepts.iter().map(|found| found.map.clone()).collect());
        bar.inc(1);
        run += 1;
        if !results.holds(&path) {
            let pixels = Some([width as u32, height as u32]);
            let (sha256, condition) = (Some(sha256), Some(condition.clone()));
            results.add(&Line { path, sha256, pixels, condition, concepts, error: None })?;
        }
    }
    bar.finish_and_clear();
    if results.count() as u64 > number {
        return Err(Failure::usage(format!(
            "{} holds {} frames, and this film ended after {number}: choose another --out",
            results.path().display(),
            results.count()
        )));
    }
    let rate = run as f64 / started.elapsed().as_secs_f64();
    Ok(Summary {
        schema_version: 1,
        results: results.path().display().to_string(),
        images: results.count(),
        failed: results.failed(),
        damaged: results.damaged(),
        images_per_second: (run > 0).then_some(rate),
        pictures: None,
        table: None,
    })
}

/// Width and height of frames.
pub fn size(text: &str) -> Result<[usize; 2], Failure> {
    let sides = width_and_height(text).map(|(width, height)| [width, height]);
    let most = memory::limits().max_pixels;
    match sides {
        Some([width, height]) => match (width as u64).checked_mul(height as u64) {
            Some(pixels) if pixels <= most => Ok([width, height]),
            _ => Err(Failure::usage(format!(
                "`--frames {text}`: a frame has at most {most} pixels, as any image"
            ))),
        },
        _ => Err(Failure::usage(format!(
            "`--frames {text}`: it takes width and height, as in 640x360"
        ))),
    }
}

/// That a frame which is known is the one that it was: maps behind it would be of two films.
fn check_same(results: &Results, path: &str, sha256: Sha256) -> Result<(), Failure> {
    match results.sha256(path) {
        Some(kept) if kept != sha256 => Err(Failure::usage(format!(
            "frame {path} is another one than that in {}: choose another --out",
            results.path().display()
        ))),
        _ => Ok(()),
    }
}

/// Reads a frame; false where there is none. One that ends early is said and left out.
fn whole(stdin: &mut impl std::io::Read, bytes: &mut [u8], number: u64) -> Result<bool, Failure> {
    let mut filled = 0;
    while filled < bytes.len() {
        match stdin.take((bytes.len() - filled) as u64).read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(anyhow!(error).context("reading standard input").into()),
        }
    }
    if filled > 0 && filled < bytes.len() {
        print::remark(format_args!(
            "frame {number} ends after {filled} of {} bytes; is --frames its size?",
            bytes.len()
        ));
    }
    Ok(filled == bytes.len())
}
