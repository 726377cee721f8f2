//! Networks from the folders of transformers, timm and `open_clip`.

use std::path::Path;

use cam_files::Sha256;
use cam_graph::Graph;
use cam_models::{ConvNet, FolderError, ReadFolder, Runtime, Strictness, read_folder};

use crate::error::{Context as _, Error};
use crate::notice;
use crate::preprocess::PreprocessingOrigin;
use crate::weights::digests;

/// Whether a path is a folder that holds a network with its settings.
pub fn is_network(path: &Path) -> bool {
    cam_models::is_network_folder(path)
}

/// Reads a folder's network, for images of that height and width, or where none are given for its preprocessing's.
///
/// # Errors
/// Where its settings say what cannot be, or its weights are not those of the network.
pub fn read(
    folder: &Path,
    size: Option<[usize; 2]>,
    strictness: Strictness,
) -> Result<ReadFolder, Error> {
    let size = size.map(|[height, width]| (width, height));
    read_folder(folder, size, strictness).map_err(|error| match error {
        FolderError::Unreadable { .. } => Error::failed(error),
        error => Error::bad_model(error),
    })
}

/// A folder's network, ready to run, what is to be said of it, and what its preprocessing follows from.
///
/// # Errors
/// As [`read`], and where the device cannot run it.
pub(crate) fn open(
    folder: &Path,
    size: Option<[usize; 2]>,
    strictness: Strictness,
    runtime: Runtime,
) -> Result<(ConvNet, Vec<String>, PreprocessingOrigin), Error> {
    let read = read(folder, size, strictness)?;
    notice::detail(format_args!(
        "{}: {} of the type {}; the embedding is {}",
        folder.display(),
        read.weights.display(),
        read.family,
        read.embedding
    ));
    let origin = match read.preprocessor {
        Some(file) => PreprocessingOrigin::File(file),
        None => PreprocessingOrigin::Assumed,
    };
    let network = ConvNet::new(read.description, read.parameters, runtime)
        .context(folder.display().to_string())?;
    Ok((network, read.remarks, origin))
}

/// SHA-256 of a folder's weights, in hexadecimal digits: of the file, or where they are several of the list of theirs.
///
/// # Errors
/// Where they cannot be read.
pub(crate) fn digest(folder: &Path) -> Result<String, Error> {
    let files = cam_models::weight_files(folder).map_err(Error::bad_model)?;
    let digests = files.iter().map(|file| digests::of(file)).collect::<Result<Vec<_>, _>>()?;
    Ok(match digests.as_slice() {
        [digest] => digest.clone(),
        digests => Sha256::of(digests.join("\n").as_bytes()).to_string(),
    })
}

/// Width of a graph's embedding, and the layer that is taken unless another is named.
pub(crate) fn summary(graph: &Graph) -> Option<(usize, String)> {
    let shapes = graph.shapes(&graph.input).ok()?;
    let cuts = graph.cuts(&graph.input).ok()?;
    let layer = graph.automatic(&cuts, &shapes)?;
    Some((shapes[graph.output.index()].iter().product(), cuts[layer].name().to_owned()))
}
