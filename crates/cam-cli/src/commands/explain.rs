use crate::arguments::Explain;
use crate::concepts;
use crate::explain::{self, Concept, Settings};
use crate::failure::Failure;
use crate::model::Model;
use crate::source::Source;

pub fn run(arguments: &Explain) -> Result<(), Failure> {
    if let Some(file) = &arguments.concept_file {
        return concepts::explain(arguments, file);
    }
    // The parser waives what an option requires where that is in conflict with another that is given.
    if arguments.concepts_as.is_some() {
        return Err(Failure::usage(
            "--as says what a concept of a file is: name the file with --concepts, or leave it out",
        ));
    }
    let queries: Vec<Source> = arguments.queries.iter().map(|query| Source::of(query)).collect();
    let mut asked: Vec<_> =
        arguments.concepts.iter().map(|concept| Source::named(concept)).collect();
    asked.extend(arguments.negatives.iter().map(|negative| (None, Source::of(negative))));
    let settings = Settings::new(arguments, &queries, &asked)?;
    let model = Model::load(&arguments.model)?;
    // A mistyped layer is found before any image is read.
    settings.layers(&model.network)?;
    let mut concepts = Concept::read_all(&asked, &settings, &model)?;
    let negatives = concepts.split_off(arguments.concepts.len());
    explain::run(&model, &settings, &queries, concepts, &negatives)
}
