//! Fetched weights once more, packed for the engine, beside themselves in the cache.
//!
//! Nothing depends on these files. One that is missing, was made from other weights or is damaged
//! is passed over and written anew; where it cannot be written, weights are loaded as ever.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use cam_files::{Temporary, remove_leftovers};
use cam_models::{ConvNet, Execution, PackedError, Runtime, open_packed, write_packed};

use super::stamp;
use crate::{notice, weights};

/// The network of a fetched weight file, where it was packed before and nothing changed since.
pub fn open(file: &Path, runtime: &Runtime) -> Option<ConvNet> {
    let Execution::Engine(options) = runtime.execution else { return None };
    let packed = place(file)?;
    match open_packed(&packed, &stamp::content(file).ok()?, &runtime.device, options) {
        Ok(network) => Some(network),
        Err(PackedError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            notice::detail(format_args!("{} is passed over: {error}", packed.display()));
            None
        }
    }
}

/// Packs the network of a fetched weight file for the next time.
pub fn keep(file: &Path, network: &ConvNet) {
    let Some(packed) = place(file) else { return };
    if let Err(error) = write(file, &packed, network) {
        notice::detail(format_args!("{} could not be written: {error}", packed.display()));
    }
}

/// Complete or not at all.
fn write(file: &Path, packed: &Path, network: &ConvNet) -> io::Result<()> {
    let directory = packed.parent().unwrap_or(Path::new("."));
    remove_leftovers(directory);
    let mut temporary = Temporary::new_in(directory)?;
    let mut to = BufWriter::new(&mut temporary);
    if !write_packed(network, &stamp::content(file)?, &mut to)? {
        return Ok(());
    }
    to.flush()?;
    drop(to);
    temporary.persist(packed)
}

/// Where the packed form of a weight file lies; none for files that are not in the cache, which
/// are their owner's.
fn place(file: &Path) -> Option<PathBuf> {
    weights::beside(file, ".packed")
}
