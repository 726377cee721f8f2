use std::collections::{HashMap, HashSet};

use cam_files::Sha256;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::{Deserialize, Serialize};

use crate::{Error, Fingerprint, version};

/// Grows with every change of the format.
const VERSION: u32 = 1;

/// The entry of the file's metadata that says what its tensors are.
const ENTRY: &str = "cam_concepts";

/// An image of a concept, and what the network made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Where it came from, for people.
    pub image: String,
    /// SHA-256 of the image's bytes, so that one image counts once.
    pub sha256: Sha256,
    /// Whether pixels were missing from its file.
    pub damaged: bool,
    /// How it was brought to the network's size, in a word; empty where that makes no difference.
    pub fit: String,
    /// Its embedding.
    pub embedding: Vec<f32>,
}

/// A name with images of what it stands for, and perhaps images of what it does not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Concept {
    /// What it is called.
    pub name: String,
    /// Images of it.
    pub examples: Vec<Example>,
    /// Images of what looks like it and is not.
    pub negatives: Vec<Example>,
}

impl Concept {
    /// How many of its images, negatives among them, come from damaged files.
    pub fn damaged(&self) -> usize {
        self.examples.iter().chain(&self.negatives).filter(|example| example.damaged).count()
    }
}

/// Concepts of one network, in the order in which they were added.
///
/// Kept as one safetensors file: for each concept a tensor `NUMBER.examples`, f32 `[images, width]`,
/// and `NUMBER.negatives` where it has any; names, images and the fingerprint are JSON in the file's
/// metadata, under `cam_concepts`.
///
/// ```
/// use cam_files::Sha256;
/// use cam_store::{Concept, ConceptSet, Example, Fingerprint};
///
/// let fingerprint = Fingerprint {
///     model: "resnet50".into(),
///     weights_sha256: "0a3f".into(),
///     preprocessing: "224x224 bilinear".into(),
///     width: 2,
/// };
/// let mut set = ConceptSet::new(fingerprint.clone());
/// let cat = Example {
///     image: "cat.png".into(),
///     sha256: Sha256::of(b"the file's bytes"),
///     damaged: false,
///     fit: "squash".into(),
///     embedding: vec![0.6, 0.8],
/// };
/// set.add("cat", vec![cat], vec![])?;
/// let kept = ConceptSet::from_bytes(&set.to_bytes())?;
/// kept.fingerprint().check(&fingerprint)?;
/// assert_eq!(kept.concepts()[0].examples.len(), 1);
/// # Ok::<(), cam_store::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ConceptSet {
    fingerprint: Fingerprint,
    concepts: Vec<Concept>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    fingerprint: Fingerprint,
    concepts: Vec<Named>,
}

#[derive(Serialize, Deserialize)]
struct Named {
    name: String,
    examples: Vec<Origin>,
    negatives: Vec<Origin>,
}

#[derive(Serialize, Deserialize)]
struct Origin {
    image: String,
    sha256: Sha256,
    damaged: bool,
    fit: String,
}

impl ConceptSet {
    /// An empty one.
    pub fn new(fingerprint: Fingerprint) -> Self {
        Self { fingerprint, concepts: Vec::new() }
    }

    /// What made the embeddings.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The concepts, in the order in which they were added.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// The concept of that name.
    ///
    /// # Errors
    /// [`Error::NoConcept`].
    pub fn get(&self, name: &str) -> Result<&Concept, Error> {
        let found = self.concepts.iter().find(|concept| concept.name == name);
        found.ok_or_else(|| Error::NoConcept { name: name.to_owned() })
    }

    /// Adds images to a concept, which is made if there is none of that name. Images that it has
    /// already, by their bytes, are left out. Says how many were added.
    ///
    /// # Errors
    /// [`Error::Name`], [`Error::Width`], [`Error::NonFinite`]; nothing is added then.
    pub fn add(
        &mut self,
        name: &str,
        examples: Vec<Example>,
        negatives: Vec<Example>,
    ) -> Result<usize, Error> {
        if !is_name(name) {
            return Err(Error::Name);
        }
        for example in examples.iter().chain(&negatives) {
            check(&example.embedding, self.fingerprint.width)?;
        }
        let at = self.concepts.iter().position(|concept| concept.name == name);
        let at = at.unwrap_or_else(|| {
            self.concepts.push(Concept { name: name.to_owned(), ..Concept::default() });
            self.concepts.len() - 1
        });
        let concept = &mut self.concepts[at];
        Ok(extend(&mut concept.examples, examples) + extend(&mut concept.negatives, negatives))
    }

    /// Removes a concept.
    ///
    /// # Errors
    /// [`Error::NoConcept`].
    pub fn remove(&mut self, name: &str) -> Result<Concept, Error> {
        let at = self.concepts.iter().position(|concept| concept.name == name);
        let at = at.ok_or_else(|| Error::NoConcept { name: name.to_owned() })?;
        Ok(self.concepts.remove(at))
    }

