//! `cam index` and `cam search`: a folder of images, found again with reasons.

mod html;
mod index;
mod search;
mod why;

pub use index::run as index;
pub use search::run as search;
