//! How windows slide over an image.

use std::ops::Range;

use crate::layout::Border;
use crate::{Convolution, Error, MaxPool};

/// Windows over images: where they start and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    /// Rows and columns of a window.
    pub(crate) kernel: [usize; 2],
    /// Pixels from one to the next.
    pub(crate) stride: usize,
    /// Pixels that the first ones start outside the image, above and left; negative inside.
    pub(crate) before: [isize; 2],
    /// Pixels that the last ones may end outside, below and right.
    pub(crate) after: [isize; 2],
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
        let before = borders.map(|(before, _)| before as isize);
        let after = borders.map(|(_, after)| after as isize);
        Ok(Self { kernel: [kernel; 2], stride, before, after, outputs })
    }

    /// The rows and columns of one window that lie inside an image of `[height, width]`.
    pub(crate) fn inside(&self, window: [usize; 2], size: [usize; 2]) -> [Range<usize>; 2] {
        [0, 1].map(|axis| {
            let start = (window[axis] * self.stride) as isize - self.before[axis];
            let end = start + self.kernel[axis] as isize;
            start.max(0) as usize..(end.max(0) as usize).min(size[axis])
        })
    }

    /// One window over a whole image of `[height, width]`.
    pub(crate) fn whole(size: [usize; 2]) -> Self {
        Self { kernel: size, stride: 1, before: [0; 2], after: [0; 2], outputs: [1; 2] }
    }

    /// The rows and columns of one window that lie inside an image or its border, counted from the corner
    /// of the border.
    pub(crate) fn inside_border(&self, window: [usize; 2], size: [usize; 2]) -> [Range<usize>; 2] {
        [0, 1].map(|axis| {
            let start = window[axis] * self.stride;
            let all = size[axis] as isize + self.before[axis] + self.after[axis];
            start..(start + self.kernel[axis]).min(all.max(0) as usize)
        })
    }

    /// What an image needs around it for every window to lie inside.
    pub(crate) fn border(&self) -> Border {
        let outside = |pixels: isize| pixels.max(0) as usize;
        let ([top, left], [bottom, right]) = (self.before.map(outside), self.after.map(outside));
        Border { top, bottom, left, right }
    }
}
