//! The images that may be read: those that were given, below a folder that was given, and those that were dropped on the
//! page. Nothing else.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cam_explain::{Cancel, Error, Source, folder, photographs};

/// What begins the name of an image that was dropped.
pub const DROPPED: &str = "dropped:";

/// What begins the name of one of the shipped photographs.
pub const EXAMPLE: &str = "example:";

/// The shipped photographs, shown where nothing else was given.
const EXAMPLES: [(&str, &[u8]); 2] = [("cat", photographs::CAT), ("coffee", photographs::COFFEE)];

/// What stands between an image and a part of it.
const PART: &str = "#xywh=";

/// Bytes of dropped images that are kept at once.
const MOST_DROPPED: usize = 128 << 20;

/// Where images come from.
#[derive(Debug, Default)]
pub struct Library {
    /// The folder below which everything may be read, as the system knows it, and as it was typed.
    folder: Option<(PathBuf, PathBuf)>,
    /// Files that were given one by one, by what they are called here.
    files: Vec<(String, PathBuf)>,
    listed: Mutex<Option<Listing>>,
    dropped: Mutex<VecDeque<Dropped>>,
}

#[derive(Debug)]
struct Dropped {
    name: String,
    bytes: Arc<[u8]>,
}

/// What was found in the folder.
#[derive(Debug)]
struct Listing {
    names: Vec<String>,
    at: Instant,
    took: Duration,
}

impl Listing {
    fn of(folder: &Path) -> Result<Self, Error> {
        let at = Instant::now();
        let found = folder::images(folder, &Cancel::default())?;
        let readable = found.iter().filter(|found| found.check(folder).is_ok());
        let names = readable.map(|found| found.name.to_string()).collect();
        Ok(Self { names, at, took: at.elapsed() })
    }

    /// A hundredth of the time may go into looking, and no more.
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < self.took * 100
    }
}

impl Library {
    /// Everything below a folder.
    ///
    /// # Errors
    /// Where it is no folder that can be read.
    pub fn of_folder(folder: &Path) -> Result<Self, Error> {
        let known = folder
            .canonicalize()
            .map_err(|why| Error::failed(format_args!("{}: {why}", folder.display())))?;
        Ok(Self { folder: Some((known, folder.to_owned())), ..Self::default() })
    }

    /// These files alone; the shipped photographs where there are none.
    pub fn of_files(files: &[PathBuf]) -> Self {
        let names =
            cam_explain::paths::distinct(files.iter().map(|file| file.display().to_string()));
        Self { files: names.into_iter().zip(files.iter().cloned()).collect(), ..Self::default() }
    }

