use cam_metrics::Region;
use image::RgbImage;

/// A picture, and things in it whose place is known.
pub struct Scene {
    /// All of it.
    pub picture: RgbImage,
    /// Each of them is asked about.
    pub things: Vec<Thing>,
    /// Whether pixels are missing from a file that it was made of.
    pub damaged: bool,
}

/// Something that is asked about.
pub struct Thing {
    /// What it is called.
    pub name: String,
    /// It alone: the concept.
    pub pixels: RgbImage,
    /// Where it is.
    pub outline: Outline,
}

/// A place, for a picture of any size.
pub enum Outline {
    /// A cell of a grid of rows and columns, by its number.
    Cell([usize; 2], usize),
    /// Whatever lies in any of these polygons; columns and rows as parts of the picture's width and height.
    Polygons(Vec<Vec<[f64; 2]>>),
}

impl Outline {
    /// Its pixels, in an image of that height and width.
    pub fn region(&self, size: [usize; 2]) -> Region {
        match self {
            Self::Cell(grid, index) => Region::cell(size, *grid, *index),
            Self::Polygons(polygons) => Region::polygons(size, polygons),
        }
    }
}
