use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use burn::tensor::Device;
use cam_engine::{Engine, Options};
use cam_files::read_exact_at;

use super::{Header, MAGIC, PackedError, described};
use crate::description::{Classifier, Description};
use crate::engine_executor::EngineExecutor;
use crate::network::{ConvNet, NetworkError};
use crate::weights::ClassifierWeights;

/// Bytes of the magic and of the header's length.
const FRONT: usize = MAGIC.len() + size_of::<u64>();

/// The longest header that is read: those of the networks known here have some ten thousand bytes.
const MOST_HEADER: u64 = 16 << 20;

/// A packed network's file, its header held against a description and its length against what has to be in it.
#[derive(Debug)]
pub struct PackedFile {
    file: File,
    description: Description,
    /// Where biases and classifier start, and how many numbers they are.
    start: u64,
    numbers: usize,
    /// Bytes of packed weights behind them.
    weights: usize,
}

impl PackedFile {
    /// Opens a file if it bears that stamp. Only its header is read.
    ///
    /// # Errors
    /// [`PackedError::Unreadable`], [`PackedError::Foreign`], [`PackedError::Stale`], [`PackedError::Length`].
    pub fn open(path: &Path, stamp: &str) -> Result<Self, PackedError> {
        let file = File::open(path)?;
        let (header, start) = read_header(&file)?.ok_or(PackedError::Foreign)?;
        if header.stamp != stamp {
            return Err(PackedError::Stale { found: header.stamp, expected: stamp.to_owned() });
        }
        let description = described(&header.network, header.classes);
        let description = description.filter(|it| format!("{it:?}") == header.description);
        let description = description.ok_or(PackedError::Foreign)?;
        let numbers = numbers_of(&description).ok_or(PackedError::Foreign)?;
        let graph = EngineExecutor::graph_to_pack(&description);
        let weights = Engine::packed_bytes(&graph).map_err(NetworkError::from)?;
        let packed = Self { file, description, start, numbers, weights };
        match (packed.file.metadata()?.len(), packed.bytes()) {
            (found, expected) if found != expected => Err(PackedError::Length { found, expected }),
            _ => Ok(packed),
        }
    }

    /// The network that it is of.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// How long it is, in bytes: as long as what its description asks for.
    pub fn bytes(&self) -> u64 {
        self.start_of_weights() + self.weights as u64
    }

    /// Reads the network, by all of the engine's threads.
    ///
    /// # Errors
    /// [`PackedError::Unreadable`] where the file was cut off meanwhile, [`PackedError::Network`] for the engine's
    /// options.
    pub fn network(&self, device: &Device, options: Options) -> Result<ConvNet, PackedError> {
        let numbers = read_numbers(&self.file, self.start, self.numbers)?;
        let (biases, classifier) =
            split(&self.description, &numbers).ok_or(PackedError::Foreign)?;
        let weights = self.start_of_weights();
        let read =
            |at: usize, bytes: &mut [u8]| read_exact_at(&self.file, bytes, weights + at as u64);
        let executor = EngineExecutor::open_packed(&self.description, biases, &read, options);
        let executor = Box::new(executor.map_err(NetworkError::from)?);
        let description = self.description.clone();
        Ok(ConvNet::with_executor(description, executor, classifier, device)?)
    }

    fn start_of_weights(&self) -> u64 {
        self.start + (self.numbers * size_of::<f32>()) as u64
    }
}

/// The header, and where the numbers behind it start; none where the file does not begin with one.
fn read_header(mut file: &File) -> io::Result<Option<(Header, u64)>> {
    let length = file.metadata()?.len();
    let mut front = [0; FRONT];
    if length < FRONT as u64 {
        return Ok(None);
    }
    file.read_exact(&mut front)?;
    let (magic, len) = front.split_at(MAGIC.len());
    let len = u64::from_le_bytes(len.try_into().expect("eight bytes are left"));
    let start = FRONT as u64 + len.min(MOST_HEADER);
    if magic != MAGIC || len > MOST_HEADER || start > length {
        return Ok(None);
    }
    let mut json = vec![0; len as usize];
    file.read_exact(&mut json)?;
    let header = serde_json::from_slice(&json);
    Ok(header.ok().map(|header| (header, start)))
}

/// How many numbers lie between the header and the packed weights: biases of all convolutions, then weight and bias
/// of the classifier. None where their bytes cannot be counted.
fn numbers_of(description: &Description) -> Option<usize> {
    let biases: usize = description.convolutions().map(|step| step.outputs).sum();
    let classifier = description.classifier.as_ref();
    let classifier = classifier.map_or(Some(0), |&Classifier { classes, inputs, .. }| {
        classes.checked_mul(inputs.checked_add(1)?)
    });
    let count = biases.checked_add(classifier?)?;
    (count < isize::MAX as usize / size_of::<f32>()).then_some(count)
}

fn read_numbers(file: &File, start: u64, count: usize) -> io::Result<Vec<f32>> {
    let mut bytes = Vec::new();
    // A file may be longer than memory, where most of it is a hole.
    bytes.try_reserve_exact(count * size_of::<f32>()).map_err(io::Error::other)?;
    bytes.resize(count * size_of::<f32>(), 0);
    read_exact_at(file, &mut bytes, start)?;
    let (numbers, _) = bytes.as_chunks::<{ size_of::<f32>() }>();
    Ok(numbers.iter().map(|&number| f32::from_le_bytes(number)).collect())
}

/// Biases per convolution, and the classifier.
fn split(
    description: &Description,
    numbers: &[f32],
) -> Option<(Vec<Vec<f32>>, Option<ClassifierWeights>)> {
    let mut rest = numbers;
    let mut take = |count: usize| {
        let (taken, others) = rest.split_at_checked(count)?;
        rest = others;
        Some(taken.to_vec())
    };
    let biases = description.convolutions().map(|step| take(step.outputs));
    let biases = biases.collect::<Option<_>>()?;
    let classifier = match &description.classifier {
        Some(Classifier { classes, inputs, .. }) => {
            Some(ClassifierWeights { weight: take(classes * inputs)?, bias: take(*classes)? })
        }
        None => None,
    };
    rest.is_empty().then_some((biases, classifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_classes_than_there_are_numbers_are_none() {
        for classes in [1 << 56, usize::MAX / 1280 + 1, usize::MAX] {
            let description = described("efficientnet-lite0", Some(classes)).expect("it is known");
            assert_eq!(numbers_of(&description), None, "{classes}");
        }
        let description = described("efficientnet-lite0", Some(10)).expect("it is known");
        let biases: usize = description.convolutions().map(|step| step.outputs).sum();
        assert_eq!(numbers_of(&description), Some(biases + 10 * 1280 + 10));
        let too_few = vec![0.0; biases + 10 * 1280 + 9];
        assert!(split(&description, &too_few).is_none());
    }
}
