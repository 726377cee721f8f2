use std::path::Path;

use cam_models::{Fit, Placement};
use cam_random::Random;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

use super::scene::{Outline, Scene, Thing};
use crate::environment::Environment;
use crate::error::{Error, failed};
use crate::explain::{MOST_DISTORTION, window};
use crate::folder;
use crate::notice;
use crate::source::{Decoding, Source};

/// The images of a folder, and how collages are made of them.
pub struct Collages {
    sources: Vec<Source>,
    digests: Vec<String>,
    grid: [usize; 2],
    side: u32,
    /// Width and height of an image alone, as a concept.
    alone: (u32, u32),
    seed: u64,
    fit: Fit,
    environment: Environment,
    /// What lies around an image that is padded.
    background: Rgb<u8>,
    /// Images that were left out.
    failed: usize,
}

impl Collages {
    /// The images directly in a folder, by name. One that cannot be read is left out, and named.
    pub fn open(
        folder: &Path,
        (grid, side, alone): ([usize; 2], u32, (u32, u32)),
        seed: u64,
        (fit, background): (Fit, [u8; 3]),
        environment: &Environment,
    ) -> Result<Self, Error> {
        let (mut sources, mut digests, mut failed) = (Vec::new(), Vec::new(), 0);
        for found in folder::images_directly_in(folder, &environment.cancel)? {
            let path = found.path(folder);
            let source = Source::File(path.clone());
            let read =
                found.check(folder).and_then(|()| source.picture(Decoding::default(), environment));
            let looked_at = read.map(|picture| {
                let placement = placement(&picture.pixels, fit, side);
                if placement.distortion() > MOST_DISTORTION {
                    let times = placement.distortion();
                    notice::remark(format_args!(
                        "{source}: squashed {times:.1}:1; fit pad or crop keeps proportions"
                    ));
                }
            });
            match looked_at.and_then(|()| digest(&path)) {
                Ok(digest) => {
                    sources.push(source);
                    digests.push(digest);
                }
                Err(error @ Error::Failed(_)) => {
                    failed += 1;
                    notice::error(format_args!("left out: {}", error.reason()));
                }
                Err(failure) => return Err(failure),
            }
        }
        let cells = grid[0] * grid[1];
        if sources.len() < cells {
            return Err(failed!(
                "{} holds {} images, but a collage of {}×{} needs {cells}: add some, or choose a \
                 smaller grid",
                folder.display(),
                sources.len(),
                grid[0],
                grid[1],
            ));
        }
        let background = Rgb(background);
        let environment = environment.clone();
        Ok(Self { sources, digests, grid, side, alone, seed, fit, environment, background, failed })
    }

    /// How many images of the folder could not be read, and how many there are.
    pub fn failed(&self) -> (usize, usize) {
        (self.failed, self.failed + self.sources.len())
    }

    /// How many images a collage shows.
    pub fn cells(&self) -> usize {
        self.grid[0] * self.grid[1]
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
    pub fn make(&self, index: usize) -> Result<Scene, Error> {
        let mut order: Vec<usize> = (0..self.sources.len()).collect();
        // Far apart, so that no two numbers of two seeds meet.
        let mut random =
            Random::new(self.seed.wrapping_mul(0x1_0000_0001).wrapping_add(index as u64));
        random.shuffle(&mut order);
        let [rows, columns] = self.grid;
        let mut things = Vec::with_capacity(rows * columns);
        let mut damaged = false;
        let mut picture = RgbImage::new(self.side * columns as u32, self.side * rows as u32);
        for (cell, &chosen) in order.iter().take(rows * columns).enumerate() {
            let (image, is_damaged) = self.image(chosen)?;
            damaged |= is_damaged;
            let (row, column) = (cell / columns, cell % columns);
            let side = i64::from(self.side);
            imageops::replace(&mut picture, &image, column as i64 * side, row as i64 * side);
            let name = self.sources[chosen].stem();
            things.push(Thing {
                name,
                pixels: self.alone(image),
                outline: Outline::Cell(self.grid, cell),
            });
        }
        Ok(Scene { picture, things, damaged })
    }

    /// Every image alone, as a concept.
    pub fn all(&self) -> impl Iterator<Item = Result<RgbImage, Error>> + '_ {
        (0..self.sources.len()).map(|index| Ok(self.alone(self.image(index)?.0)))
    }

    /// An image as it fills a cell, and whether its file is damaged.
    fn image(&self, index: usize) -> Result<(RgbImage, bool), Error> {
        let read = self.sources[index].picture(Decoding::default(), &self.environment)?;
        Ok((self.cell(&read.pixels), read.damaged))
    }

    /// A cell's image as a concept.
    fn alone(&self, image: RgbImage) -> RgbImage {
        let (width, height) = self.alone;
        match image.dimensions() == self.alone {
            true => image,
            false => imageops::resize(&image, width, height, FilterType::Triangle),
        }
    }

    /// An image as it fills a cell.
    fn cell(&self, image: &RgbImage) -> RgbImage {
        let placement = placement(image, self.fit, self.side);
        let seen = window(&placement).pixels(image.dimensions());
        let seen = imageops::crop_imm(image, seen.x, seen.y, seen.width, seen.height);
        let [width, height] =
            [placement.resized().0, placement.resized().1].map(|side| (side as u32).min(self.side));
        let filled = imageops::resize(&*seen, width, height, FilterType::Triangle);
        if (width, height) == (self.side, self.side) {
            return filled;
        }
        let mut page = RgbImage::from_pixel(self.side, self.side, self.background);
        let (x, y) = placement.offset();
        imageops::replace(&mut page, &filled, -x as i64, -y as i64);
        page
    }
}

/// Where a cell lies in an image. Its side is a multiple of 1.
fn placement(image: &RgbImage, fit: Fit, side: u32) -> Placement {
    let (size, side) = ((image.width() as usize, image.height() as usize), side as usize);
    Placement::new(fit, size, (side, side), 1)
}

fn digest(path: &Path) -> Result<String, Error> {
    Ok(cam_files::Sha256::of_file(path)?.to_string())
}
