//! The images in a folder and in all folders below it.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use std::{fmt, fs};

use anyhow::Context as _;

use crate::failure::Failure;
use crate::{interrupt, own_results, print};

/// What is taken for an image by its name; whether it is one, decoding tells.
const EXTENSIONS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"];

/// An image file.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its path inside the folder, parts joined by `/`. Where it is in full is not kept: there may be
    /// millions.
    pub name: Box<str>,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub modified: u64,
}

impl Found {
    /// Where it is, in the folder that was looked through.
    pub fn path(&self, root: &Path) -> PathBuf {
        root.join(&*self.name)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Whether a file's name is one of an image.
pub fn is_image(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// All images, in the order of their names; hidden files and folders, and links to folders, are left
/// out. A name that is no Unicode is said and left out.
pub fn images(root: &Path) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        interrupt::check("nothing was changed")?;
        let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        for entry in entries {
            let entry = entry.with_context(|| folder.display().to_string())?;
            let path = entry.path();
            let Ok(name) = entry.file_name().into_string() else {
                print::remark(format_args!("{}: the name is no Unicode; left out", path.display()));
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            let kind = entry.file_type().with_context(|| path.display().to_string())?;
            let name = format!("{prefix}{name}");
            if kind.is_dir() && own_results::are_in(&path) {
                continue;
            } else if kind.is_dir() {
                folders.push((path, format!("{name}/")));
            } else if is_image(&path)
                && let Ok(metadata) = fs::metadata(&path)
                && metadata.is_file()
            {
                let modified =
                    metadata.modified().ok().and_then(|m| m.duration_since(UNIX_EPOCH).ok());
                let modified = modified.map_or(0, |since| since.as_nanos() as u64);
                found.push(Found { name: name.into(), bytes: metadata.len(), modified });
            }
        }
    }
    if found.is_empty() {
        let endings = EXTENSIONS.join(", ");
        print::remark(format_args!("{}: no file's name ends in {endings}", root.display()));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_all_folders_come_in_the_order_of_their_names() {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(root.path().join("b/c")).expect("made");
        fs::create_dir(root.path().join(".hidden")).expect("made");
        for name in ["z.PNG", "b/c/a.jpg", "b/x.txt", ".hidden/a.png", ".a.png", "a.webp"] {
            fs::write(root.path().join(name), "no image, but called one").expect("written");
        }
        let found = images(root.path()).expect("read");
        let names: Vec<&str> = found.iter().map(|found| &*found.name).collect();
        assert_eq!(names, ["a.webp", "b/c/a.jpg", "z.PNG"]);
        assert!(found.iter().all(|found| found.bytes == 24 && found.modified > 0));
        assert!(found.iter().all(|found| found.path(root.path()).is_file()));
    }
}
