//! Files that are whole under their names, or not there.
//!
//! [`write_atomically`] writes bytes so that no reader, and no crash, ever meets half of them.
//! [`Temporary`] is the same in steps, for what is too large to hold in memory: a hidden file that takes
//! its name once it is complete. [`persist`] gives a name to a file that was collected under another one,
//! such as a download. [`remove_leftovers`] clears away what killed programs left.
//!
//! [`Lock`] keeps two programs from writing one file at once. [`read_exact_at`] lets many threads read one
//! open file. [`Sha256`] says whether two files are the same.
//!
//! This crate knows no tensor, no picture and no network: a file is bytes and a name, so that one
//! implementation serves every crate that writes, and is tested where a disk is full or a program is killed.
//!
//! ```
//! use cam_files::{Sha256, write_atomically};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("map.npy");
//! write_atomically(&path, b"numbers")?;
//! assert_eq!(Sha256::of_file(&path)?, Sha256::of(b"numbers"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod atomic;
mod error;
mod lock;
mod persist;
mod read_at;
mod sha256;
mod temporary;

pub use atomic::{WriteError, write_atomically};
pub use error::Error;
pub use lock::Lock;
pub use persist::{persist, sync_directory};
pub use read_at::{read_at, read_exact_at};
pub use sha256::Sha256;
pub use temporary::{Temporary, remove_leftovers};