    /// The folder, as it was typed.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(|(_, typed)| typed.as_path())
    }

    /// What all images are called, the dropped ones first. A folder is looked through again after a while.
    ///
    /// # Errors
    /// Where the folder can no longer be read.
    pub fn names(&self) -> Result<Vec<String>, Error> {
        let mut names: Vec<String> = {
            let dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
            dropped.iter().map(|image| format!("{DROPPED}{}", image.name)).collect()
        };
        match &self.folder {
            Some((folder, _)) => {
                let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
                if !listed.as_ref().is_some_and(Listing::is_fresh) {
                    *listed = Some(Listing::of(folder)?);
                }
                names.extend(listed.iter().flat_map(|listed| listed.names.iter().cloned()));
            }
            None if self.files.is_empty() => {
                names.extend(EXAMPLES.iter().map(|(name, _)| format!("{EXAMPLE}{name}")));
            }
            None => names.extend(self.files.iter().map(|(name, _)| name.clone())),
        }
        Ok(names)
    }

    /// The image of a name, or the part of one that stands behind it, as in `street.jpg#xywh=10,20,100,80`.
    ///
    /// # Errors
    /// Where there is no such image, or it was not given.
    pub fn image(&self, name: &str) -> Result<Source, Error> {
        // Only the last rectangle is one: what stands before it is the name of a whole image.
        if let Some((whole, _)) = name.rsplit_once('#')
            && let Source::Region { bounds, .. } =
                Source::from(&*format!("_{}", &name[whole.len()..]))
        {
            return Ok(Source::Region { of: Box::new(self.whole(whole)?), bounds });
        }
        self.whole(name)
    }

    fn whole(&self, name: &str) -> Result<Source, Error> {
        if let Some(dropped) = name.strip_prefix(DROPPED) {
            let images = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
            let image = images.iter().find(|image| image.name == dropped).ok_or_else(|| {
                Error::usage(format_args!(
                    "{dropped} was dropped once, and is kept no longer: drop it again"
                ))
            })?;
            return Ok(Source::Memory { name: stem(dropped), bytes: image.bytes.clone() });
        }
        if let Some(example) = name.strip_prefix(EXAMPLE)
            && let Some((name, bytes)) = EXAMPLES.iter().find(|(name, _)| *name == example)
        {
            return Ok((*name, *bytes).into());
        }
        self.file(name).map(Source::File).map_err(|_| self.no_such_image(name))
    }

    /// What to say where there is no image of a name: which one is nearly called so.
    fn no_such_image(&self, name: &str) -> Error {
        if name.contains(PART.trim_end_matches('=')) {
            return Error::usage(format_args!(
                "{name}: a part of an image is written NAME{PART}x,y,width,height, in whole pixels"
            ));
        }
        let names = self.names().unwrap_or_default();
        let same = names.iter().find(|known| stem(known) == name).cloned();
        let near = || cam_core::nearest(name, names.iter().map(String::as_str)).into_iter().next();
        let remedy = same.or_else(near).map(|known| format!("; did you mean `{known}`?"));
        let remedy = remedy.unwrap_or_default();
        Error::usage(format_args!("no image is called `{name}` here{remedy}"))
    }

    /// A file that was given, by its name, or below the folder that was given.
    ///
    /// # Errors
    /// Where there is none.
    pub fn file(&self, name: &str) -> Result<PathBuf, Error> {
        if let Some((_, path)) = self.files.iter().find(|(known, _)| known == name) {
            return Ok(path.clone());
        }
        let not_given =
            || Error::usage(format_args!("there is no file `{name}` among those that were given"));
        let (folder, typed) = self.folder.as_ref().ok_or_else(not_given)?;
        let inside = |part: Component<'_>| match part {
            Component::Normal(part) => !is_hidden(part),
            _ => false,
        };
        if name.is_empty() || name.contains('\0') || !Path::new(name).components().all(inside) {
            return Err(not_given());
        }
        // Where it leads to is what counts: a link may lead out.
        let known = folder.join(name).canonicalize().map_err(|_| not_given())?;
        if !known.starts_with(folder) || !known.is_file() {
            return Err(not_given());
        }
        Ok(typed.join(name))
    }

    /// What stands for an image on a command line, and whether it is a file.
    pub fn word(&self, name: &str) -> (String, bool) {
        let (whole, region) = name.split_at(name.rfind(PART).unwrap_or(name.len()));
        let (word, is_file) = if let Some(dropped) = whole.strip_prefix(DROPPED) {
            (dropped.to_owned(), false)
        } else if let Some(example) = whole.strip_prefix(EXAMPLE) {
            (format!("{example}.png"), false)
        } else {
            (
                self.file(whole)
                    .map_or_else(|_| whole.to_owned(), |path| path.display().to_string()),
                true,
            )
        };
        (word + region, is_file)
    }

    /// What stands for a row of a file of vectors there.
    pub fn vector_word(&self, text: &str) -> String {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (Some(name), file),
            None => (None, text),
        };
        let folder = self.folder().unwrap_or(Path::new(""));
        let file = folder.join(file).display().to_string();
        name.map_or(file.clone(), |name| format!("{name}={file}"))
    }

    /// Keeps an image that was dropped, and says what it is called; the oldest ones go where there is no space.
    ///
    /// # Errors
    /// Where it is larger than all that can be kept.
    pub fn keep(&self, name: &str, bytes: Vec<u8>) -> Result<String, Error> {
        if bytes.len() > MOST_DROPPED {
            return Err(Error::usage(format_args!(
                "{name} holds more than {} MiB",
                MOST_DROPPED >> 20
            )));
        }
        // A name, and no path; without what an address would have to hide.
        let name: String =
            name.chars().filter(|c| !c.is_control() && !"/\\#".contains(*c)).take(100).collect();
        let name = if name.trim().is_empty() { "image".to_owned() } else { name.trim().to_owned() };
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = dropped.iter().find(|image| *image.bytes == *bytes) {
            return Ok(format!("{DROPPED}{}", same.name));
        }
        let taken = |name: &str| dropped.iter().any(|image| image.name == name);
        let numbered = (2..).map(|number| format!("{number}-{name}"));
        let name =
            std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name);
        dropped.push_front(Dropped { name: name.clone(), bytes: bytes.into() });
        let mut kept = 0;
        dropped.retain(|image| {
            kept += image.bytes.len();
            kept <= MOST_DROPPED
        });
        Ok(format!("{DROPPED}{name}"))
    }
}

