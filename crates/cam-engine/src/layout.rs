//! How an activation lies in memory.

use crate::wanted::Rows;
use crate::{Border, Error};

/// Channels come in vectors of 16 at most: every pixel is padded to a multiple of it.
pub(crate) const CHANNELS: usize = 16;

/// Pixels whose distance is a multiple of 2 KiB share L1 cache sets, and the rows of one tile
/// would evict each other: such pixels get one more cache line.
const COLLIDING: usize = 512;

/// Floats from one pixel to the next.
pub(crate) fn separated(channels: usize) -> usize {
    let channels = channels.next_multiple_of(CHANNELS);
    if channels.is_multiple_of(COLLIDING) { channels + CHANNELS } else { channels }
}

/// Channels-last images, one behind the other, each inside its border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// `[n, c, h, w]`.
    pub(crate) shape: [usize; 4],
    /// Rows and columns of zeros around every image, physically there, so that no kernel ever asks
    /// whether a tap lies inside.
    pub(crate) border: Border,
    /// Floats from one pixel to the next.
    pub(crate) pixel: usize,
}

impl Layout {
    /// Pixels padded to whole vectors; what lies in the padding is arbitrary and never read into
    /// a channel that counts.
    pub(crate) fn padded(shape: [usize; 4], border: Border) -> Result<Self, Error> {
        Self { shape, border, pixel: separated(shape[1]) }.checked()
    }

    /// Pixels without padding, where an image has few channels: the taps of a kernel's row are
    /// then one run of numbers.
    pub(crate) fn tight(shape: [usize; 4], border: Border) -> Result<Self, Error> {
        Self { shape, border, pixel: shape[1] }.checked()
    }

    /// Offsets are kept as `u32`.
    fn checked(self) -> Result<Self, Error> {
        let [images, _, height, width] = self.shape;
        let Border { top, bottom, left, right } = self.border;
        let rows = height.checked_add(top).and_then(|rows| rows.checked_add(bottom));
        let columns = width.checked_add(left).and_then(|columns| columns.checked_add(right));
        let len = rows.zip(columns).and_then(|(rows, columns)| {
            images.checked_mul(rows)?.checked_mul(columns)?.checked_mul(self.pixel)
        });
        match len {
            Some(len) if len <= (u32::MAX / 2) as usize => Ok(self),
            _ => Err(Error::TooLarge { shape: self.shape }),
        }
    }

    /// Some rows of every image, as images of their own: the others lie around them as a border does.
    pub(crate) fn of_rows(self, rows: Rows) -> Self {
        let [images, channels, height, width] = self.shape;
        let Border { top, bottom, left, right } = self.border;
        let border =
            Border { top: top + rows.start, bottom: bottom + height - rows.end, left, right };
        Self { shape: [images, channels, rows.len(), width], border, ..self }
    }

    pub(crate) fn images(&self) -> usize {
        self.shape[0]
    }

    pub(crate) fn channels(&self) -> usize {
        self.shape[1]
    }

    pub(crate) fn height(&self) -> usize {
        self.shape[2]
    }

    pub(crate) fn width(&self) -> usize {
        self.shape[3]
    }

    /// Pixels of all images, borders not counted.
    pub(crate) fn pixels(&self) -> usize {
        self.images() * self.height() * self.width()
    }

    /// Floats from one row to the next.
    pub(crate) fn row(&self) -> usize {
        (self.border.left + self.width() + self.border.right) * self.pixel
    }

    /// Floats from one image to the next.
    pub(crate) fn image(&self) -> usize {
        self.rows() * self.row()
    }

    /// Rows of an image with its border.
    pub(crate) fn rows(&self) -> usize {
        self.border.top + self.height() + self.border.bottom
    }

    /// Floats of all images.
    pub(crate) fn len(&self) -> usize {
        self.images() * self.image()
    }

    /// Offset of a pixel's first channel, counted from the corner of the border.
    pub(crate) fn at_bordered(&self, image: usize, row: usize, column: usize) -> usize {
        image * self.image() + row * self.row() + column * self.pixel
    }

    /// Offset of a pixel's first channel.
    pub(crate) fn at(&self, image: usize, y: usize, x: usize) -> usize {
        self.at_bordered(image, y + self.border.top, x + self.border.left)
    }

    /// `[image, y, x]` of a pixel, counted through all images.
    pub(crate) fn position(&self, pixel: usize) -> [usize; 3] {
        let (row, x) = (pixel / self.width(), pixel % self.width());
        [row / self.height(), row % self.height(), x]
    }

    /// Offsets of all pixels in order.
    pub(crate) fn offsets(&self) -> Vec<u32> {
        self.windows([self.height(), self.width()], [1; 2], [0, 0])
    }

    /// Offsets of the first tap of every window: of each image, `outputs` windows down and right,
    /// `stride` pixels apart, the first of which starts `before` pixels outside (or, where that is
    /// negative, inside).
    pub(crate) fn windows(
        &self,
        outputs: [usize; 2],
        stride: [usize; 2],
        before: [isize; 2],
    ) -> Vec<u32> {
        let inside = |border: usize, before: isize| {
            border.checked_add_signed(-before).expect("a window starts inside the border")
        };
        let (top, left) = (inside(self.border.top, before[0]), inside(self.border.left, before[1]));
        let mut offsets = Vec::with_capacity(self.images() * outputs[0] * outputs[1]);
        for image in 0..self.images() {
            for y in 0..outputs[0] {
                let row = self.at_bordered(image, y * stride[0] + top, left);
                offsets.extend((0..outputs[1]).map(|x| (row + x * stride[1] * self.pixel) as u32));
            }
        }
        offsets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BORDER: Border = Border { top: 1, bottom: 2, left: 3, right: 4 };

    #[test]
    fn pixels_lie_inside_their_border() {
        let layout = Layout::padded([2, 5, 3, 4], BORDER).unwrap();
        assert_eq!((layout.pixel, layout.row(), layout.rows()), (16, 11 * 16, 6));
        assert_eq!(layout.at(1, 0, 0), 6 * 11 * 16 + 11 * 16 + 3 * 16);
        assert_eq!(layout.len(), 2 * 6 * 11 * 16);
    }

    #[test]
    fn windows_start_before_the_image() {
        let layout = Layout::tight([1, 3, 4, 4], BORDER).unwrap();
        assert_eq!(layout.windows([2, 2], [2, 2], [1, 1]), [6, 12, 72, 78]);
    }

    #[test]
    fn pixels_that_would_share_cache_sets_are_moved_apart() {
        let pixel = |channels| Layout::padded([1, channels, 1, 1], BORDER).unwrap().pixel;
        assert_eq!([pixel(496), pixel(512), pixel(1024)], [496, 528, 1040]);
    }

    #[test]
    fn some_rows_lie_where_they_lie_among_all() {
        let whole = Layout::padded([2, 5, 3, 4], BORDER).unwrap();
        let some = whole.of_rows(Rows { start: 1, end: 3 });
        assert_eq!((some.shape, some.len()), ([2, 5, 2, 4], whole.len()));
        assert_eq!(some.at(1, 0, 2), whole.at(1, 1, 2));
        assert_eq!(some.at(1, 1, 2), whole.at(1, 2, 2));
    }

    #[test]
    fn a_size_beyond_the_offsets_is_refused() {
        let shape = [1, 1 << 20, 1 << 20, 1 << 30];
        assert_eq!(Layout::padded(shape, BORDER), Err(Error::TooLarge { shape }));
    }
}
