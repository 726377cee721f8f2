//! What must hold of an index, whatever happens to those who write it.

mod compaction;
mod crafted;
mod kept;
mod support;
