use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::{Deserialize, Serialize};

use super::plan::{refused, write};
use crate::Error;
use crate::error::at;
use crate::gallery::Entry;

/// The entry of the file's metadata that says what it is.
const ENTRY: &str = "cam_neighbours";

const CHECKSUMS: &str = "vector_crc";

/// Grows when a file of before can no longer be used; it is made again then.
const VERSION: u32 = 1;

/// What a graph was made of, and what its file was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) graph: Graph,
    /// The checksum of each row, 0 for those that belonged to no image and are not in the graph.
    pub(super) checksums: Vec<u32>,
}

/// The file of a graph.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Graph {
    pub(super) version: u32,
    /// Rows in the graph. Without any there is no file.
    pub(super) count: usize,
    pub(super) bytes: u64,
    /// Where the rounded rows end.
    pub(super) graph_at: u64,
    /// Checksum of all but the rounded rows.
    pub(super) graph_crc: u32,
    /// Checksum of all.
    pub(super) crc: u32,
}

impl Made {
    /// What is said of a block, or none where nothing is.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(at(path))?,
        };
        Self::of(&bytes).map(Some).map_err(|reason| refused(path, reason))
    }

    fn of(bytes: &[u8]) -> Result<Self, String> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let entry = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
        let entry = entry.ok_or("it is none of the index of neighbours")?;
        let graph: Graph = serde_json::from_str(entry).map_err(|error| error.to_string())?;
        if graph.version != VERSION {
            return Err(format!("it has version {}, and {VERSION} is used", graph.version));
        }
        let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let tensor = file.tensor(CHECKSUMS).map_err(|error| error.to_string())?;
        let (checksums, []) = tensor.data().as_chunks::<4>() else {
            return Err("its checksums are no whole numbers".to_owned());
        };
        let checksums = checksums.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect();
        Ok(Self { graph, checksums })
    }

    /// Whether it is of these rows. One whose image went since may still be in the graph; one whose image
    /// is there must be.
    pub(super) fn is_of(&self, rows: &[Option<&Entry>]) -> bool {
        let is_same =
            |(&crc, row): (&u32, &Option<&Entry>)| row.is_none_or(|entry| entry.vector_crc == crc);
        self.checksums.len() == rows.len() && self.checksums.iter().zip(rows).all(is_same)
    }

    pub(super) fn write(&mut self, path: &Path) -> Result<(), Error> {
        self.graph.version = VERSION;
        let entry = serde_json::to_string(&self.graph).expect("numbers are JSON");
        let bytes: Vec<u8> = self.checksums.iter().flat_map(|crc| crc.to_le_bytes()).collect();
        let tensor = TensorView::new(Dtype::U32, vec![self.checksums.len()], &bytes);
        let tensors = [(CHECKSUMS, tensor.expect("as many bytes as numbers"))];
        let metadata = HashMap::from([(ENTRY.to_owned(), entry)]);
        let bytes = serialize(tensors, Some(metadata)).expect("the tensor forms a file");
        write(path, &bytes)
    }
}
