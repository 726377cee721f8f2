//! Outputs are never inputs: what commands wrote into a folder of images is left out when it is looked
//! through again.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Setting};
use crate::folder::Found;
use crate::{journal, notice, paths};

/// Takes what lies in a command's own folder of results out of the images of a folder, whose path is the
/// canonical one; says so where there was any.
///
/// # Errors
/// A usage error where results would lie among the images themselves, or images lie among its pictures.
pub fn leave_out(images: &mut Vec<Found>, root: &Path, results: &Path) -> Result<(), Error> {
    check(root, results)?;
    let place = paths::place(results);
    let before = images.len();
    images.retain(|found| !found.path(root).starts_with(&place) || root.starts_with(&place));
    let left_out = before - images.len();
    if left_out > 0 {
        notice::remark(format_args!(
            "{} is for results: {left_out} images in it are left out",
            results.display()
        ));
    }
    Ok(())
}

/// That results do not lie among the images of a folder, whose path is the canonical one.
pub fn check(root: &Path, results: &Path) -> Result<(), Error> {
    let place = paths::place(results);
    let is_among_pictures = root
        .strip_prefix(&place)
        .is_ok_and(|inside| inside.iter().next().is_some_and(|first| is_pictures(first.as_ref())));
    if place == root || is_among_pictures {
        return Err(Error::usage(format!(
            "{}: results would lie among the images of {}, and be taken for images the next time: choose another \
             folder for them",
            results.display(),
            root.display()
        )).see(Setting::Results));
    }
    Ok(())
}

fn is_pictures(name: &Path) -> bool {
    let name = name.to_string_lossy();
    name == "pictures" || name.starts_with("pictures-")
}

/// Whether a folder was written by `cam batch` or `cam evaluate`; then that is said.
pub fn are_in(folder: &Path) -> bool {
    let journal = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let journal: Option<PathBuf> = journal.into_iter().find(|path| is_journal(path));
    if let Some(journal) = &journal {
        notice::remark(format_args!(
            "{} is left out: {} says that it holds results",
            folder.display(),
            journal.file_name().unwrap_or_default().display()
        ));
    }
    journal.is_some()
}

fn is_journal(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_called_so = name == "records.jsonl"
        || name == "results.jsonl"
        || name.starts_with("results-") && name.ends_with(".jsonl");
    is_called_so && path.is_file() && journal::is_one(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_inside_are_left_out_and_results_around_leave_nothing_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path").join("images");
        fs::create_dir_all(&root).expect("a folder");
        let images = ["a.png", "out.png", "out/pictures/a.png"];
        let mut images = images.map(|name| Found::new(name, 1, 1)).to_vec();
        leave_out(&mut images, &root, &root.join("out")).expect("it can be done");
        assert_eq!(images.iter().map(|f| &*f.name).collect::<Vec<_>>(), ["a.png", "out.png"]);
        leave_out(&mut images, &root, root.parent().expect("one")).expect("it can be done");
        assert_eq!(images.len(), 2);
    }

    #[test]
    fn results_among_the_images_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path").join("out/pictures/some");
        fs::create_dir_all(&root).expect("a folder");
        let out = root.join("../..").join("..").join("out");
        assert!(matches!(check(&root, &root.join(".")), Err(Error::Usage(_))));
        assert!(matches!(check(&root, &out), Err(Error::Usage(_))));
        assert!(check(&root, folder.path()).is_ok());
    }
}
