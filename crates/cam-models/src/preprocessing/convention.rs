//! The conventions by which programs differ, and networks with them.

use serde::{Deserialize, Serialize};

/// The order of the channels that a network takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red first, as nearly all do.
    #[default]
    Rgb,
    /// Blue first, as networks from Caffe and OpenCV do.
    Bgr,
}

/// The order of the sides that a network's file takes.
///
/// It is a note of whoever reads the file, and changes no number: [`tensor`](super::Preprocessing::tensor)
/// gives `[n, 3, h, w]` whatever it says, and a graph that takes channels last begins with a transpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputLayout {
    /// `[n, 3, h, w]`.
    #[default]
    Nchw,
    /// `[n, h, w, 3]`.
    Nhwc,
}

/// Where the middle is when an odd number of pixels is cut off or added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Centre {
    /// Half of it, rounded to the even one: torchvision, and Pillow's `ImageOps.pad`.
    #[default]
    Even,
    /// The smaller half in front: transformers, and what timm and `open_clip` do where they pad.
    Front,
}

impl Channels {
    /// `rgb` or `bgr`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rgb => "rgb",
            Self::Bgr => "bgr",
        }
    }

    /// Which of red, green and blue each channel of the input is.
    pub(crate) fn order(self) -> [usize; 3] {
        match self {
            Self::Rgb => [0, 1, 2],
            Self::Bgr => [2, 1, 0],
        }
    }
}

impl Centre {
    /// Where an input begins in what a picture was resized to, along one side; below zero where it is padded.
    pub(crate) fn offset(self, resized: usize, input: usize) -> isize {
        let half = (resized as f64 - input as f64) / 2.0;
        match self {
            Self::Even => half.round_ties_even() as isize,
            Self::Front => half.trunc() as isize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_odd_rest_is_a_convention() {
        // 111 pixels to cut off, and 119 to add: torchvision and Pillow say 56 and −60, transformers and timm
        // 55 and −59.
        for (resized, input, even, front) in
            [(335, 224, 56, 55), (105, 224, -60, -59), (336, 224, 56, 56), (9, 8, 0, 0)]
        {
            assert_eq!(Centre::Even.offset(resized, input), even);
            assert_eq!(Centre::Front.offset(resized, input), front);
        }
    }
}
