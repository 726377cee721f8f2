//! How windows slide over an image.

use crate::layout::Border;
use crate::{Convolution, Error, MaxPool};

/// Square windows over images: where they start and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    /// Side of a window.
    pub(crate) kernel: usize,
    /// Pixels from one to the next.
    pub(crate) stride: usize,
    /// Pixels that the first ones start outside the image, above and left.
    pub(crate) before: [usize; 2],
    /// Pixels that the last ones may end outside, below and right.
    pub(crate) after: [usize; 2],
    /// How many there are, down and right.
    pub(crate) outputs: [usize; 2],
}

impl Windows {
    /// A convolution's, over an image of `[height, width]`.
    pub(crate) fn of_convolution(
        step: usize,
        convolution: &Convolution,
        size: [usize; 2],
    ) -> Result<Self, Error> {
        let Convolution { kernel, stride, padding, .. } = *convolution;
        let borders = size.map(|size| padding.before_and_after(size, kernel, stride));
        Self::new(step, (kernel, stride), borders, size)
    }

    /// A max pool's.
    pub(crate) fn of_pool(step: usize, pool: &MaxPool, size: [usize; 2]) -> Result<Self, Error> {
        let borders = [(pool.padding, pool.padding); 2];
        Self::new(step, (pool.kernel, pool.stride), borders, size)
    }

    fn new(
        step: usize,
        (kernel, stride): (usize, usize),
        borders: [(usize, usize); 2],
        size: [usize; 2],
    ) -> Result<Self, Error> {
        let mut outputs = [0; 2];
        for axis in 0..2 {
            let (before, after) = borders[axis];
            let size = size[axis].saturating_add(before).saturating_add(after);
            let Some(room) = size.checked_sub(kernel) else {
                return Err(Error::TooSmall { step, kernel, size });
            };
            outputs[axis] = room / stride + 1;
        }
        let before = borders.map(|(before, _)| before);
        Ok(Self { kernel, stride, before, after: borders.map(|(_, after)| after), outputs })
    }

    /// What an image needs around it for every window to lie inside.
    pub(crate) fn border(&self) -> Border {
        let ([top, left], [bottom, right]) = (self.before, self.after);
        Border { top, bottom, left, right }
    }
}
