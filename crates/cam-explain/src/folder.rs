//! The images in a folder and in all folders below it.

use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, FileType, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use std::{fmt, fs};

use crate::cancel::Cancel;
use crate::error::{Context as _, Error, failed};
use crate::{notice, own_results};

/// What is taken for an image by its name; whether it is one, decoding tells.
const EXTENSIONS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"];

/// An image file, or what stands in the place of one, or of several, and cannot be read.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its path inside the folder, parts joined by `/`; bytes that are no Unicode as `\xE9`. A folder's ends in
    /// `/`. Where it is in full is not kept: there may be millions.
    pub name: Box<str>,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub modified: u64,
    /// Why it cannot be read, where that is known already.
    fault: Option<Box<str>>,
}

impl Found {
    /// A file that can be read, as far as is known.
    pub fn new(name: &str, bytes: u64, modified: u64) -> Self {
        Self { name: name.into(), bytes, modified, fault: None }
    }

    /// Where it is, in the folder that was looked through.
    pub fn path(&self, root: &Path) -> PathBuf {
        root.join(&*self.name)
    }

    /// That it may be read: what may not is a failure among the other images, and not left out.
    pub fn check(&self, root: &Path) -> Result<(), Error> {
        match &self.fault {
            None => Ok(()),
            Some(fault) => Err(failed!("{}: {fault}", self.path(root).display())),
        }
    }

    /// Whether it is a folder that could not be looked into and may hold what is known by this name.
    pub fn may_hold(&self, name: &str) -> bool {
        self.fault.is_some()
            && (self.name.is_empty() || self.name.ends_with('/'))
            && name.starts_with(&*self.name)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Whether a file's name is one of an image.
fn is_image(name: &OsStr) -> bool {
    let extension = Path::new(name).extension();
    let extension = extension.map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// All images, in the order of their names, and with them what cannot be read: names that are no Unicode, links
/// that lead nowhere, pipes, folders that nobody may look into. Hidden files and folders are left out, and so are
/// links to folders, which is said.
pub fn images(root: &Path, cancel: &Cancel) -> Result<Vec<Found>, Error> {
    walk(root, true, cancel)
}

/// The same without the folders below.
pub fn images_directly_in(root: &Path, cancel: &Cancel) -> Result<Vec<Found>, Error> {
    walk(root, false, cancel)
}

fn walk(root: &Path, is_deep: bool, cancel: &Cancel) -> Result<Vec<Found>, Error> {
    // A folder without which there is nothing at all.
    fs::read_dir(root).with_context(|| root.display().to_string())?;
    let mut walk = Walk { root, found: Vec::new(), folders: vec![OsString::new()] };
    while let Some(folder) = walk.folders.pop() {
        cancel.check("nothing was changed")?;
        // The folder that was named is looked into whatever it holds.
        if folder.is_empty() || !own_results::are_in(&root.join(&folder)) {
            walk.look_into(&folder);
        }
        if !is_deep {
            break;
        }
    }
    let mut found = walk.found;
    if found.is_empty() {
        let endings = EXTENSIONS.join(", ");
        notice::remark(format_args!("{}: no file's name ends in {endings}", root.display()));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// A walk through folders. Paths are those inside of the root; those of folders end in `/`, but for the root's.
struct Walk<'a> {
    root: &'a Path,
    found: Vec<Found>,
    folders: Vec<OsString>,
}

impl Walk<'_> {
    fn look_into(&mut self, folder: &OsStr) {
        let entries = match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) => return self.fail(folder, error),
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.look_at(folder, &entry),
                Err(error) => self.fail(folder, error),
            }
        }
    }

