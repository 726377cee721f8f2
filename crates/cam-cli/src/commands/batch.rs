use cam_explain::Environment;
use cam_explain::batch::{self, Scale, Settings, Summary};

use crate::arguments::Batch;
use crate::failure::Failure;
use crate::print;

/// Parts at most; each is a process.
const MOST_PARTS: u64 = 100_000;

pub fn run(arguments: &Batch, environment: &Environment) -> Result<(), Failure> {
    let scale: Scale = arguments.scale.parse()?;
    let shard = arguments.shard.as_deref().map(shard).transpose()?;
    let settings = Settings {
        shard,
        parquet: arguments.parquet,
        pictures: arguments.pictures.then_some(scale),
        ..arguments.series.meant()
    };
    settings.check()?;
    let reading = &arguments.setup.reading;
    let upsample = arguments.upsampled.drawn(reading, arguments.pictures, "add --pictures")?;
    let model = arguments.setup.load(environment)?.upsampled(upsample);
    let summary = batch::images(&model, &arguments.images, &settings)?;
    finish(&summary, arguments.json)
}

/// Reports what came of a run.
pub fn finish(summary: &Summary, json: bool) -> Result<(), Failure> {
    if json {
        print::json(summary)?;
    } else {
        say(summary)?;
    }
    Failure::of_images(summary.failed, summary.images, "explained")
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
