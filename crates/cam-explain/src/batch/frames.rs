use std::io::{ErrorKind, Read};
use std::time::Instant;

use cam_files::Sha256;
use cam_models::Rgb8;

use super::{Answered, KEPT, Line, Questions, Results, Summary};
use crate::error::{Context as _, Error, Setting};
use crate::explain::Condition;
use crate::model::Model;
use crate::notice;
use crate::progress::Unit;
use crate::tensors;

/// A film: raw RGB frames, 8 bits a channel, one after the other.
pub struct Film<'a> {
    /// Where they come from.
    pub frames: &'a mut dyn Read,
    /// Width and height of a frame.
    pub size: [usize; 2],
    /// The weight of a frame's own map, above 0 and up to 1, in the moving average of the maps so far; 1 for no
    /// smoothing.
    pub smoothing: f32,
    /// Frames at most.
    pub most: Option<u64>,
}

/// Explains the frames, one after the other.
pub fn run(
    film: Film<'_>,
    questions: &Questions,
    model: &Model,
    results: &mut Results,
) -> Result<Summary, Error> {
    let Film { frames, size: [width, height], smoothing, most } = film;
    check_size([width, height], model)?;
    let (network, reading) = (model.network(), model.reading());
    let preprocessing = reading.preprocessing(network);
    let placement = reading.placement(network, (width, height));
    let mut condition = Condition::placed(&placement);
    // All frames are alike in this: it is said once.
    if let Some(distortion) = reading.distortion(network, &placement) {
        notice::remark(format_args!("frames: {distortion}"));
        condition.remarks.push(distortion);
    }
    let mut bytes = vec![0; width * height * 3];
    let mut before: Option<Vec<Vec<f32>>> = None;
    let bar = model.environment().endless(Unit::Frames);
    let started = Instant::now();
    let (mut number, mut run) = (0_u64, 0_usize);
    while most.is_none_or(|most| number < most) {
        model.environment().cancel.check(KEPT)?;
        if !whole(frames, &mut bytes, number)? {
            break;
        }
        let path = format!("{number:08}");
        let sha256 = Sha256::of(&bytes);
        check_same(results, &path, sha256)?;
        number += 1;
        // What comes later is smoothed with it, and needs its maps; without smoothing nothing does.
        if results.holds(&path) && smoothing >= 1.0 {
            continue;
        }
        let pixels = Rgb8::new(width, height, &bytes).context("a frame has pixels")?;
        let pixels = preprocessing.place(&pixels, &placement).into();
        let tensor = tensors::images(network, std::slice::from_ref(&pixels))?;
        let found = questions.ask(network, tensor);
        let found = found.map_err(|error| error.of(format_args!("frame {}", number - 1)))?;
        let answered = found.into_iter().next().context("a frame was explained")?;
        let Answered { mut concepts, remark } = answered;
        for (index, found) in concepts.iter_mut().enumerate() {
            if let Some(before) = before.as_ref().map(|maps| &maps[index]) {
                for (value, last) in found.map.iter_mut().zip(before) {
                    *value = smoothing * *value + (1.0 - smoothing) * last;
                }
            }
        }
        before = Some(concepts.iter().map(|found| found.map.clone()).collect());
        bar.advance(1);
        run += 1;
        if !results.holds(&path) {
            let pixels = Some([width as u32, height as u32]);
            let mut condition = condition.clone();
            condition.remarks.extend(remark);
            let (sha256, condition) = (Some(sha256), Some(condition));
            results.add(&Line { path, sha256, pixels, condition, concepts, error: None })?;
        }
    }
    drop(bar);
    if results.count() as u64 > number {
        return Err(Error::usage(format_args!(
            "{} holds {} frames, and this film ended after {number}: choose another folder for results",
            results.path().display(),
            results.count()
        )).see(Setting::Results));
    }
    let rate = run as f64 / started.elapsed().as_secs_f64();
    Ok(Summary::new(results, (run > 0).then_some(rate)))
}

fn check_size([width, height]: [usize; 2], model: &Model) -> Result<(), Error> {
    let most = model.environment().limits.max_pixels;
    match (width as u64).checked_mul(height as u64) {
        Some(pixels) if pixels <= most && pixels > 0 => Ok(()),
        _ => Err(Error::usage(format_args!(
            "frames of {width}×{height} pixels: a frame has at most {most} pixels, as any image"
        ))),
    }
}

/// That a frame which is known is the one that it was: maps behind it would be of two films.
fn check_same(results: &Results, path: &str, sha256: Sha256) -> Result<(), Error> {
    match results.sha256(path) {
        Some(kept) if kept != sha256 => Err(Error::usage(format_args!(
            "frame {path} is another one than that in {}: choose another folder for results",
            results.path().display()
        ))
        .see(Setting::Results)),
        _ => Ok(()),
    }
}

/// Reads a frame; false where there is none. One that ends early is said and left out.
fn whole(frames: &mut dyn Read, bytes: &mut [u8], number: u64) -> Result<bool, Error> {
    let mut filled = 0;
    while filled < bytes.len() {
        match frames.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("reading frames"),
        }
    }
    if filled > 0 && filled < bytes.len() {
        notice::remark(format_args!(
            "frame {number} ends after {filled} of {} bytes; is that its size?",
            bytes.len()
        ));
    }
    Ok(filled == bytes.len())
}
