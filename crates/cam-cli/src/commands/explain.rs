use std::path::Path;

use crate::arguments::Explain;
use crate::explain::{self, Concept, Settings};
use crate::failure::Failure;
use crate::model::Model;
use crate::source::Source;

pub fn run(arguments: &Explain) -> Result<(), Failure> {
    let queries: Vec<Source> = arguments.queries.iter().map(|query| Source::of(query)).collect();
    let concepts: Vec<_> = arguments.concepts.iter().map(|concept| Source::named(concept)).collect();
    let settings = Settings::new(arguments, &queries, &concepts)?;
    refuse_overwriting(arguments, queries.iter().chain(concepts.iter().map(|(_, source)| source)))?;
    let model = Model::load(&arguments.model)?;
    // A mistyped layer is found before any image is read.
    settings.layers(&model.network)?;
    let concepts = Concept::read_all(&concepts, &settings, &model)?;
    explain::run(&model, &settings, &queries, concepts)
}

/// An output that is one of the inputs would destroy it.
fn refuse_overwriting<'a>(arguments: &Explain, sources: impl Iterator<Item = &'a Source>) -> Result<(), Failure> {
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    let outputs: Vec<&Path> = [&arguments.out, &arguments.overlay, &arguments.raw, &arguments.map]
        .into_iter()
        .flatten()
        .map(AsRef::as_ref)
        .collect();
    for source in sources {
        let Source::File(input) = source else { continue };
        if let Some(output) = outputs.iter().find(|output| same(output, input)) {
            return Err(Failure::usage(format!("{} is an input: choose another output", output.display())));
        }
    }
    Ok(())
}
