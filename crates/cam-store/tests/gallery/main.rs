//! What must hold of a gallery, whatever happens to those who write it.

mod compaction;
mod crafted;
mod kept;
mod support;
