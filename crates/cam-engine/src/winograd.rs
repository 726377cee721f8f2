//! When Winograd's algorithm is taken, and how many outputs it computes together.

use crate::Border;
use crate::layout::CHANNELS;
use crate::windows::Windows;

/// The shorter side of an output from which 4×4 pixels at a time pay off.
///
/// Measured on ResNet50: below, transforms and the waste at the edge eat what the products save,
/// and 2×2 pixels are as fast and more exact.
const SIDE_FOR_FOUR: usize = 24;

/// The shorter side of an output from which 2×2 pixels at a time pay off.
const SIDE_FOR_TWO: usize = 12;

/// Channels below which there is too little to multiply between the transforms.
const FEWEST_CHANNELS: usize = 2 * CHANNELS;

/// Side of the square of output pixels computed together.
///
/// F(2×2, 3×3) needs 16 products instead of 36 and rounds no worse than the direct sum, about
/// 1e-6 of the maximum. F(4×4, 3×3) needs 36 instead of 144 and rounds to 4e-6 to 1.4e-5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Two,
    Four,
}

impl Size {
    /// What suits a convolution with so many channels in and out, if anything. It depends
    /// on nothing else, so that neither threads nor batches change a result.
    pub(crate) fn choose(windows: &Windows, channels: [usize; 2], groups: usize) -> Option<Self> {
        let is_plain = windows.stride == [1, 1] && windows.dilation == [1, 1];
        let fits = windows.kernel == [3, 3] && is_plain && groups == 1;
        if !fits || channels[0].min(channels[1]) < FEWEST_CHANNELS {
            return None;
        }
        match windows.outputs[0].min(windows.outputs[1]) {
            SIDE_FOR_FOUR.. => Some(Self::Four),
            SIDE_FOR_TWO.. => Some(Self::Two),
            _ => None,
        }
    }

    /// M: the side of the square.
    pub(crate) fn outputs(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// What an image needs around it for every patch to lie inside.
    pub(crate) fn border(self, windows: &Windows) -> Border {
        let mut border = windows.border();
        let [height, width] = windows.outputs;
        border.bottom += height.next_multiple_of(self.outputs()) - height;
        border.right += width.next_multiple_of(self.outputs()) - width;
        border
    }

    /// A²: positions of the patch that a square is computed from.
    pub(crate) fn positions(self) -> usize {
        (self.outputs() + 2).pow(2)
    }
}
