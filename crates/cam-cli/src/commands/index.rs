use cam_explain::Environment;
use cam_explain::index::{self, Settings, Summary};

use crate::arguments::Index;
use crate::failure::Failure;
use crate::print;

pub fn run(arguments: &Index, environment: &Environment) -> Result<(), Failure> {
    if arguments.verify {
        return verify(arguments);
    }
    let model = arguments.model.load_for(&arguments.reading, environment)?;
    let settings = Settings {
        index: arguments.index.clone(),
        keeps_maps: !arguments.no_maps,
        is_moved: arguments.moved,
        compacts: arguments.compact,
    };
    let summary = index::index(&model, &arguments.folder, &settings)?;
    if arguments.json {
        print::json(&summary)?;
    } else {
        say(&summary)?;
    }
    Failure::of_images(summary.failures.len(), summary.all, "indexed")
}

fn say(summary: &Summary) -> Result<(), Failure> {
    let Summary { index, images, added, changed, removed, unchanged, failures, .. } = summary;
    let speed = summary.images_per_second.map(|rate| format!(", {rate:.1} images/s"));
    let back = summary.given_back.map(|bytes| format!("; {:.1} MB reclaimed", bytes as f64 / 1e6));
    let damaged = summary.damaged.len();
    let damaged = if damaged > 0 { format!(", {damaged} damaged") } else { String::new() };
    print::line(format_args!(
        "{index}: {images} images ({added} added, {changed} changed, {removed} removed, {unchanged} \
         unchanged, {} failed{damaged}{}){}",
        failures.len(),
        speed.unwrap_or_default(),
        back.unwrap_or_default(),
    ))
}

fn verify(arguments: &Index) -> Result<(), Failure> {
    let (folder, images) = (arguments.index.display(), index::verify(&arguments.index)?);
    if arguments.json {
        return print::json(&serde_json::json!({
            "schema_version": 1,
            "index": folder.to_string(),
            "images": images,
            "verified": true,
        }));
    }
    print::line(format_args!("{folder}: {images} images, all as written"))
}
