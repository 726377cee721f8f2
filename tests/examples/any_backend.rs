//! A few lines that run on whatever backend they are built with.
//!
//! ```text
//! cargo run --release -p cam-tests --example any_backend -- IMAGE CONCEPT [DEVICE]
//! cargo run --release -p cam-tests --example any_backend --no-default-features --features wgpu -- IMAGE CONCEPT
//! ```

use cam_explain::{Answer, Environment, Error, GradCam, Model, ModelOptions, Question};

// ANCHOR: program
/// How similar an image is to a concept, and where in the image that comes from.
pub fn explain(device: Option<&str>, image: &str, concept: &str) -> Result<Answer, Error> {
    // Without a name it is the best device that is linked; the one place that knows of a backend.
    let options = ModelOptions { device: device.map(str::to_owned), ..ModelOptions::default() };
    let model = Model::load(&options, &Environment::default())?;
    let concept = model.embed([concept])?;
    let mut answers = model.capture(image)?.ask(&GradCam, &Question::similar(&concept))?;
    Ok(answers.remove(0))
}
// ANCHOR_END: program

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [image, concept, device @ ..] = arguments.as_slice() else {
        return Err("usage: any_backend IMAGE CONCEPT [DEVICE]".into());
    };
    let answer = explain(device.first().map(String::as_str), image, concept)?;
    println!("{} {}\n{:?}", answer.question, answer.number, answer.raw[0].values());
    Ok(())
}
