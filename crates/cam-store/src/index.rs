//! Indexes: images with their embeddings and feature maps, in a folder.
//!
//! ```text
//! index.json      version and fingerprint
//! entries.log     a line for each image that came or went: a checksum and JSON
//! vectors.f32     embeddings at length one, little-endian, width numbers to a row
//! maps.f16        activations of the layer, or of a transformer what patches wrote to the embedding, channel after
//!                 channel, one image behind the other
//! ```
//!
//! Everything only grows. An image's numbers are written before its line, and a line counts once it is
//! whole: whatever is cut off at any moment, what the lines speak of is there. A writer that opens the
//! folder cuts off what no line speaks of. Readers take the lines that they find and look no further, and
//! so need no lock.
//!
//! What images that changed or went leave behind is given back by a [compaction](Writer::compact), which
//! writes all three files anew under names of their own (`entries.1.log`) and then says so in
//! `index.json`, at one stroke. Readers hold the files that they opened, and go on with these.

mod bounds;
mod compact;
mod entry;
mod file;
mod header;
mod log;
mod maps;
mod names;
mod reader;
mod search;
mod writer;

pub use compact::Compacted;
pub use entry::{Entry, Image};
pub use header::Header;
pub use maps::Maps;
pub use reader::Index;
pub use search::Hit;
pub use writer::Writer;

/// What long work calls before each of its steps, with how many there are: it can count them, and end the
/// work.
pub type Step<'a> = &'a (dyn Fn(u64) -> std::ops::ControlFlow<()> + Sync);
