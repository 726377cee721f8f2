//! Samples of any range to 8 bits, and what is said about the range that they use.

use image::RgbImage;

use super::Remark;

/// The samples that become 0 and 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Levels {
    pub(super) black: f64,
    pub(super) white: f64,
}

impl Levels {
    /// A sample in 8 bits, rounded to nearest; what lies outside is clipped, NaN is 0.
    pub(super) fn byte(self, sample: f64) -> u8 {
        // The cast saturates, and cuts off: cheaper than `round`, which is a call.
        (255.0 * (sample - self.black) / (self.white - self.black) + 0.5) as u8
    }

    fn remark(self) -> Remark {
        Remark::Stretched { lowest: self.black, highest: self.white }
    }
}

/// The depth that samples were stored with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Depth {
    /// The sample that is white; black is 0.
    pub(super) full: f64,
    pub(super) bits: u32,
    pub(super) is_float: bool,
}

impl Depth {
    /// Whole numbers without a sign.
    pub(super) fn unsigned(bits: u32) -> Self {
        Self { full: 2f64.powi(bits as i32) - 1.0, bits, is_float: false }
    }

    /// From black to white.
    pub(super) fn levels(self) -> Levels {
        Levels { black: 0.0, white: self.full }
    }
}

/// What the samples of a picture's colours are, opacity aside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    lowest: f64,
    highest: f64,
    /// Finite samples, and those of them outside 0 to white.
    finite: u64,
    outside: u64,
    not_finite: u64,
    full: f64,
}

impl Spread {
    pub(super) fn new(depth: Depth) -> Self {
        let (lowest, highest) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { lowest, highest, finite: 0, outside: 0, not_finite: 0, full: depth.full }
    }

    pub(super) fn add(&mut self, sample: f64) {
        if !sample.is_finite() {
            self.not_finite += 1;
            return;
        }
        self.finite += 1;
        self.outside += u64::from(sample < 0.0 || sample > self.full);
        self.lowest = self.lowest.min(sample);
        self.highest = self.highest.max(sample);
    }

    /// The levels of a picture: where it is stretched, its own lowest and highest sample. A picture of
    /// one value has no range to stretch.
    pub(super) fn levels(&self, depth: Depth, stretch: bool) -> Levels {
        if stretch && self.lowest < self.highest {
            return Levels { black: self.lowest, white: self.highest };
        }
        depth.levels()
    }

    /// What the user should know about samples that became 8 bits by `levels`.
    pub(super) fn remarks(&self, depth: Depth, levels: Levels, remarks: &mut Vec<Remark>) {
        if levels == depth.levels() {
            self.depth_remarks(depth, remarks);
        } else {
            remarks.push(levels.remark());
        }
        if self.not_finite > 0 {
            remarks.push(Remark::NotFinite { samples: self.not_finite });
        }
    }

    fn depth_remarks(&self, depth: Depth, remarks: &mut Vec<Remark>) {
        match depth {
            Depth { is_float: true, .. } => remarks.push(Remark::Float),
            Depth { bits: 0..=8, .. } => {}
            Depth { bits, .. } => remarks.push(Remark::ReducedDepth { bits }),
        }
        let (lowest, highest) = (self.lowest, self.highest);
        if self.outside > 0 {
            let percent = 100.0 * self.outside as f64 / self.finite as f64;
            remarks.push(Remark::Clipped { lowest, highest, full: depth.full, percent });
        }
        if self.is_narrow(depth) {
            remarks.push(Remark::NarrowRange { lowest, highest, full: depth.full });
        }
    }

    /// Whether the samples use less than a third of what they could, which fourteen bits of sixteen do and
    /// hardly a photograph does. Of 8 bits nothing is said: every viewer shows them as they are.
    fn is_narrow(&self, depth: Depth) -> bool {
        const NARROW: f64 = 1.0 / 3.0;
        let used = self.highest.min(depth.full) - self.lowest.max(0.0);
        let is_deep = depth.is_float || depth.bits > 8;
        is_deep && self.lowest < self.highest && used < NARROW * depth.full && used >= 0.0
    }
}

/// Stretches a picture of 8 bits, where that is asked for.
pub(super) fn stretch(pixels: &mut RgbImage, remarks: &mut Vec<Remark>) {
    let depth = Depth::unsigned(8);
    let mut spread = Spread::new(depth);
    pixels.iter().for_each(|&byte| spread.add(byte.into()));
    let levels = spread.levels(depth, true);
    let table: [u8; 256] = std::array::from_fn(|byte| levels.byte(byte as f64));
    pixels.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
    spread.remarks(depth, levels, remarks);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIXTEEN: Depth = Depth { full: 65_535.0, bits: 16, is_float: false };
    const FLOAT: Depth = Depth { full: 1.0, bits: 32, is_float: true };

    fn said(depth: Depth, samples: &[f64]) -> Vec<Remark> {
        let mut spread = Spread::new(depth);
        samples.iter().for_each(|&sample| spread.add(sample));
        let mut remarks = vec![];
        spread.remarks(depth, spread.levels(depth, false), &mut remarks);
        remarks
    }

    #[test]
    fn ten_twelve_and_fourteen_bits_of_sixteen_are_said_and_full_ones_are_not() {
        for bits in [10, 12, 14] {
            let highest = f64::from((1 << bits) - 1);
            let narrow = Remark::NarrowRange { lowest: 3.0, highest, full: 65_535.0 };
            assert_eq!(said(SIXTEEN, &[3.0, highest]), [Remark::ReducedDepth { bits: 16 }, narrow]);
        }
        assert_eq!(said(SIXTEEN, &[3.0, 40_000.0]), [Remark::ReducedDepth { bits: 16 }]);
        assert_eq!(said(Depth::unsigned(8), &[0.0, 9.0]), []);
    }

    #[test]
    fn the_remark_on_twelve_bits_has_the_numbers() {
        let remarks = said(SIXTEEN, &[0.0, 4080.0]);
        assert_eq!(
            remarks[1].to_string(),
            "uses only the lowest 6 % of the range (0 to 4080 of 65535): it will look black"
        );
    }

    #[test]
    fn floats_outside_the_range_are_counted() {
        let remarks = said(FLOAT, &[-1.0, 0.5, 4095.0, 4095.0, f64::NAN, f64::INFINITY]);
        let clipped = Remark::Clipped { lowest: -1.0, highest: 4095.0, full: 1.0, percent: 75.0 };
        assert_eq!(remarks, [Remark::Float, clipped, Remark::NotFinite { samples: 2 }]);
    }

    #[test]
    fn stretching_maps_the_lowest_to_black_and_the_highest_to_white() {
        let mut spread = Spread::new(FLOAT);
        [100.0, f64::NAN, 300.0, 150.0].into_iter().for_each(|sample| spread.add(sample));
        let levels = spread.levels(FLOAT, true);
        assert_eq!(
            [100.0, 150.0, 200.0, 300.0].map(|sample| levels.byte(sample)),
            [0, 64, 128, 255]
        );
        assert_eq!([f64::NAN, f64::INFINITY].map(|sample| levels.byte(sample)), [0, 255]);
    }

    #[test]
    fn a_picture_of_one_value_is_not_stretched() {
        let mut spread = Spread::new(SIXTEEN);
        spread.add(65_535.0);
        assert_eq!(spread.levels(SIXTEEN, true).byte(65_535.0), 255);
    }
}
