/// Windows that move over rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its sides, `[h, w]`.
    pub kernel: [usize; 2],
    /// Pixels from one to the next, `[down, across]`.
    pub stride: [usize; 2],
    /// What surrounds the image; less than the window on every side.
    pub padding: Padding,
    /// Whether a last window may reach beyond the border (PyTorch's `ceil_mode`).
    pub ceil: bool,
}

impl Window {
    /// A window that moves by one pixel, without a border.
    pub const fn new(kernel: [usize; 2]) -> Self {
        Self { kernel, stride: [1, 1], padding: Padding::Each(0), ceil: false }
    }

    /// A square one with as much border and movement along both sides.
    pub const fn square(kernel: usize, stride: usize, padding: usize) -> Self {
        let (kernel, stride) = ([kernel, kernel], [stride, stride]);
        Self { kernel, stride, padding: Padding::Each(padding), ceil: false }
    }
}

/// The border around an image, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

    /// What serves both.
    pub(crate) fn union(self, other: Self) -> Self {
        Self {
            top: self.top.max(other.top),
            bottom: self.bottom.max(other.bottom),
            left: self.left.max(other.left),
            right: self.right.max(other.right),
        }
    }
}

/// How wide the border around an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// As many pixels on every side.
    Each(usize),
    /// So many pixels.
    Fixed(Border),
    /// TensorFlow's "same": ⌈size / stride⌉ pixels come out, and an odd border pixel lies right
    /// and below.
    Same,
    /// The same with the odd border pixel left and above (ONNX's `SAME_LOWER`).
    SameLower,
}

impl Padding {
    /// The border around an image of `[h, w]`, for windows that reach over so many pixels.
    pub fn border(self, size: [usize; 2], reach: [usize; 2], stride: [usize; 2]) -> Border {
        let lower = match self {
            Self::Each(pixels) => return Border::all(pixels),
            Self::Fixed(border) => return border,
            Self::Same => false,
            Self::SameLower => true,
        };
        let along = |axis: usize| {
            let stride = stride[axis].max(1);
            let last = size[axis].div_ceil(stride).saturating_sub(1) * stride;
            let total = last.saturating_add(reach[axis]).saturating_sub(size[axis]);
            let less = total / 2;
            if lower { (total - less, less) } else { (less, total - less) }
        };
        let ((top, bottom), (left, right)) = (along(0), along(1));
        Border { top, left, bottom, right }
    }
}
