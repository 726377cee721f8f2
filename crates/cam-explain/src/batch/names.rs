//! What pictures are called: as the images, in folders as theirs, with the concept behind.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Context as _, Error};
use crate::paths::{distinct, file_name};

/// Pictures' names follow from an image's path and the list of concepts alone, so that they stay the same
/// whatever else comes into the folder.
pub struct Names {
    folder: PathBuf,
    /// As file names, no two alike.
    concepts: Vec<String>,
}

impl Names {
    /// For a folder of pictures and the concepts in their order.
    pub fn new<'a>(folder: PathBuf, concepts: impl Iterator<Item = &'a str>) -> Self {
        let concepts = distinct(concepts.map(str::to_owned));
        Self { folder, concepts: concepts.iter().map(|name| file_name(name)).collect() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The pictures of an image, in the order of the concepts.
    pub fn of(&self, image: &str) -> impl Iterator<Item = PathBuf> {
        self.concepts.iter().map(move |concept| self.folder.join(format!("{image}.{concept}.jpg")))
    }

    /// Removes an image's pictures; they are of what it was.
    pub fn remove(&self, image: &str) -> Result<(), Error> {
        self.of(image).try_for_each(|path| match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| path.display().to_string()).map_err(Error::output)
            }
            _ => Ok(()),
        })
    }

    /// Makes the folder, and refuses images two pictures of which would have one name, before any of them is
    /// run.
    pub fn check(&self, images: &[&str]) -> Result<(), Error> {
        self.refuse(self.clash(images))?;
        let making = || format!("making the folder {}", self.folder.display());
        fs::create_dir_all(&self.folder).with_context(making).map_err(Error::output)?;
        self.refuse(if is_blind_to_case(&self.folder) { alike(images) } else { None })
    }

    fn refuse(&self, clash: Option<[&str; 2]>) -> Result<(), Error> {
        clash.map_or(Ok(()), |[a, b]| {
            Err(Error::usage(format_args!(
                "pictures of {a} and {b} would have one name in {}: rename one of the two, or draw no \
                 pictures",
                self.folder.display()
            )))
        })
    }

    /// A name is image, dot and concept. Of two images, one must go on behind the other's dot for two
    /// pictures to meet; or it lies in a folder that is called as a picture of the other.
    fn clash<'a>(&self, images: &[&'a str]) -> Option<[&'a str; 2]> {
        let all: HashSet<&str> = images.iter().copied().collect();
        let concepts: HashSet<&str> = self.concepts.iter().map(String::as_str).collect();
        images.iter().find_map(|&image| {
            let dots = image.match_indices('.').map(|(at, _)| (&image[..at], &image[at + 1..]));
            dots.filter_map(|(before, behind)| all.get(before).map(|&other| (other, behind)))
                .find(|(_, behind)| {
                    let as_file = self
                        .concepts
                        .iter()
                        .any(|concept| concepts.contains(format!("{behind}.{concept}").as_str()));
                    let ends = behind.match_indices('/').map(|(at, _)| &behind[..at]);
                    let mut folders = ends.filter_map(|folder| folder.strip_suffix(".jpg"));
                    as_file || folders.any(|concept| concepts.contains(concept))
                })
                .map(|(other, _)| [other, image])
        })
    }
}

/// Two images whose names differ in the case of letters alone.
fn alike<'a>(images: &[&'a str]) -> Option<[&'a str; 2]> {
    let mut folded: Vec<(String, &str)> =
        images.iter().map(|&image| (image.to_lowercase(), image)).collect();
    folded.sort_unstable();
    folded.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| [pair[0].1, pair[1].1])
}

/// Whether a folder is found under its name in other letters too.
fn is_blind_to_case(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    folder.with_file_name(name).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clash<'a>(concepts: &[&str], images: &[&'a str]) -> Option<[&'a str; 2]> {
        Names::new(PathBuf::new(), concepts.iter().copied()).clash(images)
    }

    #[test]
    fn images_of_one_name_in_two_folders_have_pictures_of_two_names() {
        let names = Names::new(PathBuf::from("p"), ["cup", "a:b", "A/B"].into_iter());
        let of = |image| names.of(image).collect::<Vec<_>>();
        assert_eq!(of("a/1.png")[0], Path::new("p/a/1.png.cup.jpg"));
        assert_eq!(of("a_1.png")[0], Path::new("p/a_1.png.cup.jpg"));
        assert_eq!(of("1.png")[1..], ["p/1.png.a_b.jpg", "p/1.png.A_B-2.jpg"].map(PathBuf::from));
        assert_eq!(clash(&["cup"], &["a/1.png", "a_1.png", "1.png"]), None);
    }

    #[test]
    fn a_concept_that_goes_on_as_another_image_does_clashes() {
        let images = ["1.png", "1.png.cup.png", "2.png"];
        // 1.png with cup.png.tea, and 1.png.cup.png with tea.
        assert_eq!(clash(&["tea", "cup.png.tea"], &images), Some([images[0], images[1]]));
        assert_eq!(clash(&["tea", "cup"], &images), None);
    }

    #[test]
    fn a_folder_that_is_called_as_a_picture_clashes() {
        let images = ["1.png", "1.png.cup.jpg/2.png"];
        assert_eq!(clash(&["cup"], &images), Some(images));
        assert_eq!(clash(&["tea"], &images), None);
    }

    #[test]
    fn case_alone_tells_no_files_apart_where_the_file_system_does_not() {
        assert_eq!(alike(&["a.png", "b.png", "A.PNG"]), Some(["A.PNG", "a.png"]));
        assert_eq!(alike(&["a.png", "a/a.png"]), None);
    }
}
