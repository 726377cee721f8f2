use std::path::Path;

use anyhow::anyhow;
use cam_metrics::Random;
use image::RgbImage;
use image::imageops::{self, FilterType};

use crate::failure::{Failure, message};
use crate::folder;
use crate::print;
use crate::source::Source;

/// The images of a folder, and how collages are made of them.
pub struct Collages {
    sources: Vec<Source>,
    digests: Vec<String>,
    grid: [usize; 2],
    side: u32,
    seed: u64,
    /// Images that were left out.
    failed: usize,
}

/// Some images side by side.
pub struct Collage {
    /// All of them.
    pub picture: RgbImage,
    /// Each alone, in the order of cells.
    pub cells: Vec<RgbImage>,
    /// What they are called.
    pub names: Vec<String>,
    /// Rows and columns.
    pub grid: [usize; 2],
}

impl Collages {
    /// The images directly in a folder, by name. One that cannot be read is left out, and named.
    pub fn open(folder: &Path, grid: [usize; 2], side: u32, seed: u64) -> Result<Self, Failure> {
        let (mut sources, mut digests, mut failed) = (Vec::new(), Vec::new(), 0);
        for found in folder::images_directly_in(folder)? {
            let path = found.path(folder);
            let source = Source::File(path.clone());
            let read = found.check(folder).and_then(|()| source.picture(false));
            match read.and_then(|_| digest(&path)) {
                Ok(digest) => {
                    sources.push(source);
                    digests.push(digest);
                }
                Err(Failure::Failed(error)) => {
                    failed += 1;
                    print::error(format_args!("left out: {}", message(&error)));
                }
                Err(failure) => return Err(failure),
            }
        }
        let cells = grid[0] * grid[1];
        if sources.len() < cells {
            return Err(Failure::Failed(anyhow!(
                "{} holds {} images, but a collage of {}×{} needs {cells}: add some, or choose a \
                 smaller --grid",
                folder.display(),
                sources.len(),
                grid[0],
                grid[1],
            )));
        }
        Ok(Self { sources, digests, grid, side, seed, failed })
    }

    /// That every image of the folder could be read.
    pub fn check(&self) -> Result<(), Failure> {
        Failure::of_images(self.failed, self.failed + self.sources.len(), "read")
    }

    /// What the images are called.
    pub fn names(&self) -> Vec<String> {
        self.sources.iter().map(Source::stem).collect()
    }

    /// Their digests.
    pub fn sha256(&self) -> Vec<String> {
        self.digests.clone()
    }

    /// The collage of that number: different images, chosen by seed and number alone.
    pub fn make(&self, index: usize) -> Result<Collage, Failure> {
        let mut order: Vec<usize> = (0..self.sources.len()).collect();
        // Far apart, so that no two numbers of two seeds meet.
        let mut random =
            Random::new(self.seed.wrapping_mul(0x1_0000_0001).wrapping_add(index as u64));
        random.shuffle(&mut order);
        let [rows, columns] = self.grid;
        let mut cells = Vec::with_capacity(rows * columns);
        let mut names = Vec::with_capacity(rows * columns);
        let mut picture = RgbImage::new(self.side * columns as u32, self.side * rows as u32);
        for (cell, &chosen) in order.iter().take(rows * columns).enumerate() {
            let source = &self.sources[chosen];
            let pixels = source.picture(false)?.pixels;
            let pixels = imageops::resize(&pixels, self.side, self.side, FilterType::Triangle);
            let (row, column) = (cell / columns, cell % columns);
            let side = i64::from(self.side);
            imageops::replace(&mut picture, &pixels, column as i64 * side, row as i64 * side);
            cells.push(pixels);
            names.push(source.stem());
        }
        Ok(Collage { picture, cells, names, grid: self.grid })
    }
}

fn digest(path: &Path) -> Result<String, Failure> {
    Ok(cam_fetch::sha256_of_file(path).map_err(anyhow::Error::from)?.to_string())
}
