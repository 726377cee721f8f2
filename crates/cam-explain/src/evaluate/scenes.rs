use image::RgbImage;

use super::collage::Collages;
use super::objects::Objects;
use super::scene::Scene;
use crate::error::Error;

/// Pictures in which the right place is known.
pub enum Scenes {
    /// Images side by side, that many times.
    Collages(Collages, usize),
    /// Photographs with outlined objects.
    Objects(Objects),
}

impl Scenes {
    /// How many things each picture is asked about.
    pub fn counts(&self) -> Vec<usize> {
        match self {
            Self::Collages(collages, count) => vec![collages.cells(); *count],
            Self::Objects(objects) => objects.counts(),
        }
    }

    /// The picture of that number.
    pub fn make(&self, index: usize) -> Result<Scene, Error> {
        match self {
            Self::Collages(collages, _) => collages.make(index),
            Self::Objects(objects) => objects.make(index),
        }
    }

    /// Everything that can be asked about, alone.
    pub fn all(&self) -> Result<Vec<RgbImage>, Error> {
        match self {
            Self::Collages(collages, _) => collages.all().collect(),
            Self::Objects(objects) => {
                let mut all = Vec::new();
                for index in 0..objects.counts().len() {
                    all.extend(objects.make(index)?.things.into_iter().map(|thing| thing.pixels));
                }
                Ok(all)
            }
        }
    }

    /// How many images could not be read, and how many there are.
    pub fn failed(&self) -> (usize, usize) {
        match self {
            Self::Collages(collages, _) => collages.failed(),
            Self::Objects(objects) => objects.failed(),
        }
    }

    /// What the images are called.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Collages(collages, _) => collages.names(),
            Self::Objects(objects) => objects.names(),
        }
    }

    /// Their digests.
    pub fn sha256(&self) -> Vec<String> {
        match self {
            Self::Collages(collages, _) => collages.sha256(),
            Self::Objects(objects) => objects.sha256(),
        }
    }
}
