use std::path::{Path, PathBuf};

use image::RgbImage;
use image::imageops::{self, FilterType};

use super::labelme;
use super::scene::{Scene, Thing};
use crate::environment::Environment;
use crate::error::{Error, failed};
use crate::folder;
use crate::notice;
use crate::source::{Decoding, Source};

/// Photographs in which somebody outlined objects, with labelme's files beside them.
pub struct Objects {
    photographs: Vec<Photograph>,
    /// Width and height to which photographs and objects are squashed.
    size: (u32, u32),
    environment: Environment,
    /// Photographs that were left out.
    failed: usize,
}

struct Photograph {
    source: Source,
    outlines: PathBuf,
    objects: usize,
    /// Of the image and of its outlines.
    digest: String,
}

impl Objects {
    /// Those directly in a folder, by name. A photograph without a file of outlines, or without objects in it, is
    /// passed over; one that cannot be read is left out, and both are said.
    pub fn open(folder: &Path, size: (u32, u32), environment: &Environment) -> Result<Self, Error> {
        let photographs = Vec::new();
        let mut opened = Self { photographs, size, environment: environment.clone(), failed: 0 };
        let mut passed_over = 0;
        for found in folder::images_directly_in(folder, &environment.cancel)? {
            let path = found.path(folder);
            let outlines = path.with_extension("json");
            if !outlines.is_file() {
                passed_over += 1;
                continue;
            }
            match found.check(folder).and_then(|()| opened.photograph(path, outlines)) {
                Ok(photograph) if photograph.objects == 0 => passed_over += 1,
                Ok(photograph) => opened.photographs.push(photograph),
                Err(error @ Error::Failed(_)) => {
                    opened.failed += 1;
                    notice::error(format_args!("left out: {}", error.reason()));
                }
                Err(failure) => return Err(failure),
            }
        }
        if passed_over > 0 {
            notice::remark(format_args!(
                "{passed_over} images have no outlines and are passed over"
            ));
        }
        if opened.photographs.is_empty() {
            return Err(failed!(
                "{} holds no image beside which a file of labelme outlines objects (photograph.jpg, photograph.json)",
                folder.display()
            ));
        }
        Ok(opened)
    }

    /// Read once, so that what is wrong is known before anything is measured.
    fn photograph(&self, path: PathBuf, outlines: PathBuf) -> Result<Photograph, Error> {
        let objects = labelme::Objects::read(&outlines)?;
        let (count, left_out) = (objects.count(), objects.left_out);
        let source = Source::File(path.clone());
        let picture = source.picture(Decoding::default(), &self.environment)?;
        objects.things(&picture.pixels, &outlines)?;
        if left_out > 0 {
            notice::remark(format_args!(
                "{}: {left_out} shapes that are no polygon, rectangle or circle are passed over",
                outlines.display()
            ));
        }
        let digest = |path: &Path| Ok::<_, Error>(cam_files::Sha256::of_file(path)?.to_string());
        let digest = format!("{} {}", digest(&path)?, digest(&outlines)?);
        Ok(Photograph { source, outlines, objects: count, digest })
    }

    /// How many photographs could not be read, and how many there are.
    pub fn failed(&self) -> (usize, usize) {
        (self.failed, self.failed + self.photographs.len())
    }

    /// How many objects each photograph shows.
    pub fn counts(&self) -> Vec<usize> {
        self.photographs.iter().map(|photograph| photograph.objects).collect()
    }

    /// What the photographs are called.
    pub fn names(&self) -> Vec<String> {
        self.photographs.iter().map(|photograph| photograph.source.stem()).collect()
    }

    /// Digests of the photographs and of their outlines.
    pub fn sha256(&self) -> Vec<String> {
        self.photographs.iter().map(|photograph| photograph.digest.clone()).collect()
    }

    /// The photograph of that number.
    pub fn make(&self, index: usize) -> Result<Scene, Error> {
        let photograph = &self.photographs[index];
        let read = photograph.source.picture(Decoding::default(), &self.environment)?;
        let objects = labelme::Objects::read(&photograph.outlines)?;
        let things = objects.things(&read.pixels, &photograph.outlines)?;
        let things = things.into_iter();
        let things =
            things.map(|thing| Thing { pixels: self.squashed(&thing.pixels), ..thing }).collect();
        Ok(Scene { picture: self.squashed(&read.pixels), things, damaged: read.damaged })
    }

    fn squashed(&self, pixels: &RgbImage) -> RgbImage {
        imageops::resize(pixels, self.size.0, self.size.1, FilterType::Triangle)
    }
}
