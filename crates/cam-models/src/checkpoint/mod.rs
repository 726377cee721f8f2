//! Weight files: names, shapes and values, whatever container they come in.

#[cfg(feature = "files")]
mod class_names;
mod container;
mod distinct_names;
mod element;
mod foreign;
#[cfg(feature = "files")]
mod open;
mod protobuf;
#[cfg(feature = "files")]
mod pytorch;
mod safetensors_file;
#[cfg(feature = "files")]
mod zipped;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "files")]
pub use class_names::class_names;
pub use container::Container;
pub use element::Element;
pub use foreign::Foreign;

use crate::LoadError;

/// The tensors of a weight file, not yet read.
///
/// No code in a file ever runs: pickles are parsed for the tensors they describe, and nothing
/// they ask to be called is called.
#[derive(Clone)]
pub struct Checkpoint {
    origin: PathBuf,
    container: Container,
    tensors: BTreeMap<String, StoredTensor>,
    choice: Option<String>,
}

/// One tensor of a weight file.
#[derive(Clone)]
pub struct StoredTensor {
    name: String,
    shape: Vec<usize>,
    element: Element,
    read: Read,
}

/// Reads the bytes of one tensor.
type Read = Arc<dyn Fn() -> io::Result<Vec<u8>> + Send + Sync>;

impl Checkpoint {
    /// Reads safetensors that are already in memory; `origin` names them in errors.
    ///
    /// A `.pth` is only read from a file ([`open`](Self::open)): what reads it wants to go back and
    /// forth in it.
    ///
    /// # Errors
    /// [`LoadError::NotWeights`] for what is no weight file at all, [`LoadError::Malformed`] for a
    /// damaged one and for a `.pth`.
    ///
    /// # Examples
    /// ```
    /// use std::path::Path;
    ///
    /// use cam_models::Checkpoint;
    ///
    /// // What a server gives instead of the file that somebody asked for.
    /// let fetched = b"<!DOCTYPE html><title>Not found</title>".to_vec();
    /// let error = Checkpoint::from_safetensors(Path::new("resnet50.safetensors"), fetched).unwrap_err();
    /// assert!(error.to_string().starts_with("resnet50.safetensors is an HTML page: "));
    /// ```
    pub fn from_safetensors(
        origin: &Path,
        bytes: impl Into<Cow<'static, [u8]>>,
    ) -> Result<Self, LoadError> {
        let bytes = bytes.into();
        let container = container::recognise(origin, &bytes)?;
        let tensors = match container {
            Container::Safetensors => safetensors_file::tensors(bytes),
            _ => Err("in memory only safetensors are read".to_owned()),
        };
        Self::of(origin, container, tensors)
    }

    fn of(
        origin: &Path,
        container: Container,
        tensors: Result<BTreeMap<String, StoredTensor>, String>,
    ) -> Result<Self, LoadError> {
        let origin = origin.to_owned();
        match tensors {
            Ok(tensors) => Ok(Self { origin, container, tensors, choice: None }),
            Err(reason) => Err(LoadError::Malformed { path: origin, container, reason }),
        }
    }

    /// Where the tensors come from.
    pub fn origin(&self) -> &Path {
        &self.origin
    }

    /// What they come in.
    pub fn container(&self) -> Container {
        self.container
    }

    /// The tensors by name, in alphabetical order.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &StoredTensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&StoredTensor> {
        self.tensors.get(name)
    }

    /// The shape of the tensor of that name.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.get(name).map(StoredTensor::shape)
    }

    /// The same file, of whose networks the one under a prefix is meant (`teacher.`,
    /// `state_dict.encoder_k.`): the prefix as [`Source`](crate::Source) has it, or one of its
    /// leading parts. Without this, [`identify`](crate::identify) has a rule.
    pub fn choosing(self, prefix: impl Into<String>) -> Self {
        Self { choice: Some(prefix.into()), ..self }
    }

    /// The prefix that was asked for.
    pub(crate) fn choice(&self) -> Option<&str> {
        self.choice.as_deref()
    }

    /// The tensors whose names start with `prefix`, by what follows it.
    pub(crate) fn under<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a StoredTensor)> {
        let from = self.tensors.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.map_while(move |(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)))
    }

    /// Some of the file's tensors, under other names.
    pub(crate) fn renamed(&self, tensors: BTreeMap<String, StoredTensor>) -> Self {
        let (origin, choice) = (self.origin.clone(), self.choice.clone());
        Self { origin, container: self.container, tensors, choice }
    }

    /// The same with one more tensor.
    pub(crate) fn insert(&mut self, name: String, tensor: StoredTensor) {
        self.tensors.insert(name, tensor);
    }
}

impl StoredTensor {
    /// Its name in the file, with everything in front.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same values in another shape of as many.
    pub(crate) fn reshaped(&self, shape: Vec<usize>) -> Self {
        Self { shape, ..self.clone() }
    }

    /// Extents, outermost first; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// What its elements are.
    pub fn element(&self) -> Element {
        self.element
    }

    /// The values as f32, row-major.
    ///
    /// # Errors
    /// What reading the file gives; `InvalidData` where the elements are no floats or their
    /// number does not fit the shape.
    pub fn values(&self) -> io::Result<Vec<f32>> {
        let values = self.element.floats(&(self.read)()?)?;
        let expected = self.shape.iter().product::<usize>();
        if values.len() == expected {
            return Ok(values);
        }
        let reason = format!("{} values where the shape asks for {expected}", values.len());
        Err(io::Error::new(io::ErrorKind::InvalidData, reason))
    }
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checkpoint")
            .field("origin", &self.origin)
            .field("container", &self.container)
            .field("tensors", &self.tensors.len())
            .finish()
    }
}
