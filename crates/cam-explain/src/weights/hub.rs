//! Models of the Hugging Face hub: `hf:ORG/NAME@REVISION`.

use std::ops::ControlFlow;
use std::path::PathBuf;

use cam_fetch::hub::{self, HubError, HubOptions, Reference};
use cam_fetch::{FetchError, Options};

use super::{KEPT, web};
use crate::environment::Environment;
use crate::error::{Error, Setting, failed};
use crate::notice;
use crate::progress::Unit;

/// Whether a text means a model of the hub.
pub fn is_reference(text: &str) -> bool {
    text.starts_with("hf:")
}

/// The folder of a model: the user's own, where Python's tools have fetched it before, or ours.
///
/// # Errors
/// Where the reference is none, the hub refuses it, or a file does not arrive.
pub fn locate(reference: &str, environment: &Environment) -> Result<PathBuf, Error> {
    let parsed: Reference = reference.parse().map_err(usage)?;
    let mut options = HubOptions::from_environment(|name| std::env::var_os(name)).map_err(usage)?;
    let Options { allow_nearer_redirects, .. } = web::options();
    options.fetch.allow_nearer_redirects = allow_nearer_redirects;
    let within = environment.clone();
    let work = move || {
        let bar = within.endless(Unit::Bytes);
        hub::model(&parsed, &options, &mut |file, progress| {
            bar.at(file);
            if let Some(total) = progress.total {
                bar.set_total(total);
            }
            bar.set(progress.done);
            match within.cancel.is_cancelled() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
    };
    // A silent server keeps the download waiting, but not whoever cancels it.
    let model = environment.cancel.or(work, KEPT)?.map_err(failure)?;
    if let Some(unasked) = &model.folder.unasked {
        notice::remark(format_args!("{reference}: what is on this machine is taken: {unasked}"));
    }
    notice::detail(format_args!(
        "{reference}: {} and {} of commit {} in {}",
        model.config,
        model.weights.file(),
        model.folder.commit,
        model.folder.path.display()
    ));
    Ok(model.folder.path)
}

fn usage(error: HubError) -> Error {
    Error::usage_by(error).see(Setting::Weights)
}

fn failure(error: HubError) -> Error {
    match error {
        HubError::Fetch(FetchError::Cancelled { .. }) => Error::Cancelled(KEPT.into()),
        error if error.can_resume() => failed!("{error}; what was downloaded is kept"),
        error => Error::failed_by(error),
    }
}
