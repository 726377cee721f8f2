//! What is done to an index once its images are in it.

use std::ops::ControlFlow;

use cam_store::index::{Compacted, Step, Writer};

use crate::environment::Environment;
use crate::error::Error;
use crate::progress::Unit;

/// What is left of the work when it is interrupted.
const KEPT: &str = "the index is whole; the same command goes on from there";

/// Reclaims the space of images that changed or went.
pub fn compact(writer: &mut Writer, environment: &Environment) -> Result<Compacted, Error> {
    with_bar(environment, |step| writer.compact(step))
}

/// Does long work under a bar, until an end is asked for.
fn with_bar<T>(
    environment: &Environment,
    work: impl FnOnce(Step<'_>) -> Result<T, cam_store::Error>,
) -> Result<T, Error> {
    let bar = environment.bar(Unit::Steps, 0);
    let done = work(&|of| {
        bar.set_total(of);
        bar.advance(1);
        if environment.cancel.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    drop(bar);
    done.map_err(|error| match error {
        cam_store::Error::Stopped => Error::Cancelled(KEPT.to_owned()),
        cam_store::Error::File { .. } => {
            Error::from(error).of("the index could not be written; it is as it was").output()
        }
        error => error.into(),
    })
}
