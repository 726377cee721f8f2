//! Brings bytes over HTTP and HTTPS, and knows nothing of what they mean but by which names the hub's models go.
//!
//! There are two ways in, for two needs:
//!
//! * [`fetch_bytes`] brings something small into memory: an image that is looked at and forgotten.
//! * [`fetch_file`] brings something large onto the disk: a weight file that is kept. It resumes where a
//!   broken download stopped, verifies a [`Sha256`](cam_files::Sha256) where one is known, and gives the file its final name
//!   only when it is whole. **A file under its final name is a complete file**: that is the invariant that
//!   everything else here serves.
//!
//! [`hub`] brings the files of a model from the Hugging Face hub, on top of the second.
//!
//! [`Options`] says how much may come and how long to wait. [`cache_directory`] says where fetched files
//! belong, and [`sha256_prefix_in_name`] reads the digest that a publisher wrote into a file's name.
//!
//! # What is not here, and why
//!
//! Nothing is retried on its own: a failed call leaves what it has, [`FetchError::can_resume`] tells the
//! caller that calling again will go on from there, and the caller decides. There is no asynchronous runtime:
//! one download at a time fills any line, and a blocking client needs a fraction of the packages.
//!
//! # Redirects
//!
//! Up to ten are followed, to `http` and `https` alone and never from the latter to the former. A redirect leads to
//! nothing nearer to this machine than where it comes from, unless [`Options::allow_nearer_redirects`] says so:
//! a public server cannot have a private network, a cloud's metadata service or this machine asked. What is
//! connected to is what was looked at, whatever a name stands for at the next question. A proxy resolves names by
//! itself; there only hosts that are addresses, or `localhost`, can be told.
//!
//! # Proxies
//!
//! The environment decides, as it does for most programs: `ALL_PROXY`, `HTTPS_PROXY` and `HTTP_PROXY` (or
//! their lower-case twins; the first that is set counts), with the exceptions of `NO_PROXY`. HTTP and HTTPS
//! proxies work; SOCKS proxies do not. A proxy is never asked for this machine itself (`localhost`, `127.0.0.0/8`, `::1`),
//! because there it would reach another machine than the one meant.
//!
//! # Example
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use cam_fetch::{Options, Sha256Prefix, cache_directory, fetch_file, sha256_prefix_in_name};
//!
//! let name = "resnet50-11ad3fa6.pth";
//! let options = Options {
//!     sha256: sha256_prefix_in_name(name).map(str::parse::<Sha256Prefix>).transpose()?,
//!     ..Options::default()
//! };
//! let file = fetch_file(
//!     "https://download.pytorch.org/models/resnet50-11ad3fa6.pth",
//!     &cache_directory()?.join(name),
//!     &options,
//!     &mut |progress| {
//!         eprintln!("{} of {:?} bytes", progress.done, progress.total);
//!         ControlFlow::Continue(())
//!     },
//! )?;
//! println!("{} {}", file.sha256, file.path.display());
//! # Ok::<(), cam_fetch::FetchError>(())
//! ```

mod address;
mod answer;
mod bytes;
mod cache;
mod content_range;
mod error;
mod exchange;
mod file;
#[doc(hidden)]
pub mod fuzzing;
mod guard;
pub mod hub;
mod name;
mod nearness;
mod options;
mod part;
mod prefix;
mod record;
mod redirect;
mod reference;
mod stream;
mod token;

pub use bytes::fetch_bytes;
pub use cache::cache_directory;
pub use error::FetchError;
pub use file::{Accept, FetchedFile, Origin, Progress, fetch_file, fetch_file_if};
pub use name::sha256_prefix_in_name;
pub use options::Options;
pub use prefix::Sha256Prefix;
pub use token::Token;
