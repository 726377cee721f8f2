//! A network as the engine has it, in a file: nothing is parsed, folded or packed to run it again.

mod file;

use std::io::{self, Write};
use std::path::Path;

use burn::tensor::Device;
use cam_engine::Options;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use file::PackedFile;

use cam_files::Sha256;
use cam_graph::Graph;

use crate::Classifier;
use crate::network::{ConvNet, NetworkError};

/// The first bytes of a packed network; the digit is the version of the form.
const MAGIC: &[u8; 8] = b"CAMPACK4";

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
    /// It is not as long as its network's numbers.
    #[error("it is {found} bytes long, its network needs {expected}: it is cut off or damaged")]
    Length {
        /// Its length.
        found: u64,
        /// Header, numbers and packed weights together.
        expected: u64,
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
    /// The network's name.
    network: String,
    /// What it computes, its steps fused.
    graph: Graph,
    classifier: Option<Classifier>,
    /// As [`Preprocessing::to_json`](crate::Preprocessing::to_json) writes it.
    preprocessing: String,
}

/// Writes a network whose front runs in the engine, as [`open_packed`] reads it; `stamp` says what it was
/// made from. Gives whether there was anything to write: a network that does not run in the
/// engine has no packed form.
///
/// The file holds a header (the graph, as JSON, and its SHA-256), the parameters that the engine does not pack, the
/// classifier's, and the packed weights.
///
/// # Errors
/// What writing gives.
pub fn write_packed(network: &ConvNet, stamp: &str, to: &mut dyn Write) -> io::Result<bool> {
    let Some(engine) = network.engine() else { return Ok(false) };
    let description = network.description();
    let header = Header {
        stamp: stamp.to_owned(),
        network: description.name,
        graph: description.graph,
        classifier: description.classifier,
        preprocessing: description.preprocessing.to_json(),
    };
    let json = serde_json::to_vec(&header)?;
    to.write_all(MAGIC)?;
    to.write_all(&(json.len() as u64).to_le_bytes())?;
    to.write_all(Sha256::of(&json).to_string().as_bytes())?;
    to.write_all(&json)?;
    let unpacked = network.body().unpacked();
    for name in header.graph.parameters.keys() {
        if let Some(numbers) = unpacked.get(name) {
            write_numbers(numbers, to)?;
        }
    }
    if let Some(classifier) = network.classifier() {
        write_numbers(&read(classifier.weight.clone())?, to)?;
        if let Some(bias) = &classifier.bias {
            write_numbers(&read(bias.clone())?, to)?;
        }
    }
    engine.write_packed(to)?;
    Ok(true)
}

fn write_numbers(numbers: &[f32], to: &mut dyn Write) -> io::Result<()> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    to.write_all(&bytes)
}

/// Opens what [`write_packed`] wrote, if it bears that stamp: reads its weights into memory, by all of the engine's
/// threads. What somebody does to the file later has no effect.
///
/// # Errors
/// [`PackedError`]; each means that the weights have to be loaded from what they were made from. No more memory is asked
/// for than the file is long.
pub fn open_packed(
    path: &Path,
    stamp: &str,
    device: &Device,
    options: Options,
) -> Result<ConvNet, PackedError> {
    PackedFile::open(path, stamp)?.network(device, options)
}

fn read<const D: usize>(tensor: burn::tensor::Tensor<D>) -> io::Result<Vec<f32>> {
    tensor.try_into_vec_as::<f32>().map_err(|error| io::Error::other(error.to_string()))
}
