use serde::{Deserialize, Serialize};

/// The border around an input, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Border {
    /// Above.
    pub top: usize,
    /// To the left.
    pub left: usize,
    /// Below.
    pub bottom: usize,
    /// To the right.
    pub right: usize,
}

impl Border {
    /// As many pixels on every side.
    pub const fn all(pixels: usize) -> Self {
        Self { top: pixels, left: pixels, bottom: pixels, right: pixels }
    }

    /// Pixels before and behind, along rows (0) or columns (1).
    pub const fn along(&self, axis: usize) -> (usize, usize) {
        if axis == 0 { (self.top, self.bottom) } else { (self.left, self.right) }
    }
}

/// How wide the border of zeros is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Padding {
    /// So many pixels.
    Fixed(Border),
    /// As many as make ⌈size / stride⌉ outputs. An odd pixel lies behind, as TensorFlow has it, or in front.
    Same {
        /// Whether the odd pixel lies in front (ONNX's `SAME_LOWER`).
        lower: bool,
    },
}

impl Padding {
    /// The border for an input of `[h, w]` and dilated kernels.
    pub fn border(self, size: [usize; 2], kernel: [usize; 2], stride: [usize; 2]) -> Border {
        let Self::Same { lower } = self else {
            let Self::Fixed(border) = self else { unreachable!("there are two kinds") };
            return border;
        };
        let along = |axis: usize| {
            let steps = size[axis].div_ceil(stride[axis].max(1)).saturating_sub(1);
            let covered = steps.saturating_mul(stride[axis]).saturating_add(kernel[axis]);
            let total = covered.saturating_sub(size[axis]);
            let less = total / 2;
            if lower { (total - less, less) } else { (less, total - less) }
        };
        let ((top, bottom), (left, right)) = (along(0), along(1));
        Border { top, left, bottom, right }
    }
}

/// Windows that move over rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its sides, `[h, w]`.
    pub kernel: [usize; 2],
    /// Pixels from one to the next, `[down, across]`.
    pub stride: [usize; 2],
    /// Pixels from one tap to the next, `[down, across]`.
    pub dilation: [usize; 2],
    /// What surrounds the input.
    pub padding: Padding,
    /// Whether a last window may reach beyond the border (PyTorch's `ceil_mode`).
    pub ceil: bool,
}

impl Window {
    /// A window that moves by one pixel, without a border.
    pub const fn new(kernel: [usize; 2]) -> Self {
        Self {
            kernel,
            stride: [1, 1],
            dilation: [1, 1],
            padding: Padding::Fixed(Border::all(0)),
            ceil: false,
        }
    }

    /// How far a window reaches, `[h, w]`: (kernel − 1)·dilation + 1.
    pub fn reach(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            let taps = self.kernel[axis].saturating_sub(1);
            taps.saturating_mul(self.dilation[axis]).saturating_add(1)
        })
    }

    /// The border on an input of `[h, w]`.
    pub fn border(&self, size: [usize; 2]) -> Border {
        self.padding.border(size, self.reach(), self.stride)
    }

    /// How many windows fit on an input of `[h, w]`; none if not even one does.
    pub fn outputs(&self, size: [usize; 2]) -> Option<[usize; 2]> {
        let (border, reach) = (self.border(size), self.reach());
        let along = |axis: usize| {
            let (before, behind) = border.along(axis);
            let stride = self.stride[axis];
            let padded = size[axis].checked_add(before)?.checked_add(behind)?;
            let room = padded.checked_sub(reach[axis])?;
            let windows = match self.ceil {
                true => room.div_ceil(stride.max(1)).checked_add(1)?,
                false => room.checked_div(stride)?.checked_add(1)?,
            };
            // With ceil, the last window must still begin on the input or the border before it.
            let last = (windows - 1).saturating_mul(stride);
            let begins_behind = self.ceil && last >= size[axis] + before;
            Some(windows - usize::from(begins_behind))
        };
        Some([along(0)?, along(1)?])
    }
}
