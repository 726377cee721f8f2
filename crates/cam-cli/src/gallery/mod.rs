//! `cam index` and `cam search`: a folder of images, found again with reasons.

mod html;
mod index;
mod moved;
mod pictures;
mod same;
mod search;
mod upkeep;
mod why;

pub use index::run as index;
pub use search::run as search;
