use cam_explain::{Class, Condition, Environment, Error, Failed, tensors};
use serde::Serialize;

use crate::arguments::Classify;
use crate::failure::Failure;
use crate::print::printable;
use crate::{output, print};

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    model: String,
    weights_prefix: String,
    weights_remarks: Vec<String>,
    weights_sha256: String,
    images: Vec<Classified>,
    failures: Vec<Failed>,
}

/// An image and its likeliest classes.
#[derive(Serialize)]
struct Classified {
    image: String,
    #[serde(flatten)]
    condition: Condition,
    classes: Vec<Class>,
}

pub fn run(arguments: &Classify, environment: &Environment) -> Result<(), Failure> {
    let sources = arguments.images.sources(&environment.cancel)?;
    output::check_stdin(&sources)?;
    let model = arguments.setup.load(environment)?;
    // That there are no classes is found before any image is read.
    model.class_count()?;
    let (mut images, mut failures) = (Vec::new(), Vec::new());
    let several = sources.len() > 1;
    let mut printed = Ok(());
    let done = model.each(&sources, &tensors::logits, |source, result| {
        let image = source.to_string();
        let classified = result.and_then(|(condition, logits)| {
            let classes = model
                .top_classes(&logits, arguments.top as usize)
                .map_err(|error| Error::failed(format_args!("{source}: {}", error.reason())))?;
            Ok(Classified { image: image.clone(), condition, classes })
        });
        match classified {
            Ok(classified) if arguments.json => images.push(classified),
            Ok(classified) => {
                printed = say(&classified);
                if printed.is_err() {
                    return Err(Error::failed("nobody can read the rest"));
                }
            }
            Err(error @ Error::Failed(_)) if several => {
                let error = error.reason();
                print::error(&error);
                failures.push(Failed { image, error });
            }
            Err(error) => return Err(error),
        }
        Ok(())
    });
    // Why nothing more could be printed says more than that the work ended for it.
    printed?;
    done?;
    let failed = failures.len();
    if arguments.json {
        print::json(&Document {
            schema_version: 1,
            model: model.name().to_owned(),
            weights_prefix: model.place.prefix.clone(),
            weights_remarks: model.place.remarks.clone(),
            weights_sha256: model.sha256()?,
            images,
            failures,
        })?;
    }
    Failure::of_images(failed, sources.len(), "classified")
}

/// One line per class: image, name, probability.
fn say(classified: &Classified) -> Result<(), Failure> {
    let image = printable(&classified.image);
    classified.classes.iter().try_for_each(|class| {
        let name = printable(&class.name);
        print::line(format_args!("{image}: {name:<30} {:.3}", class.probability))
    })
}
