use std::ffi::OsString;

use anyhow::Context as _;
use cam_viz::{DecodeOptions, decode, png_bytes};
use clap::Parser as _;
use image::{RgbImage, imageops};

use crate::arguments::{Arguments, Command, Demo};
use crate::explain::{self, Concept, Settings};
use crate::failure::Failure;
use crate::model::Model;
use crate::source::Source;
use crate::{photographs, print};

/// What the tutorial looks for.
const CONCEPTS: [(&str, &[u8]); 2] = [("cat", photographs::CAT), ("coffee", photographs::COFFEE)];

/// The tutorial: where is each concept in a picture that holds both, and where is it not?
pub fn run(arguments: &Demo) -> Result<(), Failure> {
    let query = vec![memory("both", query()?)];
    let concepts = CONCEPTS.map(|(name, bytes)| (None, memory(name, bytes.to_vec())));
    // The same way that arguments take, so that the demo shows what `cam explain` does.
    let command =
        ["cam", "explain", "both.png", "--concept", "cat.png", "coffee.png", "--difference"];
    let command =
        command.map(OsString::from).into_iter().chain(["--size", "native"].map(OsString::from));
    // One word, as a file's name may begin with a dash.
    let mut out = OsString::from("--out=");
    out.push(&arguments.out);
    let command = Arguments::try_parse_from(command.chain([out]));
    let Command::Explain(mut asked) = command.context("the demo's own arguments")?.command else {
        return Err(Failure::usage("the demo asks for an explanation"));
    };
    asked.model = arguments.model.clone();
    let settings = Settings::new(&asked, &query, &concepts)?;
    let model = Model::load(&arguments.model)?;
    print::remark("cat and coffee, mirrored and side by side: where is each, and where is it not?");
    let concepts = Concept::read_all(&concepts, &settings, &model)?;
    explain::run(&model, &settings, &query, concepts, &[])
}

fn memory(name: &str, bytes: Vec<u8>) -> Source {
    Source::Memory { name: name.to_owned(), bytes: bytes.into() }
}

/// The concepts side by side, each mirrored, so that no pixel lies at its place in its concept.
fn query() -> Result<Vec<u8>, Failure> {
    let pictures =
        CONCEPTS.map(|(name, bytes)| decode(bytes, &DecodeOptions::default()).context(name));
    let pictures = pictures.into_iter().collect::<Result<Vec<_>, _>>()?;
    let width = pictures.iter().map(|picture| picture.pixels.width()).sum();
    let height = pictures.iter().map(|picture| picture.pixels.height()).max().unwrap_or_default();
    let mut query = RgbImage::new(width, height);
    let mut x = 0;
    for picture in &pictures {
        imageops::replace(&mut query, &imageops::flip_horizontal(&picture.pixels), x, 0);
        x += i64::from(picture.pixels.width());
    }
    Ok(png_bytes(&query).context("writing the query")?)
}
