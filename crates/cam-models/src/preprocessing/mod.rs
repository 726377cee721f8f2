//! From RGB pixels to a network's input.

mod convention;
mod filter;
mod json;
mod presets;
mod tensors;

use crate::fit::Fit;
use crate::pixels::Rgb8;
use crate::placement::Placement;

pub use convention::{Centre, Channels, InputLayout};
pub use filter::Filter;
pub use json::{Form, PreprocessingError, ReadPreprocessing};
pub use presets::{PRESETS, Preset};

/// How an image becomes a network's input: brought to its size, then (value − mean) / deviation
/// per channel. It belongs to the weights, for they were trained with it.
///
/// A scale such as 1/255 is no step of its own: (value · scale − mean) / deviation is
/// (value − mean/scale) / (deviation/scale). A network that takes 0 to 1 has mean 0 and deviation 255, one that takes
/// pixels as they are has mean 0 and deviation 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    /// Width and height the weights were trained for.
    pub size: (usize, usize),
    /// How images of other proportions come to that size.
    pub fit: Fit,
    /// Width and height that images are fitted to before `size` is cut out of the middle, where that is not `size`
    /// itself: 256×256 where the shorter side becomes 256 and 224×224 are cut out.
    pub frame: Option<(usize, usize)>,
    /// Where the middle is when an odd number of pixels is cut off or added.
    pub centre: Centre,
    /// How images are brought to a size.
    pub filter: Filter,
    /// Per channel R, G, B, whatever the order of `channels`, in units of 8-bit pixels: 0..=255.
    pub mean: [f64; 3],
    /// Per channel R, G, B, in units of 8-bit pixels.
    pub deviation: [f64; 3],
    /// Which channel the network takes first.
    pub channels: Channels,
    /// The order of the sides that the network's file takes; no number depends on it.
    pub layout: InputLayout,
    /// What is added around an image that is padded: R, G, B; the pixel nearest to the mean where none.
    pub background: Option<[u8; 3]>,
}

impl Preprocessing {
    /// The image's size, brought to the one the weights were trained for.
    pub fn resize(&self, image: &Rgb8) -> Rgb8 {
        image.resized(self.size.0, self.size.1, self.filter)
    }

    /// The same for an input of another width and height; what is cut off stays in proportion. Sides of zero count
    /// as one.
    #[must_use]
    pub fn with_size(self, (width, height): (usize, usize)) -> Self {
        let size = (width.max(1), height.max(1));
        let scaled = |frame: usize, of: usize, to: usize| {
            let scaled = (frame as f64 * to as f64 / of as f64).round() as usize;
            scaled.max(to)
        };
        let frame = self.frame.map(|(across, down)| {
            (scaled(across, self.size.0, size.0), scaled(down, self.size.1, size.1))
        });
        Self { size, frame, ..self }
    }

    /// Where the input lies in a picture of a width and height; `stride` is the network's, for [`Fit::Keep`].
    pub fn placement(&self, picture: (usize, usize), stride: usize) -> Placement {
        Placement::of(self, picture, stride)
    }

    /// The image as the network's input, as a placement says. What is added around it is the
    /// background, else the pixel nearest to the mean, which normalisation makes nearly zero:
    /// within half a step of 8 bits.
    pub fn place(&self, image: &Rgb8, placement: &Placement) -> Rgb8 {
        image.placed(placement, self.filter, self.background.unwrap_or_else(|| self.mean_pixel()))
    }

    /// The pixel nearest to the mean.
    pub fn mean_pixel(&self) -> [u8; 3] {
        self.mean.map(|mean| mean.round().clamp(0.0, 255.0) as u8)
    }

    /// Mean and deviation of every channel in the order in which the network takes them.
    fn in_order(&self) -> [(f64, f64); 3] {
        self.channels.order().map(|colour| (self.mean[colour], self.deviation[colour]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_size_is_cut_out_of_a_frame_in_proportion() {
        let own = Preprocessing::torchvision();
        assert_eq!((own.size, own.frame), ((224, 224), Some((256, 256))));
        assert_eq!(own.clone().with_size((448, 224)).frame, Some((512, 256)));
        assert_eq!(own.clone().with_size((0, 1)).frame, Some((1, 1)));
        assert_eq!(own.clone().with_size((224, 224)), own);
        assert_eq!(Preprocessing::imagenet().with_size((8, 8)).frame, None);
    }
}
