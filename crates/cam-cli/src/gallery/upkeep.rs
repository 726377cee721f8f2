//! What is done to an index once its images are in it.

use std::ops::ControlFlow;

use anyhow::anyhow;
use cam_store::index::{Compacted, Writer};

use crate::failure::Failure;
use crate::{interrupt, progress};

/// What is left of the work when it is interrupted.
const KEPT: &str = "the index is whole; the same command goes on from there";

/// Gives back the room of images that changed or went.
pub fn compact(writer: &mut Writer) -> Result<Compacted, Failure> {
    let bar = progress::bar(0);
    let done = writer.compact(&|of| {
        bar.set_length(of);
        bar.inc(1);
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    done.map_err(|error| match error {
        cam_store::Error::Stopped => Failure::Interrupted(KEPT.to_owned()),
        cam_store::Error::File { .. } => Failure::Output(
            anyhow!(error).context("the index could not be written; it is as it was"),
        ),
        error => Failure::Failed(anyhow!(error)),
    })
}
