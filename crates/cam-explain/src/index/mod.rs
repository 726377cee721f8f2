//! A folder of images, found again with reasons.
//!
//! ```no_run
//! use cam_explain::index::{Index, Settings, Shown, index};
//! use cam_explain::{Model, Source};
//!
//! let model = Model::open("efficientnet-lite0")?;
//! let settings = Settings { index: "shelf".into(), keeps_maps: true, blocks: None, is_moved: false };
//! index(&model, "photographs".as_ref(), &settings)?;
//! let shelf = Index::open("shelf".as_ref())?;
//! let shown = Shown { draws: true, explains: true, ..Shown::default() };
//! let found = shelf.search(&model, &Source::from("cup.jpg"), 5, shown)?;
//! for hit in &found.hits {
//!     println!("{:.3} {}", hit.cosine, found.entry(hit).image.path);
//! }
//! found.figure(&found.compare()?, None)?.save("cup.search.png")?;
//! # Ok::<(), cam_explain::Error>(())
//! ```

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
pub use search::{Index, Searched, Shown};
pub use why::Why;
