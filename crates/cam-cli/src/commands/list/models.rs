use cam_explain::weights::{self, Known};
use serde::Serialize;

use crate::arguments::Json;
use crate::failure::Failure;
use crate::print;

#[derive(Serialize)]
struct Listing {
    schema_version: u32,
    models: Vec<Known>,
}

pub fn run(arguments: &Json) -> Result<(), Failure> {
    let models = weights::known();
    if arguments.json {
        return print::json(&Listing { schema_version: 1, models });
    }
    for entry in models {
        print::line(format_args!("{:<21} {:<10} {}", entry.name, entry.weights, entry.note))?;
    }
    Ok(())
}
