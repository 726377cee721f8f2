use crate::arguments::Explain;
use crate::explain::{self, Concept, Settings};
use crate::failure::Failure;
use crate::model::Model;
use crate::source::Source;

pub fn run(arguments: &Explain) -> Result<(), Failure> {
    let queries: Vec<Source> = arguments.queries.iter().map(|query| Source::of(query)).collect();
    let concepts: Vec<_> =
        arguments.concepts.iter().map(|concept| Source::named(concept)).collect();
    let settings = Settings::new(arguments, &queries, &concepts)?;
    let model = Model::load(&arguments.model)?;
    // A mistyped layer is found before any image is read.
    settings.layers(&model.network)?;
    let concepts = Concept::read_all(&concepts, &settings, &model)?;
    explain::run(&model, &settings, &queries, concepts)
}
