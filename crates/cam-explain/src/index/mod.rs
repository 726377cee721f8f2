//! A folder of images, found again with reasons.

mod export;
mod html;
#[expect(clippy::module_inception, reason = "what an index is made by")]
mod index;
mod moved;
mod pictures;
mod same;
mod search;
mod upkeep;
mod why;

pub use export::export;
pub use index::{Settings, Summary, compact, index, verify};
pub use pictures::Pictures;
pub use search::{Index, Searched};
pub use why::Why;
