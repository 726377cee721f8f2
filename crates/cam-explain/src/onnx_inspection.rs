//! What an ONNX file holds, and whether it can be used.

use std::collections::BTreeMap;
use std::path::Path;

use cam_onnx::{ImportError, Source, Wish};
use serde::Serialize;

use crate::error::Error;
use crate::onnx;

/// What an ONNX file holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OnnxInspection {
    /// schema_version
    pub schema_version: u32,
    /// As it was named.
    pub file: String,
    /// Always `ONNX`.
    pub container: String,
    /// Who wrote it.
    pub producer: String,
    /// Operator sets and their versions.
    pub opsets: BTreeMap<String, i64>,
    /// What it takes, with their sides.
    pub inputs: Vec<Named>,
    /// What it gives, with their sides.
    pub outputs: Vec<Named>,
    /// How many nodes of each operation there are.
    pub operations: BTreeMap<String, usize>,
    /// How many constants, and their numbers.
    pub parameters: [u64; 2],
    /// Height and width of the images.
    pub size: Option<[usize; 2]>,
    /// Which value is the embedding, in words.
    pub embedding: Option<String>,
    /// Its width.
    pub embedding_width: Option<usize>,
    /// How many classes the layer behind it tells apart, where it has one.
    pub classes: Option<usize>,
    /// The layer that is explained unless another is named.
    pub layer: Option<String>,
    /// Whether it can be used.
    pub usable: bool,
    /// Why not.
    pub problem: Option<String>,
}

/// A value of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its sides, free ones by their names.
    pub sides: Vec<String>,
}

impl OnnxInspection {
    /// Looks into a file.
    ///
    /// # Errors
    /// Where it cannot be read. A network that cannot be used is not an error: [`usable`](Self::usable) says so.
    pub fn of(file: &Path, embedding: Option<&str>) -> Result<Self, Error> {
        let source = Source::open(file).map_err(|error| onnx::at(file, &error))?;
        let model = cam_onnx::read(&source).map_err(|error| onnx::at(file, &error))?;
        let mut operations = BTreeMap::new();
        for node in &model.graph.nodes {
            let name = match node.domain.as_str() {
                "" => node.op_type.clone(),
                domain => format!("{domain}.{}", node.op_type),
            };
            *operations.entry(name).or_default() += 1;
        }
        let constants = &model.graph.initializers;
        let numbers = constants.iter().map(|constant| {
            constant.dims.iter().fold(1_u64, |all, &side| all.saturating_mul(side as u64))
        });
        let is_given = |name: &str| !constants.iter().any(|constant| constant.name == name);
        let inputs = model.graph.inputs.iter().filter(|input| is_given(&input.name));
        let mut inspection = Self {
            schema_version: 1,
            file: file.display().to_string(),
            container: "ONNX".to_owned(),
            producer: model.producer.clone(),
            opsets: model.opsets.iter().cloned().collect(),
            inputs: inputs.map(named).collect(),
            outputs: model.graph.outputs.iter().map(named).collect(),
            operations,
            parameters: [constants.len() as u64, numbers.fold(0, u64::saturating_add)],
            size: None,
            embedding: None,
            embedding_width: None,
            classes: None,
            layer: None,
            usable: false,
            problem: None,
        };
        let wish = Wish { embedding: embedding.map(str::to_owned), ..Wish::default() };
        match cam_onnx::import(&model, &source, source.folder(), &wish) {
            Ok(network) => inspection.found(&network),
            Err(ImportError::Read(error)) => return Err(onnx::at(file, &error)),
            Err(error) => inspection.problem = Some(error.to_string()),
        }
        Ok(inspection)
    }

    /// That the file can be used.
    ///
    /// # Errors
    /// Says why not.
    pub fn check(&self) -> Result<(), Error> {
        match &self.problem {
            None => Ok(()),
            Some(problem) => Err(Error::bad_model(format_args!("{}: {problem}", self.file))),
        }
    }

    fn found(&mut self, network: &cam_onnx::Network) {
        let graph = &network.graph;
        self.size = Some(network.input.size);
        self.embedding = Some(onnx::embedding(&network.embedding));
        self.classes = network.classifier.as_ref().map(|classifier| classifier.classes);
        let found = graph.shapes(&graph.input).and_then(|shapes| {
            let cuts = graph.cuts(&graph.input)?;
            let layer = graph.automatic(&cuts, &shapes).map(|index| cuts[index].name().to_owned());
            Ok((shapes[graph.output.index()].iter().product(), layer))
        });
        match found {
            Ok((width, Some(layer))) => {
                self.embedding_width = Some(width);
                self.layer = Some(layer);
                self.usable = true;
            }
            Ok((_, None)) => self.problem = Some(cam_models::NetworkError::NoGrid.to_string()),
            Err(error) => self.problem = Some(error.to_string()),
        }
    }
}

fn named(value: &cam_onnx::proto::ValueInfo) -> Named {
    let sides = value.dims.iter().flatten().map(|side| match side {
        cam_onnx::proto::Dim::Fixed(side) => side.to_string(),
        cam_onnx::proto::Dim::Free(name) if name.is_empty() => "?".to_owned(),
        cam_onnx::proto::Dim::Free(name) => name.clone(),
    });
    Named { name: value.name.clone(), sides: sides.collect() }
}
