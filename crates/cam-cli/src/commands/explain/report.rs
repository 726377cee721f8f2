use cam_core::Arithmetic;
use clap::ValueEnum as _;
use serde::Serialize;

use cam_core::Network as _;
use cam_explain::{Concept, Condition, Failed, Report};

use super::Session;
use crate::arguments::TargetName;
use crate::failure::Failure;

/// What `--json` prints.
#[derive(Serialize)]
pub struct Document {
    schema_version: u32,
    cam_version: &'static str,
    model: String,
    weights: String,
    weights_prefix: String,
    weights_remarks: Vec<String>,
    weights_sha256: Option<String>,
    preprocessing: serde_json::Value,
    embedding_width: usize,
    methods: Vec<String>,
    arithmetic: &'static str,
    upsample: &'static str,
    layers: Vec<String>,
    concepts: Vec<ConceptReport>,
    negatives: Vec<ConceptReport>,
    concept_target: Option<String>,
    class_target: Option<String>,
    /// Where the figure is.
    pub figure: Option<String>,
    /// One entry per query that could be explained.
    pub queries: Vec<Report>,
    /// One entry per query that could not.
    pub failures: Vec<Failed>,
}

/// What a concept was made from.
#[derive(Serialize)]
struct ConceptReport {
    name: String,
    image: String,
    #[serde(flatten)]
    condition: Option<Condition>,
}

impl Document {
    /// What is known before the first query.
    pub fn new(session: &Session<'_>) -> Result<Self, Failure> {
        let (settings, model) = (session.settings, session.model);
        let question = &session.question;
        let named = |is_meant: &dyn Fn(&TargetName) -> bool| {
            let target = TargetName::value_variants().iter().find(|target| is_meant(target))?;
            target.to_possible_value().map(|value| value.get_name().to_owned())
        };
        Ok(Self {
            schema_version: 1,
            cam_version: env!("CARGO_PKG_VERSION"),
            model: model.name().to_owned(),
            weights: model.origin(),
            weights_prefix: model.place.prefix.clone(),
            weights_remarks: model.place.remarks.clone(),
            // A digest of a large file takes a while; only the document has a use for it.
            weights_sha256: settings.json.then(|| model.sha256()).transpose()?,
            preprocessing: model.preprocessing_report(),
            embedding_width: model.network().embedding_width(),
            methods: settings.methods.iter().map(|method| method.name.clone()).collect(),
            arithmetic: match settings.arithmetic {
                Arithmetic::Standard => "standard",
                Arithmetic::PytorchGradCam => "pytorch-grad-cam",
            },
            upsample: model.upsample().name(),
            layers: session.names.layers.clone(),
            concepts: question.concepts().iter().map(ConceptReport::new).collect(),
            negatives: question.negatives().iter().map(ConceptReport::new).collect(),
            concept_target: (!question.concepts().is_empty())
                .then(|| named(&|target| target.of_concepts() == Some(question.concept_score())))
                .flatten(),
            class_target: (!question.class_numbers().is_empty() || settings.top.is_some())
                .then(|| named(&|target| target.of_classes() == Some(question.class_score())))
                .flatten(),
            figure: None,
            queries: Vec::new(),
            failures: Vec::new(),
        })
    }
}

impl ConceptReport {
    fn new(concept: &Concept) -> Self {
        Self {
            name: concept.name.clone(),
            image: concept.origin.clone(),
            condition: concept.condition.clone(),
        }
    }
}