/// What an image is called in captions: without its folder and extension, as the command line calls it.
pub fn stem(name: &str) -> String {
    if let Some((whole, _)) = name.rsplit_once(PART) {
        return format!("part of {}", stem(whole));
    }
    let bare = name.strip_prefix(DROPPED).or_else(|| name.strip_prefix(EXAMPLE)).unwrap_or(name);
    let stem = Path::new(bare).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    stem.unwrap_or_else(|| bare.to_owned())
}

/// Folders and files that a listing leaves out, too.
fn is_hidden(part: &OsStr) -> bool {
    part.as_encoded_bytes().first() == Some(&b'.')
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn library() -> (tempfile::TempDir, Library) {
        let place = tempfile::tempdir().expect("a folder");
        let inside = place.path().join("inside");
        fs::create_dir_all(inside.join("sub/.hidden")).expect("folders");
        fs::write(place.path().join("secret.png"), "x").expect("a file");
        for file in ["a.png", "sub/b.png", "sub/.hidden/c.png", ".d.png", "e #xywh.png"] {
            fs::write(inside.join(file), "x").expect("a file");
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("../secret.png", inside.join("link.png")).expect("a link");
        let library = Library::of_folder(&inside).expect("a folder");
        (place, library)
    }

    #[test]
    fn nothing_outside_of_the_folder_is_read() {
        let (place, library) = library();
        let outside = place.path().join("secret.png").display().to_string();
        for name in [
            "../secret.png",
            "sub/../../secret.png",
            "/etc/passwd",
            &outside,
            "link.png",
            "sub",
            "",
            ".",
            "..",
            "sub/.hidden/c.png",
            ".d.png",
            "a.png\0",
            "https://example.org/a.png",
            "-",
            "missing.png",
            "sub//../..",
        ] {
            assert!(library.image(name).is_err(), "{name}");
            assert!(library.file(name).is_err(), "{name}");
            assert!(library.image(&format!("{name}#xywh=0,0,1,1")).is_err(), "{name}");
        }
        for name in ["a.png", "sub/b.png", "e #xywh.png"] {
            assert!(library.image(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn every_image_that_is_listed_can_be_read() {
        let (_place, library) = library();
        let names = library.names().expect("it is read");
        assert_eq!(names.iter().filter(|name| *name != "link.png").count(), 3, "{names:?}");
        assert!(
            names.iter().filter(|name| *name != "link.png").all(|name| library.image(name).is_ok())
        );
    }

    #[test]
    fn a_dropped_image_is_kept_by_a_name_of_its_own_while_there_is_space() {
        let library = Library::of_files(&[]);
        let first = library.keep("../../a.png", vec![1]).expect("it is small");
        let second = library.keep("../../a.png", vec![2]).expect("it is small");
        assert_eq!([&*first, &*second], ["dropped:....a.png", "dropped:2-....a.png"]);
        assert_eq!(library.keep("b", vec![1]).as_deref().ok(), Some(&*first));
        library.keep("big", vec![0; MOST_DROPPED]).expect("it just fits");
        assert!(library.image(&first).is_err());
    }
}
