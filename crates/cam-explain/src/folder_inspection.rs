//! What a folder with a network holds, and whether it can be used.

use std::path::Path;

use cam_models::{ReadFolder, Strictness};
use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::{network_folder, preprocess};

/// What a folder with a network holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FolderInspection {
    /// schema_version
    pub schema_version: u32,
    /// As it was named.
    pub folder: String,
    /// The type that its settings say.
    pub family: String,
    /// The file of its weights, or the list of them.
    pub weights: String,
    /// How many parameters its graph has, and their numbers.
    pub parameters: [u64; 2],
    /// Height and width of the images that it was read for.
    pub size: [usize; 2],
    /// Which value is the embedding, in words.
    pub embedding: String,
    /// Its width.
    pub embedding_width: usize,
    /// How many classes the layer behind it tells apart, where it has one.
    pub classes: Option<usize>,
    /// The layer that is explained unless another is named.
    pub layer: String,
    /// How images are prepared.
    pub preprocessing: Value,
    /// The file that says so; none where the type's defaults are taken.
    pub preprocessor: Option<String>,
    /// What the user ought to know.
    pub remarks: Vec<String>,
}

impl FolderInspection {
    /// Looks into a folder.
    ///
    /// # Errors
    /// Where it cannot be used: says why not.
    pub fn of(folder: &Path) -> Result<Self, Error> {
        let read = network_folder::read(folder, None, Strictness::Exact)?;
        let ReadFolder { description, parameters, .. } = &read;
        let (embedding_width, layer) = network_folder::summary(&description.fused().graph)
            .ok_or_else(|| Error::bad_model(cam_models::NetworkError::NoGrid))?;
        let numbers = parameters.values().map(|numbers| numbers.len() as u64);
        let (width, height) = description.preprocessing.size;
        Ok(Self {
            schema_version: 1,
            folder: folder.display().to_string(),
            family: read.family.clone(),
            weights: read.weights.display().to_string(),
            parameters: [parameters.len() as u64, numbers.sum()],
            size: [height, width],
            embedding: read.embedding.to_owned(),
            embedding_width,
            classes: description.classifier.as_ref().map(|classifier| classifier.classes),
            layer,
            preprocessing: preprocess::json(&description.preprocessing),
            preprocessor: read.preprocessor.as_ref().map(|file| file.display().to_string()),
            remarks: read.remarks.clone(),
        })
    }
}
