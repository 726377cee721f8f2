use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use burn::tensor::Device;
use cam_engine::Options;
use cam_files::{Sha256, read_exact_at};

use super::{Header, MAGIC, PackedError};
use crate::graph_engine::Front;
use crate::graph_network::{GraphNetwork, Places};
use crate::network::{ConvNet, NetworkError};
use crate::{Classifier, Description, Parameters, Preprocessing, Runtime};

/// Digits of the header's SHA-256.
const DIGEST: usize = 64;

/// Bytes of the magic, of the header's length and of its digest.
const FRONT: usize = MAGIC.len() + size_of::<u64>() + DIGEST;

/// The longest vector of a header that is made before the file's length is known to suit it.
const MOST_SMALL: usize = 1 << 24;

/// The longest header that is read: those of the networks known here have some hundred thousand bytes.
const MOST_HEADER: u64 = 64 << 20;

/// A packed network's file, its length held against what its header asks for.
#[derive(Debug)]
pub struct PackedFile {
    file: File,
    description: Description,
    /// Names and lengths of the parameters in front of the packed weights, and where they start.
    unpacked: Vec<(String, usize)>,
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
        let Header { network: name, graph, classifier, preprocessing, .. } = header;
        let preprocessing = Preprocessing::from_json(&preprocessing);
        let preprocessing = preprocessing.map_err(|_| PackedError::Foreign)?.preprocessing;
        let description = Description { name, graph, classifier, preprocessing };
        let front = front(&description)?;
        let unpacked = unpacked(&description, &front).ok_or(PackedError::Foreign)?;
        let numbers = sum(&unpacked).ok_or(PackedError::Foreign)?;
        let weights = front.bytes().map_err(NetworkError::from)?;
        let packed = Self { file, description, unpacked, start, numbers, weights };
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
        let mut rest = &numbers[..];
        let mut parameters = Parameters::new();
        for (name, length) in &self.unpacked {
            let (taken, others) = rest.split_at(*length);
            parameters.insert(name.clone(), taken.to_vec());
            rest = others;
        }
        let weights = self.start_of_weights();
        let read =
            |at: usize, bytes: &mut [u8]| read_exact_at(&self.file, bytes, weights + at as u64);
        let runtime = Runtime::engine(device, options);
        let network = ConvNet::assembled(
            self.description.clone(),
            parameters,
            runtime,
            |graph, parameters, machine| GraphNetwork::open(graph, parameters, &read, machine),
        );
        Ok(network?)
    }

    fn start_of_weights(&self) -> u64 {
        self.start + (self.numbers * size_of::<f32>()) as u64
    }
}

/// The part of a network that the engine runs, without a number.
fn front(description: &Description) -> Result<Front, PackedError> {
    let places = Places::of(&description.graph)?;
    // What the engine copies of them has to be there, whatever it is, and single numbers that factors are made of.
    let is_copied = |shape: &[usize]| shape.len() <= 1 || shape.iter().all(|&side| side == 1);
    let vectors = description.graph.parameters.iter().filter(|(_, shape)| is_copied(shape));
    let ones = vectors.map(|(name, shape)| {
        let length = length(shape).filter(|&length| length <= MOST_SMALL)?;
        Some((name.clone(), vec![1.0; length]))
    });
    let numbers = ones.collect::<Option<Parameters>>().ok_or(PackedError::Foreign)?;
    Front::of(&description.graph, &numbers, places.known()).ok_or(PackedError::Foreign)
}

/// Names and lengths of what lies between the header and the packed weights; none where they cannot be counted.
fn unpacked(description: &Description, front: &Front) -> Option<Vec<(String, usize)>> {
    let parameters = description.graph.parameters.iter();
    let others = parameters.filter(|(name, _)| !front.holds(name));
    let mut unpacked: Vec<(String, usize)> =
        others.map(|(name, shape)| Some((name.clone(), length(shape)?))).collect::<Option<_>>()?;
    if let Some(Classifier { weight, bias, classes }) = &description.classifier {
        let inputs = description.embedding_width();
        unpacked.push((weight.clone(), classes.checked_mul(inputs)?));
        unpacked.extend(bias.iter().map(|bias| (bias.clone(), *classes)));
    }
    Some(unpacked)
}

/// Numbers of a shape; none where they cannot be counted.
fn length(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |all, &side| all.checked_mul(side))
}

/// How many numbers all have; none where their bytes cannot be counted.
fn sum(unpacked: &[(String, usize)]) -> Option<usize> {
    let all = unpacked.iter().try_fold(0_usize, |all, (_, length)| all.checked_add(*length))?;
    (all < isize::MAX as usize / size_of::<f32>()).then_some(all)
}

/// The header, and where the numbers behind it start; none where the file does not begin with one.
fn read_header(mut file: &File) -> io::Result<Option<(Header, u64)>> {
    let length = file.metadata()?.len();
    let mut front = [0; FRONT];
    if length < FRONT as u64 {
        return Ok(None);
    }
    file.read_exact(&mut front)?;
    let (magic, rest) = front.split_at(MAGIC.len());
    let (len, digest) = rest.split_at(size_of::<u64>());
    let len = u64::from_le_bytes(len.try_into().expect("eight bytes are left"));
    let start = FRONT as u64 + len.min(MOST_HEADER);
    if magic != MAGIC || len > MOST_HEADER || start > length {
        return Ok(None);
    }
    let mut json = vec![0; len as usize];
    file.read_exact(&mut json)?;
    // A header of which a byte was changed may describe another network.
    if Sha256::of(&json).to_string().as_bytes() != digest {
        return Ok(None);
    }
    let header = serde_json::from_slice(&json);
    Ok(header.ok().map(|header| (header, start)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_classes_than_there_are_numbers_are_none() {
        let mut described = crate::describe("efficientnet-lite0").expect("it is known");
        let mut fused = crate::Parameters::new();
        for (name, shape) in &described.graph.parameters {
            fused.insert(name.clone(), vec![1.0; shape.iter().product()]);
        }
        cam_fuse::fuse(&mut described.graph, &mut fused, &[]);
        let front = front(&described).expect("the engine runs it");
        let numbers = |classes| {
            let classifier = Some(Classifier::named("_fc", classes));
            let description = Description { classifier, ..described.clone() };
            unpacked(&description, &front).and_then(|unpacked| sum(&unpacked))
        };
        for classes in [1 << 56, usize::MAX / 1280 + 1, usize::MAX] {
            assert_eq!(numbers(classes), None, "{classes}");
        }
        let none = numbers(0).expect("they can be counted");
        assert_eq!(numbers(10), Some(none + 10 * 1280 + 10));
    }
}
