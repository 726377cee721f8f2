//! Files of repositories on the Hugging Face hub: `hf:ORG/NAME@REVISION`.
//!
//! [`model`] brings what makes a model: its configurations and its weights. [`files`] brings files by name, and
//! [`list`] says which there are. Each file keeps to this crate's invariant: under its final name it is complete.
//!
//! # Where files come from
//!
//! 1. The user's own cache, which Python's `huggingface_hub` fills. If it holds all that is needed of the revision,
//!    the result is its folder, and no weights are downloaded. It is never written to.
//! 2. Our cache, of the same layout, under [`HubOptions::cache`].
//! 3. The hub: the head of each file (HEAD) tells commit, size and digest, then the content is fetched as
//!    [`fetch_file`](crate::fetch_file) does, resumable and locked, and held to both. Large files have a SHA-256, small
//!    ones git's SHA-1.
//!
//! All files of one call are of one commit. A later call asks the hub once which commit the revision is now, and not at
//! all if the revision is a commit whose files are known. That a file does not exist is remembered too. Where nobody
//! answers, what is here is used if it is enough, and [`Folder::unasked`] says why nobody was asked.
//!
//! # The token
//!
//! It goes to the hub alone, over `https` (or to this machine), and not to where the hub redirects; see
//! [`Options::token`](crate::Options::token).
//!
//! # Example
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use cam_fetch::hub::{self, HubOptions};
//!
//! let options = HubOptions::from_environment(|name| std::env::var_os(name))?;
//! let model = hub::model(&"hf:facebook/dinov2-small".parse()?, &options, &mut |file, progress| {
//!     eprintln!("{file}: {} of {:?} bytes", progress.done, progress.total);
//!     ControlFlow::Continue(())
//! })?;
//! println!("{} and {} in {}", model.config, model.weights.file(), model.folder.path.display());
//! # Ok::<(), hub::HubError>(())
//! ```

mod cache;
mod caches;
mod download;
mod environment;
mod error;
mod etag;
mod files;
mod head;
mod link;
mod listing;
mod model;
mod name;
mod open;
mod options;
mod reference;
mod refusal;
mod site;
mod snapshot;
mod weights;

use std::ops::ControlFlow;

use crate::file::Progress;

pub use error::HubError;
pub use files::{Folder, Wanted, files};
pub use listing::{Listing, list};
pub use model::{Model, model};
pub use options::HubOptions;
pub use reference::Reference;
pub use weights::Weights;

/// Where the caller hears which file is fetched and how far it is, and may stop. A file is named with zero bytes before
/// the hub is asked whether it exists.
pub type HubProgress<'a> = dyn FnMut(&str, Progress) -> ControlFlow<()> + 'a;
