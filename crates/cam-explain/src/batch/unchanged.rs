//! Which lines are still right: an image's path says nothing about what lies there now.

use std::collections::HashSet;
use std::path::Path;

use super::{KEPT, Results};
use crate::environment::Environment;
use crate::error::{Error, Setting};
use crate::folder::Found;
use crate::{notice, same_bytes};

/// The lines that are not of the images as they are now: of those that changed or failed, which are done
/// again, and of those that are gone.
///
/// Bytes are compared and not dates, so that a copy of the folder is the same one. A folder that has none of
/// the images as they were is taken for a mistake, for all that was done would be lost.
pub fn stale(
    results: &Results,
    images: &[Found],
    root: &Path,
    environment: &Environment,
) -> Result<Vec<String>, Error> {
    let known: Vec<&Found> = images.iter().filter(|found| results.holds(&found.name)).collect();
    let there: HashSet<&str> = known.iter().map(|found| &*found.name).collect();
    let same = same(results, &known, root, environment)?;
    // What lies in a folder that cannot be looked into now is neither there nor gone.
    let closed: Vec<&Found> = images.iter().filter(|found| found.may_hold(&found.name)).collect();
    let is_stale =
        |path: &&str| !same.contains(path) && !closed.iter().any(|folder| folder.may_hold(path));
    let stale: Vec<String> = results.paths().filter(is_stale).map(str::to_owned).collect();
    let done = stale.iter().filter(|path| results.sha256(path).is_some());
    let (changed, gone): (Vec<&String>, Vec<&String>) =
        done.partition(|path| there.contains(path.as_str()));
    let (of, count) = (results.path().display(), changed.len() + gone.len());
    if same.is_empty() && count > 0 {
        return Err(Error::usage(format_args!(
            "{of} is of {count} images, none of which is in {} as it was: name the folder that it was begun \
             with, or choose another folder for results",
            root.display()
        )).see(Setting::Results));
    }
    say(&changed, format_args!("changed since {of} was written and done again"));
    say(&gone, format_args!("gone, and taken out of {of}"));
    Ok(stale)
}

fn say(images: &[&String], what: impl std::fmt::Display) {
    match images {
        [] => {}
        [one] => notice::remark(format_args!("{one}: {what}")),
        [first, rest @ ..] => {
            notice::remark(format_args!("{first} and {} more: {what}", rest.len()));
        }
    }
}

/// Names of the images whose bytes are those that their lines were made from.
fn same<'a>(
    results: &Results,
    known: &[&'a Found],
    root: &Path,
    environment: &Environment,
) -> Result<HashSet<&'a str>, Error> {
    let digested = known.iter().filter_map(|found| Some((*found, results.sha256(&found.name)?)));
    let same = same_bytes::among(&digested.collect::<Vec<_>>(), root, environment, KEPT)?;
    Ok(same.into_iter().map(|found| &*found.name).collect())
}