    /// The file: the same set gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let origins = |examples: &[Example]| {
            let origin = |e: &Example| Origin {
                image: e.image.clone(),
                sha256: e.sha256,
                damaged: e.damaged,
                fit: e.fit.clone(),
            };
            examples.iter().map(origin).collect()
        };
        let header = Header {
            version: VERSION,
            fingerprint: self.fingerprint.clone(),
            concepts: self
                .concepts
                .iter()
                .map(|concept| Named {
                    name: concept.name.clone(),
                    examples: origins(&concept.examples),
                    negatives: origins(&concept.negatives),
                })
                .collect(),
        };
        let header = serde_json::to_string(&header).expect("names and numbers are JSON");
        let mut tensors = Vec::new();
        for (index, concept) in self.concepts.iter().enumerate() {
            for (part, examples) in parts(concept) {
                if !examples.is_empty() {
                    let values = examples.iter().flat_map(|example| &example.embedding);
                    let bytes: Vec<u8> = values.flat_map(|value| value.to_le_bytes()).collect();
                    tensors.push((key(index, part), examples.len(), bytes));
                }
            }
        }
        let views = tensors.iter().map(|(key, count, bytes)| {
            let shape = vec![*count, self.fingerprint.width];
            (key, TensorView::new(Dtype::F32, shape, bytes).expect("as many bytes as numbers"))
        });
        serialize(views, Some(HashMap::from([(ENTRY.to_owned(), header)])))
            .expect("the tensors form a file")
    }

    /// The set in a file.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Version`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let damaged = |reason: &str| Error::Damaged { reason: reason.to_owned() };
        let (_, metadata) = SafeTensors::read_metadata(bytes)
            .map_err(|error| Error::Damaged { reason: error.to_string() })?;
        let header = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
        let header = header.ok_or_else(|| damaged("a file of concepts says so in its metadata"))?;
        let value: serde_json::Value = serde_json::from_str(header)
            .map_err(|error| Error::Damaged { reason: error.to_string() })?;
        version::check(&value, VERSION)?;
        let header: Header = serde_json::from_value(value)
            .map_err(|error| Error::Damaged { reason: error.to_string() })?;
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| Error::Damaged { reason: error.to_string() })?;
        let width = header.fingerprint.width;
        let read = |key: String, origins: Vec<Origin>| -> Result<Vec<Example>, Error> {
            if origins.is_empty() {
                return Ok(Vec::new());
            }
            let tensor = file.tensor(&key).map_err(|_| damaged("embeddings are missing"))?;
            if tensor.dtype() != Dtype::F32 || tensor.shape() != [origins.len(), width] {
                return Err(damaged("embeddings have another shape than their list says"));
            }
            let (numbers, _) = tensor.data().as_chunks::<4>();
            let values: Vec<f32> = numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
            let examples = origins.into_iter().zip(values.chunks(width.max(1)));
            examples
                .map(|(Origin { image, sha256, damaged, fit }, embedding)| {
                    check(embedding, width)?;
                    Ok(Example { image, sha256, damaged, fit, embedding: embedding.to_vec() })
                })
                .collect()
        };
        let mut names = HashSet::new();
        let concepts = header.concepts.into_iter().enumerate().map(|(index, named)| {
            if !is_name(&named.name) || !names.insert(named.name.clone()) {
                let reason = format!("concept {index} is called {:?}", named.name);
                return Err(Error::Damaged { reason: format!("{reason}, no name or another's") });
            }
            Ok(Concept {
                name: named.name,
                examples: read(key(index, "examples"), named.examples)?,
                negatives: read(key(index, "negatives"), named.negatives)?,
            })
        });
        let concepts = concepts.collect::<Result<_, Error>>()?;
        Ok(Self { fingerprint: header.fingerprint, concepts })
    }
}

/// What a concept can be called.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(char::is_control)
}

fn parts(concept: &Concept) -> [(&'static str, &[Example]); 2] {
    [("examples", &concept.examples), ("negatives", &concept.negatives)]
}

fn key(index: usize, part: &str) -> String {
    format!("{index}.{part}")
}

fn extend(examples: &mut Vec<Example>, more: Vec<Example>) -> usize {
    let before = examples.len();
    for example in more {
        if examples.iter().all(|known| known.sha256 != example.sha256) {
            examples.push(example);
        }
    }
    examples.len() - before
}

pub(crate) fn check(vector: &[f32], width: usize) -> Result<(), Error> {
    if vector.len() != width {
        return Err(Error::Width { width, found: vector.len() });
    }
    match vector.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(Error::NonFinite { position, value: vector[position] }),
        None => Ok(()),
    }
}
