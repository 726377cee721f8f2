use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crc32fast::Hasher;
use usearch::{Index, IndexOptions, MetricKind, ScalarKind};

use super::made::{Graph, Made};
use super::plan::{refused, write};
use super::sound::is_sound;
use crate::Error;
use crate::error::at;
use crate::gallery::file::{Stream, read_exact_at};

/// Neighbours of each row in the graph.
pub(super) const CONNECTIVITY: usize = 16;

/// Rows looked at for these neighbours: twice as many take twice the time and find hardly more.
const EXPANSION_ADD: usize = 64;

/// Rows looked at for a query, at least.
pub(super) const EXPANSION_SEARCH: usize = 64;

/// The bytes of a graph's file before its rounded rows: how many there are, and how wide.
const SIZES: usize = 8;

/// Bytes that are read together.
const BUFFER: usize = 1 << 20;

/// Where a block's files are.
pub(super) struct Block {
    graph: PathBuf,
    rows: PathBuf,
}

impl Block {
    pub(super) fn of(folder: &Path, number: u64) -> Self {
        let name = |end: &str| folder.join(format!("{number:05}.{end}"));
        Self { graph: name("usearch"), rows: name("rows") }
    }

    /// A graph without rows.
    pub(super) fn empty(width: usize) -> Result<Index, String> {
        let options = IndexOptions {
            dimensions: width,
            metric: MetricKind::Cos,
            quantization: ScalarKind::I8,
            connectivity: CONNECTIVITY,
            expansion_add: EXPANSION_ADD,
            expansion_search: EXPANSION_SEARCH,
            multi: false,
        };
        Index::new(&options).map_err(|error| error.to_string())
    }

    /// Keeps a graph of rows with these checksums.
    pub(super) fn write(&self, index: &Index, checksums: Vec<u32>) -> Result<(), Error> {
        let graph = match index.size() {
            0 => Graph::default(),
            count => {
                let mut bytes = vec![0; index.serialized_length()];
                index.save_to_buffer(&mut bytes).map_err(|error| refused(&self.graph, error))?;
                let graph = graph(&bytes, count, SIZES + count * index.dimensions());
                write(&self.graph, &bytes)?;
                graph
            }
        };
        // Last: what is said of a graph is true.
        Made { graph, checksums }.write(&self.rows)
    }

    /// What is said of it, or none where it was not made yet.
    pub(super) fn made(&self) -> Result<Option<Made>, Error> {
        Made::read(&self.rows)
    }

    /// Its graph, mapped into memory; none where it has no rows.
    ///
    /// # Errors
    /// [`Error::Neighbours`] where it is not what was written.
    pub(super) fn open(&self, graph: &Graph, width: usize) -> Result<Option<Index>, Error> {
        if graph.count == 0 {
            return Ok(None);
        }
        if self.crc(graph, &[0..SIZES as u64, graph.graph_at..graph.bytes])? != graph.graph_crc {
            return Err(self.damaged());
        }
        let read = |stretch: Range<u64>| self.read(stretch).map_err(at(&self.graph));
        let (sizes, nodes) = (read(0..SIZES as u64)?, read(graph.graph_at..graph.bytes)?);
        if !is_sound(&sizes, &nodes, graph.count, width) {
            return Err(self.damaged());
        }
        let refused = |reason: String| refused(&self.graph, reason);
        let path = self.graph.to_str().ok_or_else(|| refused("its path is no Unicode".into()))?;
        let index = Self::empty(width).map_err(refused)?;
        index.view(path).map_err(|error| refused(error.to_string()))?;
        let found = (index.size(), index.dimensions(), index.scalar_kind());
        if found == (graph.count, width, ScalarKind::I8) {
            Ok(Some(index))
        } else {
            Err(self.damaged())
        }
    }

    /// That its file is what was written, to the last bit.
    pub(super) fn verify(&self, graph: &Graph) -> Result<(), Error> {
        let all = [0..SIZES as u64, SIZES as u64..graph.bytes];
        let is_whole = graph.count == 0 || self.crc(graph, &all)? == graph.crc;
        if is_whole { Ok(()) } else { Err(self.damaged()) }
    }

    pub(super) fn stale(&self) -> Error {
        refused(&self.graph, "it was made of other rows")
    }

    fn damaged(&self) -> Error {
        refused(&self.graph, "it is not what was written")
    }

    /// A stretch of the file, which was found to reach so far.
    fn read(&self, stretch: Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; stretch.end.saturating_sub(stretch.start) as usize];
        read_exact_at(&File::open(&self.graph)?, &mut bytes, stretch.start)?;
        Ok(bytes)
    }

    /// Checksum of stretches of the file, which must be as long as it was.
    fn crc(&self, graph: &Graph, stretches: &[Range<u64>]) -> Result<u32, Error> {
        let file = match File::open(&self.graph) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(refused(&self.graph, "it is missing"));
            }
            opened => opened.map_err(at(&self.graph))?,
        };
        let length = file.metadata().map_err(at(&self.graph))?.len();
        if length != graph.bytes {
            let reason = format!("it has {length} bytes, and {} were written", graph.bytes);
            return Err(refused(&self.graph, reason));
        }
        let mut crc = Hasher::new();
        let mut buffer = vec![0; BUFFER];
        for stretch in stretches {
            let stream = Stream { file: &file, place: stretch.start };
            let mut stream = stream.take(stretch.end.saturating_sub(stretch.start));
            loop {
                match stream.read(&mut buffer).map_err(at(&self.graph))? {
                    0 => break,
                    read => crc.update(&buffer[..read]),
                }
            }
        }
        Ok(crc.finalize())
    }
}

/// What is to be known of a file whose rounded rows end at a place.
fn graph(bytes: &[u8], count: usize, end: usize) -> Graph {
    // Were it laid out in another way, all of it would count as graph.
    let is_known = bytes.get(end..).is_some_and(|graph| graph.starts_with(b"usearch"));
    let end = if is_known { end } else { SIZES };
    let mut crc = Hasher::new();
    crc.update(&bytes[..SIZES]);
    crc.update(&bytes[end..]);
    Graph {
        count,
        bytes: bytes.len() as u64,
        graph_at: end as u64,
        graph_crc: crc.finalize(),
        crc: crc32fast::hash(bytes),
        ..Graph::default()
    }
}
