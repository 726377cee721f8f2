//! How images come to the network's input.

use std::str::FromStr;

use cam_models::{ConvNet, Filter, Fit, Placement, Preprocessing};

use super::condition;
use crate::error::{Error, Setting};
use crate::source::Decoding;

/// A network's activations take some hundred times the memory of its input; more pixels than
/// these are taken for a mistake.
pub const MAX_PIXELS: usize = 4096 * 4096;

/// How images are read: decoded, and brought to the network's input.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// Size of the input.
    pub size: Size,
    /// How images of other proportions come to that size; none for the network's own way.
    pub fit: Option<Fit>,
    /// How they are resized, where it is not the network's own way.
    pub filter: Option<Filter>,
    /// How they are decoded.
    pub decoding: Decoding,
}

impl Reading {
    /// Height and width of the network's input; none where it is each image's own.
    pub fn input_size(&self, network: &ConvNet) -> Option<[usize; 2]> {
        self.asked_size(network).filter(|_| self.fit_for(network) != Fit::Keep)
    }

    /// Height and width that images are fitted to; none where each is taken at its own size.
    pub fn asked_size(&self, network: &ConvNet) -> Option<[usize; 2]> {
        let (width, height) = match self.size {
            Size::Model => network.preprocessing().size,
            Size::Native => return None,
            Size::Fixed(width, height) => (width, height),
        };
        Some([height, width])
    }

    /// The same at a size that [`asked_size`](Self::asked_size) gave.
    pub fn with_size(self, size: Option<[usize; 2]>) -> Self {
        let size = size.map_or(Size::Native, |[height, width]| Size::Fixed(width, height));
        Self { size, ..self }
    }

    /// Where the input lies in a picture of a width and height.
    pub fn placement(&self, network: &ConvNet, picture: (usize, usize)) -> Placement {
        let size = self.asked_size(network).map_or(picture, |[height, width]| (width, height));
        let preprocessing = self.preprocessing(network).with_size(size);
        preprocessing.placement(picture, network.stride())
    }

    /// What is to be said of proportions that a placement changes.
    pub fn distortion(&self, network: &ConvNet, placement: &Placement) -> Option<String> {
        condition::distortion(placement, network.stride(), self.filter.is_none())
    }

    /// How images of other proportions come to the network's size: as asked for, else in the network's own way. An
    /// image at its own size is taken whole, and the library whose filter is followed squashes.
    pub fn fit_for(&self, network: &ConvNet) -> Fit {
        self.fit.unwrap_or(match (self.size, self.filter) {
            (Size::Native, _) | (_, Some(_)) => Fit::Squash,
            _ => network.preprocessing().fit,
        })
    }

    /// How images are brought to the network. What is cut out of a larger frame is so only where the network's own
    /// way is followed.
    pub fn preprocessing(&self, network: &ConvNet) -> Preprocessing {
        let own = network.preprocessing().clone();
        let fit = self.fit_for(network);
        let is_own = fit == own.fit && self.filter.is_none() && self.size != Size::Native;
        let frame = own.frame.filter(|_| is_own);
        Preprocessing { filter: self.filter.unwrap_or(own.filter), fit, frame, ..own }
    }
}

/// Size of the network's input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Size {
    /// What the weights were trained with.
    #[default]
    Model,
    /// Each image's own.
    Native,
    /// Width and height in pixels.
    Fixed(usize, usize),
}

impl FromStr for Size {
    type Err = Error;

    /// Reads `native`, `WxH`, or one side of a square.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.eq_ignore_ascii_case("native") {
            return Ok(Self::Native);
        }
        let square = || text.trim().parse().ok().filter(|&side| side > 0).map(|side| (side, side));
        match width_and_height(text).or_else(square) {
            Some((width, height)) => fitting(width, height),
            None => Err(Error::usage(format_args!(
                "size `{text}`: write width and height, as in 320x224, one side of a square, as in \
                 224, or native"
            ))
            .see(Setting::Size)),
        }
    }
}

fn fitting(width: usize, height: usize) -> Result<Size, Error> {
    match width.checked_mul(height) {
        Some(..=MAX_PIXELS) => Ok(Size::Fixed(width, height)),
        _ => Err(Error::usage(format_args!(
            "{width}×{height} pixels are too many for the network's input, which has at most {MAX_PIXELS}, as \
             4096x4096; choose a smaller size"
        )).see(Setting::Size)),
    }
}

/// Reads `WxH`; none where it is anything else, or a side is zero.
pub fn width_and_height(text: &str) -> Option<(usize, usize)> {
    let (width, height) = text.split_once(['x', 'X', '×'])?;
    let sides = (width.trim().parse().ok()?, height.trim().parse().ok()?);
    (sides.0 > 0 && sides.1 > 0).then_some(sides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_the_side_of_a_square() {
        for (text, size) in [
            ("224", Size::Fixed(224, 224)),
            ("224x224", Size::Fixed(224, 224)),
            (" 448 x 224 ", Size::Fixed(448, 224)),
            ("64×32", Size::Fixed(64, 32)),
            ("Native", Size::Native),
        ] {
            assert_eq!(text.parse::<Size>().expect(text), size);
        }
        for text in [
            "",
            "0",
            "0x4",
            "-3",
            "224x",
            "x224",
            "1.5",
            "2x2x2",
            "99999999999999999999",
            "4097x4096",
        ] {
            assert!(matches!(text.parse::<Size>(), Err(Error::Usage(_))), "{text}");
        }
    }
}
