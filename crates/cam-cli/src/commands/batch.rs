use std::path::Path;

use cam_explain::batch::{self, Film, Scale, Settings, Summary};
use cam_explain::{Environment, width_and_height};

use crate::arguments::Batch;
use crate::failure::Failure;
use crate::print;

/// Parts at most; each is a process.
const MOST_PARTS: u64 = 100_000;

pub fn run(arguments: &Batch, environment: &Environment) -> Result<(), Failure> {
    check(arguments)?;
    let scale: Scale = arguments.scale.parse()?;
    let shard = arguments.shard.as_deref().map(shard).transpose()?;
    let frames =
        arguments.frames.as_deref().map(|text| frame_size(text, environment)).transpose()?;
    let settings = Settings {
        concepts: arguments.concepts.clone(),
        concepts_as: arguments.concepts_as,
        method: arguments.method.clone(),
        options: arguments.options.meant(),
        layer: arguments.layer.clone(),
        out: arguments.out.clone(),
        shard,
        parquet: arguments.parquet,
        pictures: arguments.pictures.then_some(scale),
    };
    settings.check()?;
    let model = arguments.model.load_for(&arguments.reading, environment)?;
    let summary = match frames {
        None => batch::images(&model, &arguments.images, &settings)?,
        Some(size) => {
            let frames = &mut std::io::stdin().lock();
            let (smoothing, most) = (arguments.smooth, arguments.most_frames);
            batch::frames(&model, Film { frames, size, smoothing, most }, &settings)?
        }
    };
    if arguments.json {
        print::json(&summary)?;
    } else {
        say(&summary)?;
    }
    Failure::of_images(summary.failed, summary.images, "explained")
}

/// What frames and folders each have no use for.
fn check(arguments: &Batch) -> Result<(), Failure> {
    let is_film = arguments.images == Path::new("-");
    if is_film != arguments.frames.is_some() {
        return Err(Failure::usage(
            "frames come from standard input and need their size: `cam batch - --frames 640x360`",
        ));
    }
    if is_film && (arguments.pictures || arguments.shard.is_some()) {
        return Err(Failure::usage("--pictures and --shard are for folders, not for frames"));
    }
    if is_film && (arguments.reading.strict || arguments.reading.stretch) {
        return Err(Failure::usage(
            "--strict and --stretch are for files, not for frames, which are whole and of 8 bits",
        ));
    }
    Ok(())
}

/// Width and height of frames.
fn frame_size(text: &str, environment: &Environment) -> Result<[usize; 2], Failure> {
    let Some((width, height)) = width_and_height(text) else {
        return Err(Failure::usage(format!(
            "`--frames {text}`: it takes width and height, as in 640x360"
        )));
    };
    let most = environment.limits.max_pixels;
    match (width as u64).checked_mul(height as u64) {
        Some(pixels) if pixels <= most => Ok([width, height]),
        _ => Err(Failure::usage(format!(
            "`--frames {text}`: a frame has at most {most} pixels, as any image"
        ))),
    }
}

/// Reads `I/N`.
fn shard(text: &str) -> Result<[u64; 2], Failure> {
    let parts = text.split_once('/').and_then(|(i, n)| Some([i.parse().ok()?, n.parse().ok()?]));
    match parts {
        Some([i, n]) if n <= MOST_PARTS && (1..=n).contains(&i) => Ok([i, n]),
        _ => Err(Failure::usage(format!(
            "`--shard {text}`: write the part and how many there are, as in 2/8; at most {MOST_PARTS}"
        ))),
    }
}

fn say(summary: &Summary) -> Result<(), Failure> {
    let Summary { results, images, failed, damaged, images_per_second, pictures, .. } = summary;
    let speed = images_per_second.map(|rate| format!(", {rate:.1} images/s"));
    let drawn = pictures.map(|count| format!(", {count} pictures"));
    print::line(format_args!(
        "{results}: {images} images, {failed} failed{}{}{}",
        if *damaged > 0 { format!(", {damaged} damaged") } else { String::new() },
        speed.unwrap_or_default(),
        drawn.unwrap_or_default()
    ))?;
    summary.table.as_ref().map_or(Ok(()), print::line)
}
