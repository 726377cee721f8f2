//! The index of neighbours: the one place where the feature `approximate` makes a difference.

use cam_store::Gallery;
use cam_store::gallery::{Hit, Writer};

use crate::failure::Failure;

/// That this binary can do what was asked for.
pub fn check(is_asked: bool) -> Result<(), Failure> {
    if !is_asked || cfg!(feature = "approximate") {
        return Ok(());
    }
    Err(Failure::usage(
        "this binary was built without --approximate: build it with `cargo build --release -p cam-cli \
         --features approximate`, which needs a C++ compiler",
    ))
}

#[cfg(feature = "approximate")]
mod linked {
    use std::num::NonZero;
    use std::thread::available_parallelism;

    use anyhow::anyhow;
    use cam_store::gallery::Plan;

    use super::{Failure, Gallery, Hit, Writer};
    use crate::gallery::upkeep::with_bar;

    fn threads() -> usize {
        available_parallelism().map_or(1, NonZero::get)
    }

    /// Makes what is missing, and says how many rows came to it.
    pub fn build(writer: &mut Writer) -> Result<u64, Failure> {
        with_bar(|step| writer.build_neighbours(Plan::default(), threads(), step))
    }

    /// The images most similar to a query, almost surely.
    pub fn search(gallery: &Gallery, query: &[f32], count: usize) -> Result<Vec<Hit>, Failure> {
        let neighbours = gallery.neighbours(threads());
        let found = neighbours.and_then(|near| near.search(query, count, threads()));
        found.map_err(|error| Failure::Failed(anyhow!(error)))
    }

    /// That what there is of it is what was written.
    pub fn verify(gallery: &Gallery) -> Result<(), Failure> {
        let verified = gallery.neighbours(threads()).and_then(|neighbours| neighbours.verify());
        match verified {
            Ok(()) | Err(cam_store::Error::NoNeighbours { .. }) => Ok(()),
            Err(error) => Err(Failure::Failed(anyhow!(error))),
        }
    }
}

#[cfg(not(feature = "approximate"))]
mod linked {
    use super::{Failure, Gallery, Hit, Writer, check};

    pub fn build(_: &mut Writer) -> Result<u64, Failure> {
        check(true).map(|()| 0)
    }

    pub fn search(_: &Gallery, _: &[f32], _: usize) -> Result<Vec<Hit>, Failure> {
        check(true).map(|()| Vec::new())
    }

    /// Without the feature nobody reads it.
    pub fn verify(_: &Gallery) -> Result<(), Failure> {
        Ok(())
    }
}

pub use linked::{build, search, verify};
