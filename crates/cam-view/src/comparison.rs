//! Two images, and what of one belongs to which of the other.

use cam_explain::compare::{Beside, Compared, Report, figure};
use cam_explain::{Clock, Error, Figure, Model, Source};
use cam_viz::Window;
use serde::Serialize;

/// Pairs that are listed and drawn.
const LINES: usize = 12;

/// Two images' cosine, taken apart.
pub struct Comparison {
    /// The two and their pairs.
    pub compared: Compared,
    /// What the command line reports of it.
    pub report: Report,
}

/// What the page needs to answer a moving cursor without asking again.
#[derive(Serialize)]
pub struct Places {
    /// Rows and columns of both grids.
    sizes: [[usize; 2]; 2],
    /// Left, top, right and bottom of both grids, in shares of the pictures' sides.
    windows: [[f64; 4]; 2],
    /// Width and height of both pictures.
    pictures: [[u32; 2]; 2],
    /// What they are called.
    names: [String; 2],
    cosine: f32,
    /// What no pair adds to the cosine.
    #[serde(skip_serializing_if = "Option::is_none")]
    beside: Option<Beside>,
    /// Positions that belong together most, and what they add.
    strongest: Vec<(usize, usize, f32)>,
}

impl Comparison {
    /// Of two images.
    ///
    /// # Errors
    /// As [`Model::compare`].
    pub fn of(model: &Model, images: [&Source; 2]) -> Result<Self, Error> {
        let mut clock = Clock::start();
        let (compared, inputs) = model.compare(images, LINES, &mut clock)?;
        let report = Report::new((&compared, &inputs, &[]), model, None, clock);
        Ok(Self { compared, report })
    }

    /// Where everything lies; the parts of the cosine come beside it.
    pub fn places(&self) -> Places {
        let Compared { names, pictures, windows, pair, .. } = &self.compared;
        let strongest = self.compared.correspondences().into_iter();
        Places {
            sizes: pair.sizes(),
            windows: windows.each_ref().map(edges),
            pictures: pictures.each_ref().map(|picture| picture.dimensions().into()),
            names: names.clone(),
            cosine: pair.cosine(),
            beside: Beside::of(pair),
            strongest: strongest
                .map(|both| (both.positions[0], both.positions[1], both.contribution))
                .collect(),
        }
    }

    /// What each pair of positions adds to the cosine: the first image's positions one after the other, each with all of
    /// the second's.
    pub fn parts(&self) -> &[f32] {
        self.compared.pair.contributions()
    }

    /// The figure that the command line draws.
    ///
    /// # Errors
    /// Where a map cannot be drawn.
    pub fn figure(&self, network: &str) -> Result<Figure, Error> {
        figure(&self.compared, &[], network)
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let pixels = self.compared.pictures.iter().map(|picture| picture.as_raw().len());
        size_of_val(self.parts()) + pixels.sum::<usize>()
    }
}

/// Left, top, right and bottom, in shares of the picture's sides.
pub fn edges(window: &Window) -> [f64; 4] {
    let ([left, top], [right, bottom]) =
        (window.to_picture([0.0, 0.0]), window.to_picture([1.0, 1.0]));
    [left, top, right, bottom]
}
