//! When Winograd's algorithm is taken, and how many outputs it computes together.

use crate::Convolution;
use crate::layout::CHANNELS;

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
    /// What suits a convolution whose output has that height and width, if anything. It depends
    /// on nothing else, so that neither threads nor batches change a result.
    pub(crate) fn choose(convolution: &Convolution, output: [usize; 2]) -> Option<Self> {
        let Convolution { inputs, outputs, kernel, stride, groups, .. } = *convolution;
        let fits = kernel == 3 && stride == 1 && groups == 1;
        if !fits || inputs.min(outputs) < FEWEST_CHANNELS {
            return None;
        }
        match output[0].min(output[1]) {
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

    /// A²: positions of the patch that a square is computed from.
    pub(crate) fn positions(self) -> usize {
        (self.outputs() + 2).pow(2)
    }
}
