//! Why are two images similar? The cosine of their embeddings is a sum over pairs of positions.

mod draw;
mod pairing;
mod report;

use cam_core::{Capture, Correspondence, Network as _, Pair};
use cam_viz::{Upsampling, Window};
use image::RgbImage;

use crate::error::{Error, failed};
use crate::explain::{Clock, Input, remarks_on_outliers};
use crate::model::Model;
use crate::notice;
use crate::source::Source;

pub use draw::{color_bar, correspondences, figure, maps};
pub use pairing::{Pairing, Parts};
pub use report::{Beside, Report, pairs_of};

/// Two images and what their similarity is made of.
pub struct Compared {
    /// What they are called.
    pub names: [String; 2],
    /// Upright, of any size.
    pub pictures: [RgbImage; 2],
    /// Where the positions lie on them.
    pub windows: [Window; 2],
    /// How maps come to them.
    pub upsampling: [Upsampling; 2],
    /// Whether pixels are missing from their files.
    pub damaged: [bool; 2],
    /// The cosine, taken apart.
    pub pair: Pair,
    /// How many correspondences are drawn.
    pub lines: usize,
}

/// A point of the first image.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// Across and down, in the image's own pixels.
    pub pixel: [u32; 2],
    /// The position of the layer that holds it.
    pub position: usize,
}

impl Model {
    /// Takes the cosine of two images apart: by positions where they are pooled, and by what the late attentions took from
    /// patches where a transformer's embedding is read otherwise. So many correspondences are drawn. The images are given as they were read.
    ///
    /// # Errors
    /// Where an image cannot be read, or the network's head is not a sum over positions.
    ///
    /// # Examples
    /// ```
    /// use cam_explain::{Clock, Model, Source, photographs};
    ///
    /// let model = Model::open("efficientnet-lite0")?;
    /// let cat = Source::from(("cat", photographs::CAT));
    /// let (compared, _) = model.compare([&cat, &cat], 4, &mut Clock::start())?;
    /// assert!((compared.pair.cosine() - 1.0).abs() < 1e-5);
    /// assert_eq!(compared.correspondences().len(), 4);
    /// # Ok::<(), cam_explain::Error>(())
    /// ```
    pub fn compare(
        &self,
        images: [&Source; 2],
        lines: usize,
        clock: &mut Clock,
    ) -> Result<(Compared, [Input; 2]), Error> {
        let network = self.network();
        let layer = network.last_layer()?;
        let pairing = Pairing::of(network, None).map_err(|reason| {
            failed!(
                "the embedding of {} {reason}, so that no pair of positions has a part of a cosine: explain one of the \
                 images with the other as the concept",
                self.name()
            )
        })?;
        let [first, second] = images.map(|image| Input::read(image, self, clock));
        let mut inputs = [first?, second?];
        let [first, second] = inputs.each_mut().map(|input| {
            let image = input.tensor.clone();
            let capture = Capture::keeping(pairing.kept(), network, image, &[layer])?;
            if let Some(text) = remarks_on_outliers(&capture)?.pop().flatten() {
                notice::remark(format_args!("{}: {text}", input.source));
                input.condition.remarks.push(text);
            }
            pairing.parts(&capture)
        });
        let parts = [first?, second?];
        clock.lap("forward");
        let pair = pairing.pair(parts.each_ref())?;
        clock.lap("pair");
        let [first, second] = inputs.each_ref().map(|input| self.upsampling(&input.pixels));
        let compared = Compared {
            names: images.map(Source::stem),
            pictures: inputs.each_ref().map(|input| input.picture.pixels.clone()),
            windows: inputs.each_ref().map(Input::window),
            upsampling: [first?, second?],
            damaged: inputs.each_ref().map(|input| input.condition.damaged),
            pair,
            lines,
        };
        Ok((compared, inputs))
    }
}

impl Compared {
    /// The positions on the pictures that belong together most; padding around them is no part of them.
    pub fn correspondences(&self) -> Vec<Correspondence> {
        self.pair.correspondences_among(self.lines, |side, position| self.shows(side, position))
    }

    /// Whether the middle of a position lies on the picture.
    pub fn shows(&self, side: usize, position: usize) -> bool {
        self.place(side, position).iter().all(|share| (0.0..=1.0).contains(share))
    }

    /// The middle of a position, across and down, in shares of the picture's sides.
    pub fn place(&self, side: usize, position: usize) -> [f32; 2] {
        let [rows, columns] = self.pair.sizes()[side];
        let across = ((position % columns) as f64 + 0.5) / columns as f64;
        let down = ((position / columns) as f64 + 0.5) / rows as f64;
        self.windows[side].to_picture([across, down]).map(|share| share as f32)
    }

    /// The position of the first image that holds a pixel's middle: positions divide the input evenly.
    ///
    /// # Errors
    /// Where the pixel lies outside of the image, or where the network did not see it.
    pub fn point(&self, pixel: [u32; 2], input: &Input) -> Result<Point, Error> {
        let (width, height) = input.picture.pixels.dimensions();
        let [x, y] = pixel;
        if x >= width || y >= height {
            return Err(Error::usage(format_args!(
                "the point {x},{y} lies outside {}, which has {width}×{height} pixels",
                input.source
            )));
        }
        let middle = |pixel: u32, side: u32| (f64::from(pixel) + 0.5) / f64::from(side);
        let [across, down] = input.window().to_map([middle(x, width), middle(y, height)]);
        if !((0.0..1.0).contains(&across) && (0.0..1.0).contains(&down)) {
            return Err(Error::usage(format_args!(
                "the point {x},{y} lies where fit {} leaves {} out of sight",
                input.placement.fit(),
                input.source
            )));
        }
        let [rows, columns] = self.pair.sizes()[0];
        let along = |share: f64, positions: usize| (share * positions as f64) as usize;
        Ok(Point { pixel, position: along(down, rows) * columns + along(across, columns) })
    }

    /// Lines of a caption for those that are damaged.
    fn damage(&self) -> impl Iterator<Item = String> {
        let damaged = self.damaged.iter().zip(&self.names).filter(|(is_damaged, _)| **is_damaged);
        damaged.map(|(_, name)| format!("{name}: damaged file"))
    }
}
