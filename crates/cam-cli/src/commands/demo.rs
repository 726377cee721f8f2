use anyhow::Context as _;
use cam_core::GradCam;
use cam_explain::{Environment, Figure, Question, Reading, Size, Source, photographs};
use cam_viz::{DecodeOptions, decode};
use image::{RgbImage, imageops};

use crate::arguments::Demo;
use crate::failure::Failure;
use crate::output::{self, write};
use crate::print;

/// What the tutorial looks for.
const CONCEPTS: [(&str, &[u8]); 2] = [("cat", photographs::CAT), ("coffee", photographs::COFFEE)];

/// The tutorial: where is each concept in a picture that holds both, and where is it not?
pub fn run(arguments: &Demo, environment: &Environment) -> Result<(), Failure> {
    output::check_figure_and(Some(&arguments.out), None, false, &[])?;
    let model = arguments.model.load(environment)?;
    let model = model.with_images(Reading { size: Size::Native, ..Reading::default() });
    print::remark("cat and coffee, mirrored and side by side: where is each, and where is it not?");
    let concepts = model.embed(CONCEPTS.map(Source::from))?;
    let both = model.capture(("both", query()?))?;
    let answers = both.ask(&GradCam, &Question::similar(&concepts).and_not())?;
    for answer in &answers {
        let mass = answer.mass().map(|mass| format!("mass {}", mass.words())).unwrap_or_default();
        print::line(format_args!("{:<28} {:<20} {mass}", answer.question, answer.number))?;
    }
    let figure = Figure::rows(&concepts, &both, &answers)?.draw();
    write(&arguments.out, &output::picture(&arguments.out, &figure.0)?)?;
    print::line(arguments.out.display())
}

/// The concepts side by side, each mirrored, so that no pixel lies at its place in its concept.
fn query() -> Result<RgbImage, Failure> {
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
    Ok(query)
}
