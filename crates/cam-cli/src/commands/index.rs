use std::path::Path;

use anyhow::Context as _;
use cam_explain::Environment;
use cam_explain::index::{self, Settings, Summary};
use serde_json::json;

use crate::arguments::{Export, Index, IndexCommand};
use crate::failure::Failure;
use crate::{output, print};

pub fn run(arguments: &Index, environment: &Environment) -> Result<(), Failure> {
    match &arguments.command {
        None => add(arguments, environment),
        Some(IndexCommand::Verify(kept)) => verify(&kept.index, kept.json),
        Some(IndexCommand::Compact(kept)) => compact(&kept.index, kept.json, environment),
        Some(IndexCommand::Export(arguments)) => export(arguments, environment),
    }
}

fn add(arguments: &Index, environment: &Environment) -> Result<(), Failure> {
    let folder = arguments.folder.as_deref().context("the parser asks for a folder")?;
    let model = arguments.setup.load(environment)?;
    let settings = Settings {
        index: arguments.index.clone(),
        keeps_maps: !arguments.no_maps,
        blocks: arguments.blocks,
        is_moved: arguments.moved,
    };
    let summary = index::index(&model, folder, &settings)?;
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
    let damaged = summary.damaged.len();
    let damaged = if damaged > 0 { format!(", {damaged} damaged") } else { String::new() };
    print::line(format_args!(
        "{index}: {images} images ({added} added, {changed} changed, {removed} removed, {unchanged} \
         unchanged, {} failed{damaged}{})",
        failures.len(),
        speed.unwrap_or_default(),
    ))
}

fn verify(folder: &Path, json: bool) -> Result<(), Failure> {
    let (images, folder) = (index::verify(folder)?, folder.display());
    if json {
        return print::json(&json!({
            "schema_version": 1,
            "index": folder.to_string(),
            "images": images,
            "verified": true,
        }));
    }
    print::line(format_args!("{folder}: {images} images, all as written"))
}

fn compact(folder: &Path, json: bool, environment: &Environment) -> Result<(), Failure> {
    let (bytes, folder) = (index::compact(folder, environment)?, folder.display());
    if json {
        return print::json(&json!({
            "schema_version": 1,
            "index": folder.to_string(),
            "reclaimed": bytes,
        }));
    }
    print::line(format_args!("{folder}: {:.1} MB reclaimed", bytes as f64 / 1e6))
}

fn export(arguments: &Export, environment: &Environment) -> Result<(), Failure> {
    let Export { index, table, json } = arguments;
    output::check_table(table)?;
    let images = index::export(index, table, environment)?;
    let (index, table) = (index.display(), table.display());
    if *json {
        return print::json(&json!({
            "schema_version": 1,
            "index": index.to_string(),
            "table": table.to_string(),
            "images": images,
        }));
    }
    print::line(format_args!("{table}: {images} images of {index}"))
}
