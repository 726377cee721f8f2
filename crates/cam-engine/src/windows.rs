//! How windows slide over an image.

use std::ops::Range;

use crate::{Border, Convolution, Error, Padding, Window};

/// The widest border that is looked at: beyond it no activation fits into its offsets.
const MOST_BORDER: usize = u32::MAX as usize / 2;

/// Windows over images: where they start and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    /// Rows and columns of a window.
    pub(crate) kernel: [usize; 2],
    /// Pixels from one to the next, down and right.
    pub(crate) stride: [usize; 2],
    /// Pixels from one row or column of a window to the next.
    pub(crate) dilation: [usize; 2],
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
        let Convolution { kernel, stride, padding, dilation, .. } = *convolution;
        Self::new(step, &Window { kernel, stride, padding, ceil: false }, dilation, size)
    }

    /// A pool's.
    pub(crate) fn of_pool(step: usize, pool: &Window, size: [usize; 2]) -> Result<Self, Error> {
        Self::new(step, pool, [1; 2], size)
    }

    /// One window over a whole image of `[height, width]`.
    pub(crate) fn whole(size: [usize; 2]) -> Self {
        Self::tiles(size, [1; 2])
    }

    /// So many windows side by side.
    pub(crate) fn tiles(kernel: [usize; 2], outputs: [usize; 2]) -> Self {
        let (dilation, before, after) = ([1; 2], [0; 2], [0; 2]);
        Self { kernel, stride: kernel, dilation, before, after, outputs }
    }

    fn new(
        step: usize,
        window: &Window,
        dilation: [usize; 2],
        size: [usize; 2],
    ) -> Result<Self, Error> {
        let Window { kernel, stride, padding, ceil } = *window;
        let reach =
            [0, 1].map(|axis| (kernel[axis] - 1).saturating_mul(dilation[axis]).saturating_add(1));
        let border = padding.border(size, reach, stride);
        let (mut before, mut after, mut outputs) = ([0; 2], [0; 2], [0; 2]);
        for axis in 0..2 {
            let along = border.along(axis);
            let whole = size[axis].saturating_add(along.0).saturating_add(along.1);
            let Some(room) = whole.checked_sub(reach[axis]) else {
                return Err(Error::TooSmall { step, kernel: reach[axis], size: whole });
            };
            if along.0.max(along.1) > MOST_BORDER {
                return Err(Error::Border { step, pixels: along.0.max(along.1) });
            }
            let stride = stride[axis];
            outputs[axis] = if ceil { room.div_ceil(stride) + 1 } else { room / stride + 1 };
            // A window that no longer starts on the image or in front of it sees nothing of it.
            if ceil && (outputs[axis] - 1).saturating_mul(stride) >= size[axis] + along.0 {
                outputs[axis] -= 1;
            }
            (before[axis], after[axis]) = (along.0 as isize, along.1 as isize);
        }
        Ok(Self { kernel, stride, dilation, before, after, outputs })
    }

    /// The rows and columns of one window that lie inside an image of `[height, width]`; the window is not
    /// dilated.
    pub(crate) fn inside(&self, window: [usize; 2], size: [usize; 2]) -> [Range<usize>; 2] {
        [0, 1].map(|axis| {
            let start = (window[axis] * self.stride[axis]) as isize - self.before[axis];
            let end = start + self.kernel[axis] as isize;
            start.max(0) as usize..(end.max(0) as usize).min(size[axis])
        })
    }

    /// The rows and columns of one window that lie inside an image or its border, counted from the corner
    /// of the border.
    pub(crate) fn inside_border(&self, window: [usize; 2], size: [usize; 2]) -> [Range<usize>; 2] {
        [0, 1].map(|axis| {
            let start = window[axis] * self.stride[axis];
            let all = size[axis] as isize + self.before[axis] + self.after[axis];
            start..(start + self.kernel[axis]).min(all.max(0) as usize)
        })
    }

    /// Pixels from the first to the last of a window along an axis, both counted.
    pub(crate) fn reach(&self, axis: usize) -> usize {
        (self.kernel[axis] - 1) * self.dilation[axis] + 1
    }

    /// What an image needs around it for every window to lie inside.
    pub(crate) fn border(&self) -> Border {
        let outside = |pixels: isize| pixels.max(0) as usize;
        let ([top, left], [bottom, right]) = (self.before.map(outside), self.after.map(outside));
        Border { top, left, bottom, right }
    }
}

/// Whether a window of one pixel has no border, whatever the image's size.
pub(crate) fn is_borderless(padding: Padding) -> bool {
    match padding {
        Padding::Each(pixels) => pixels == 0,
        Padding::Fixed(border) => border == Border::all(0),
        Padding::Same | Padding::SameLower => true,
    }
}
