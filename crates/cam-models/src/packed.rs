//! A network as the engine has it, in a file: nothing is parsed, folded or packed to run it again.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use cam_engine::{MappedFile, Options, PackedSpan};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::catalogue::describe;
use crate::description::{Classifier, Description};
use crate::engine_executor::EngineExecutor;
use crate::network::{ConvNet, NetworkError};
use crate::weights::ClassifierWeights;

/// The first bytes of a packed network; the digit is the version of the form.
const MAGIC: &[u8; 8] = b"CAMPACK1";

/// Where the numbers behind the header start: at a cache line.
const ALIGNMENT: usize = 64;

/// Why a file is no packed network for this purpose.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackedError {
    /// It is not there, or cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is something else, is cut off, or was written by another version.
    #[error("it is no packed network of this version")]
    Foreign,
    /// It was made from other weights.
    #[error("it was made from other weights: {found} instead of {expected}")]
    Stale {
        /// Its stamp.
        found: String,
        /// The stamp asked for.
        expected: String,
    },
    /// It does not hold what its network needs.
    #[error("{0}")]
    Network(#[from] NetworkError),
}

/// What stands in front of the numbers.
#[derive(Serialize, Deserialize)]
struct Header {
    /// What the weights were made from, in the words of whoever asked for the file.
    stamp: String,
    /// The architecture's name.
    network: String,
    /// All that the description says: an architecture that was changed since is another one.
    description: String,
    classes: Option<usize>,
    /// Biases of all convolutions, then weight and bias of the classifier.
    numbers: usize,
    spans: Vec<PackedSpan>,
}

/// Writes a network that runs in the engine, as [`open_packed`] reads it; `stamp` says what it was
/// made from. Gives whether there was anything to write: a network that does not run in the
/// engine, or whose architecture goes by no name of the catalogue, has no packed form.
///
/// # Errors
/// What writing gives.
pub fn write_packed(network: &ConvNet, stamp: &str, to: &mut dyn Write) -> io::Result<bool> {
    let description = network.description();
    let classes = description.classifier.as_ref().map(|classifier| classifier.classes);
    let Some(engine) = network.engine() else { return Ok(false) };
    if described(&description.name, classes).as_ref() != Some(description) {
        return Ok(false);
    }
    let mut numbers: Vec<f32> = Vec::new();
    for step in (0..engine.steps()).filter_map(|step| engine.convolution(step)) {
        numbers.extend(step.bias);
    }
    if let Some(classifier) = network.classifier() {
        numbers.extend(read(classifier.weight.clone())?);
        if let Some(bias) = &classifier.bias {
            numbers.extend(read(bias.clone())?);
        }
    }
    let mut header = Header {
        stamp: stamp.to_owned(),
        network: description.name.clone(),
        description: format!("{description:?}"),
        classes,
        numbers: numbers.len(),
        spans: engine.packed_spans(0),
    };
    // Spans count from the start of the file, and their digits lengthen the header: room for it is
    // left in front of the numbers.
    let room = serde_json::to_vec(&header)?.len() + header.spans.len() * 2 * ROOM_PER_NUMBER;
    let first = (MAGIC.len() + size_of::<u64>() + room).next_multiple_of(ALIGNMENT);
    let start = first + size_of_val(numbers.as_slice());
    header.spans = engine.packed_spans(start);
    let mut json = serde_json::to_vec(&header)?;
    json.resize(first - MAGIC.len() - size_of::<u64>(), b' ');
    to.write_all(MAGIC)?;
    to.write_all(&(json.len() as u64).to_le_bytes())?;
    to.write_all(&json)?;
    let numbers: Vec<u8> = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
    to.write_all(&numbers)?;
    engine.write_packed(start, to)?;
    Ok(true)
}

/// Digits that an offset may gain when it no longer counts from zero.
const ROOM_PER_NUMBER: usize = 12;

/// Opens what [`write_packed`] wrote, if it bears that stamp. Its weights stay in the file and are
/// read as they are wanted, so nobody may write to it: see [`MappedFile`].
///
/// # Errors
/// [`PackedError`]; each means that the weights have to be loaded from what they were made from.
pub fn open_packed(
    path: &Path,
    stamp: &str,
    device: &Device,
    options: Options,
) -> Result<ConvNet, PackedError> {
    let file = Arc::new(MappedFile::open(path)?);
    let (header, numbers) = parse(file.bytes()).ok_or(PackedError::Foreign)?;
    if header.stamp != stamp {
        return Err(PackedError::Stale { found: header.stamp, expected: stamp.to_owned() });
    }
    let description = described(&header.network, header.classes).ok_or(PackedError::Foreign)?;
    if format!("{description:?}") != header.description {
        return Err(PackedError::Foreign);
    }
    let (biases, classifier) = split(&description, numbers).ok_or(PackedError::Foreign)?;
    let packed = (&file, header.spans.as_slice());
    let executor = EngineExecutor::open_packed(&description, biases, packed, options);
    let executor = executor.map_err(NetworkError::from)?;
    Ok(ConvNet::with_executor(description, Box::new(executor), classifier, device)?)
}

/// The header, and the numbers behind it.
fn parse(bytes: &[u8]) -> Option<(Header, Vec<f32>)> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (len, rest) = rest.split_first_chunk::<{ size_of::<u64>() }>()?;
    let len = usize::try_from(u64::from_le_bytes(*len)).ok()?;
    let (json, rest) = rest.split_at_checked(len)?;
    let header: Header = serde_json::from_slice(json).ok()?;
    let numbers = rest.get(..header.numbers.checked_mul(size_of::<f32>())?)?;
    let (numbers, _) = numbers.as_chunks::<{ size_of::<f32>() }>();
    Some((header, numbers.iter().map(|&number| f32::from_le_bytes(number)).collect()))
}

/// Biases per convolution, and the classifier.
fn split(
    description: &Description,
    numbers: Vec<f32>,
) -> Option<(Vec<Vec<f32>>, Option<ClassifierWeights>)> {
    let mut rest = numbers.as_slice();
    let mut take = |count: usize| {
        let (taken, others) = rest.split_at_checked(count)?;
        rest = others;
        Some(taken.to_vec())
    };
    let biases = description.convolutions().map(|step| take(step.outputs));
    let biases = biases.collect::<Option<_>>()?;
    let classifier = match &description.classifier {
        Some(Classifier { classes, inputs, .. }) => {
            let weight = take(classes.checked_mul(*inputs)?)?;
            Some(ClassifierWeights { weight, bias: take(*classes)? })
        }
        None => None,
    };
    rest.is_empty().then_some((biases, classifier))
}

/// The architecture of that name, with so many classes.
fn described(name: &str, classes: Option<usize>) -> Option<Description> {
    let mut description = describe(name)?;
    description.classifier = match (description.classifier, classes) {
        (Some(classifier), Some(classes)) => Some(Classifier { classes, ..classifier }),
        (_, None) => None,
        (None, Some(_)) => return None,
    };
    Some(description)
}

fn read<const D: usize>(tensor: burn::tensor::Tensor<D>) -> io::Result<Vec<f32>> {
    tensor.try_into_vec_as::<f32>().map_err(|error| io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_classes_than_there_are_numbers_are_none() {
        for classes in [1, 1 << 32, usize::MAX / 1280 + 1, usize::MAX] {
            let description = described("efficientnet-lite0", Some(classes)).expect("it is known");
            let biases: usize = description.convolutions().map(|step| step.outputs).sum();
            assert!(split(&description, vec![0.0; biases]).is_none(), "{classes}");
        }
    }
}