    fn look_at(&mut self, folder: &OsStr, entry: &DirEntry) {
        let file_name = entry.file_name();
        if file_name.as_encoded_bytes().starts_with(b".") {
            return;
        }
        let mut name = folder.to_owned();
        name.push(&file_name);
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                name.push("/");
                self.folders.push(name);
            }
            Ok(kind) if kind.is_symlink() || is_image(&file_name) => self.look_behind(&name, kind),
            Ok(_) => {}
            Err(error) => self.fail(&name, error),
        }
    }

    /// A file with the name of an image, or a link to anything.
    fn look_behind(&mut self, name: &OsStr, kind: FileType) {
        let metadata = fs::metadata(self.root.join(name));
        if kind.is_symlink() && metadata.as_ref().is_ok_and(Metadata::is_dir) {
            let path = self.root.join(name);
            return notice::remark(format_args!(
                "{}: a link to a folder; left out",
                path.display()
            ));
        }
        match metadata {
            _ if !is_image(name) => {}
            Ok(metadata) if metadata.is_file() => self.add(name, &metadata),
            Ok(_) => self.fail(name, "is no file, but a pipe, a socket or a device"),
            // It went while the folder was read.
            Err(error) if error.kind() == ErrorKind::NotFound && !kind.is_symlink() => {}
            Err(error) => self.fail(name, error),
        }
    }

    fn add(&mut self, name: &OsStr, metadata: &Metadata) {
        let modified = metadata.modified().ok().and_then(|m| m.duration_since(UNIX_EPOCH).ok());
        let modified = modified.map_or(0, |since| since.as_nanos() as u64);
        match name.to_str() {
            Some(name) => self.found.push(Found::new(name, metadata.len(), modified)),
            None => {
                self.fail(name, "its name is no Unicode, and nothing can be kept of it: rename it")
            }
        }
    }

    fn fail(&mut self, name: &OsStr, fault: impl fmt::Display) {
        let fault = Some(fault.to_string().into());
        self.found.push(Found { name: shown(name).into(), bytes: 0, modified: 0, fault });
    }
}

/// A name in which every byte that is no Unicode can be seen.
fn shown(name: &OsStr) -> String {
    name.as_encoded_bytes().utf8_chunks().fold(String::new(), |mut shown, chunk| {
        shown.push_str(chunk.valid());
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lay(names: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for name in names {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, "no image, but called one").expect("written");
        }
        root
    }

    #[test]
    fn images_of_all_folders_come_in_the_order_of_their_names() {
        let root = lay(&["z.PNG", "b/c/a.jpg", "b/x.txt", ".hidden/a.png", ".a.png", "a.webp"]);
        let found = images(root.path(), &Cancel::default()).expect("read");
        let names: Vec<&str> = found.iter().map(|found| &*found.name).collect();
        assert_eq!(names, ["a.webp", "b/c/a.jpg", "z.PNG"]);
        assert!(found.iter().all(|found| found.bytes == 24 && found.modified > 0));
        assert!(found.iter().all(|found| found.path(root.path()).is_file()));
        assert!(found.iter().all(|found| found.check(root.path()).is_ok()));
        let above = images_directly_in(root.path(), &Cancel::default()).expect("read");
        assert_eq!(above.iter().map(|found| &*found.name).collect::<Vec<_>>(), ["a.webp", "z.PNG"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_read_is_found_and_says_why() {
        use std::os::unix::ffi::OsStrExt as _;
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;
        let root = lay(&["a.png", "sub/b.png", "line\nbreak.png"]);
        let at = |name: &[u8]| root.path().join(OsStr::from_bytes(name));
        fs::write(at(b"caf\xE9.png"), "").expect("written");
        fs::write(at(b"caf\xE9.txt"), "").expect("written");
        fs::create_dir(at(b"d\xFF")).expect("made");
        fs::write(at(b"d\xFF/c.png"), "").expect("written");
        symlink("nowhere", at(b"gone.png")).expect("linked");
        symlink("loop.png", at(b"loop.png")).expect("linked");
        symlink("a.png", at(b"other.png")).expect("linked");
        symlink(".", at(b"around")).expect("linked");
        symlink("..", at(b"up.png")).expect("linked");
        let _socket = UnixListener::bind(at(b"socket.png")).expect("a socket");
        let found = images(root.path(), &Cancel::default()).expect("read");
        let faults: Vec<(&str, bool)> =
            found.iter().map(|found| (&*found.name, found.check(root.path()).is_err())).collect();
        let expected = [
            ("a.png", false),
            ("caf\\xE9.png", true),
            ("d\\xFF/c.png", true),
            ("gone.png", true),
            ("line\nbreak.png", false),
            ("loop.png", true),
            ("other.png", false),
            ("socket.png", true),
            ("sub/b.png", false),
        ];
        assert_eq!(faults, expected);
        assert!(!found.iter().any(|found| found.may_hold("sub/b.png")));
    }

    #[test]
    fn what_a_closed_folder_may_hold_is_not_gone() {
        let closed = |name: &str| Found {
            name: name.into(),
            bytes: 0,
            modified: 0,
            fault: Some("permission denied".into()),
        };
        assert!(closed("a/").may_hold("a/b.png") && closed("").may_hold("a/b.png"));
        assert!(!closed("a/").may_hold("ab.png") && !closed("a.png").may_hold("a.png"));
    }
}
