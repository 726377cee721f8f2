use crate::fit::Fit;
use crate::preprocessing::{Centre, Preprocessing};

/// Where in a picture a network's input lies.
///
/// The picture is resized, and the input is a window of what comes of it, which begins at an offset:
/// inside of it where the picture is cropped, and outside of it, with an offset below zero, where it is
/// padded. Everything is a whole number of pixels, so that the way from a pixel of the picture to the
/// input and back is exact.
///
/// ```
/// use cam_models::{Fit, Placement};
///
/// // A picture of 900×420 pixels in an input of 224×224, whose positions are 32 pixels apart.
/// let padded = Placement::new(Fit::Pad, (900, 420), (224, 224), 32);
/// assert_eq!((padded.resized(), padded.offset()), ((224, 105), (0, -60)));
/// assert_eq!(padded.to_picture([112.0, 60.0]), [450.0, 0.0]);
/// let kept = Placement::new(Fit::Keep, (900, 420), (224, 224), 32);
/// assert_eq!(kept.input(), (320, 160));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    fit: Fit,
    picture: (usize, usize),
    resized: (usize, usize),
    offset: (isize, isize),
    input: (usize, usize),
}

impl Placement {
    /// Where the input lies in a picture of a width and height that is brought to a size.
    ///
    /// [`Fit::Crop`] is torchvision's `Resize` of the shorter side and `CenterCrop`, [`Fit::Pad`] is
    /// Pillow's `ImageOps.pad`: the same whole numbers. [`Fit::Keep`] takes the size of the picture's
    /// proportions with the area of `size`, and each side's nearest multiple of `stride`; a side is never
    /// below one stride, and the other no longer than the area allows. Sides of zero count as one.
    pub fn new(fit: Fit, picture: (usize, usize), size: (usize, usize), stride: usize) -> Self {
        Self::within((fit, Centre::Even), picture, (size, size), stride)
    }

    /// Where the input of a preprocessing lies in a picture of a width and height.
    ///
    /// The picture is fitted to the [frame](Preprocessing::frame), from whose middle the input is cut; [`Fit::Keep`]
    /// has no frame.
    pub fn of(preprocessing: &Preprocessing, picture: (usize, usize), stride: usize) -> Self {
        let &Preprocessing { fit, centre, size, frame, .. } = preprocessing;
        Self::within((fit, centre), picture, (frame.unwrap_or(size), size), stride)
    }

    fn within(
        (fit, centre): (Fit, Centre),
        picture: (usize, usize),
        (frame, size): ((usize, usize), (usize, usize)),
        stride: usize,
    ) -> Self {
        let at_least_one = |(width, height): (usize, usize)| (width.max(1), height.max(1));
        let [picture, frame, size] = [picture, frame, size].map(at_least_one);
        let around_the_centre = |resized: (usize, usize)| {
            let offset = (centre.offset(resized.0, size.0), centre.offset(resized.1, size.1));
            Self { fit, picture, resized, offset, input: size }
        };
        match fit {
            Fit::Squash => around_the_centre(frame),
            Fit::Keep => {
                let input = of_area(picture, size.0 as f64 * size.1 as f64, stride.max(1));
                Self { fit, picture, resized: input, offset: (0, 0), input }
            }
            Fit::Crop => around_the_centre(covering(picture, frame)),
            Fit::Pad => around_the_centre(inside(picture, frame)),
        }
    }

    /// How the picture was brought to the size.
    pub fn fit(&self) -> Fit {
        self.fit
    }

    /// Width and height of the picture.
    pub fn picture(&self) -> (usize, usize) {
        self.picture
    }

    /// Width and height to which the picture is resized.
    pub fn resized(&self) -> (usize, usize) {
        self.resized
    }

    /// Where the input begins in the resized picture, across and down; below zero where it is padded.
    pub fn offset(&self) -> (isize, isize) {
        self.offset
    }

    /// Width and height of the network's input.
    pub fn input(&self) -> (usize, usize) {
        self.input
    }

    /// The input's rectangle in the picture, in pixels of the picture: left, top, width, height. Beyond
    /// the picture where it is padded, inside of it where it is cropped.
    pub fn window(&self) -> [f64; 4] {
        let [left, top] = self.to_picture([0.0, 0.0]);
        let (width, height) = (self.input.0 as f64, self.input.1 as f64);
        let [right, bottom] = self.to_picture([width, height]);
        [left, top, right - left, bottom - top]
    }

    /// Whether a part of the picture is cut off, which the network does not see.
    pub fn cuts(&self) -> bool {
        let cuts = |offset: isize, resized: usize, input: usize| {
            offset > 0 || offset + (input as isize) < resized as isize
        };
        cuts(self.offset.0, self.resized.0, self.input.0)
            || cuts(self.offset.1, self.resized.1, self.input.1)
    }

    /// Whether the input shows all of the picture and nothing else.
    pub fn is_whole(&self) -> bool {
        self.offset == (0, 0) && self.input == self.resized
    }

    /// A point of the input, in its pixels across and down, as a point of the picture.
    pub fn to_picture(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let along = |at: f64, offset: isize, picture: usize, resized: usize| {
            (at + offset as f64) * picture as f64 / resized as f64
        };
        [
            along(x, self.offset.0, self.picture.0, self.resized.0),
            along(y, self.offset.1, self.picture.1, self.resized.1),
        ]
    }

    /// A point of the picture, in its pixels across and down, as a point of the input; outside of
    /// `0..=width` and `0..=height` where the network does not see it.
    pub fn to_input(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let along = |at: f64, offset: isize, picture: usize, resized: usize| {
            at * resized as f64 / picture as f64 - offset as f64
        };
        [
            along(x, self.offset.0, self.picture.0, self.resized.0),
            along(y, self.offset.1, self.picture.1, self.resized.1),
        ]
    }

    /// How many times the proportions changed: 1 where they are kept, 2 where a circle becomes an ellipse
    /// that is twice as long as wide.
    pub fn distortion(&self) -> f64 {
        // Products of whole numbers, so that 3:2 is 1.5 and no rounding above it.
        let across = self.resized.0 as f64 * self.picture.1 as f64;
        let down = self.resized.1 as f64 * self.picture.0 as f64;
        (across / down).max(down / across)
    }

    /// Whether any other fit would have given the same: the picture has the proportions of the input.
    pub fn is_plain(&self) -> bool {
        self.is_whole() && self.distortion() == 1.0
    }

    /// The size that would keep the picture's proportions: the input's shorter side, and for the longer
    /// one the nearest multiple of the stride.
    pub fn undistorted(&self, stride: usize) -> (usize, usize) {
        let short = self.input.0.min(self.input.1);
        let long = |a: usize, b: usize| {
            nearest_multiple(short as f64 * a as f64 / b as f64, stride.max(1)).max(short)
        };
        match self.picture {
            (width, height) if width >= height => (long(width, height), short),
            (width, height) => (short, long(height, width)),
        }
    }
}

/// The smallest size of the picture's proportions that covers another, rounded down as torchvision does.
fn covering((width, height): (usize, usize), (across, down): (usize, usize)) -> (usize, usize) {
    match is_wider((width, height), (across, down)) {
        true => (scaled(width, down, height, 0), down),
        false => (across, scaled(height, across, width, 0)),
    }
}

/// The largest size of the picture's proportions that lies inside another, rounded to nearest.
fn inside((width, height): (usize, usize), (across, down): (usize, usize)) -> (usize, usize) {
    match is_wider((width, height), (across, down)) {
        true => (across, scaled(height, across, width, width / 2).clamp(1, down)),
        false => (scaled(width, down, height, height / 2).clamp(1, across), down),
    }
}

fn is_wider(picture: (usize, usize), size: (usize, usize)) -> bool {
    picture.0 as u128 * size.1 as u128 >= picture.1 as u128 * size.0 as u128
}

/// `side * numerator / denominator`, after `more` was added to what is divided.
fn scaled(side: usize, numerator: usize, denominator: usize, more: usize) -> usize {
    let scaled = (side as u128 * numerator as u128 + more as u128) / denominator as u128;
    usize::try_from(scaled).unwrap_or(usize::MAX)
}

/// A size of the picture's proportions and of an area.
fn of_area((width, height): (usize, usize), area: f64, stride: usize) -> (usize, usize) {
    let aspect = width as f64 / height as f64;
    let longest = area / stride as f64;
    let [across, down] = [aspect, aspect.recip()].map(|ratio| (area * ratio).sqrt().min(longest));
    (nearest_multiple(across, stride), nearest_multiple(down, stride))
}

fn nearest_multiple(side: f64, stride: usize) -> usize {
    ((side / stride as f64).round() as usize).max(1).saturating_mul(stride)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (224, 224);

    /// Pictures wide, high, square, tiny, and far longer than any network takes.
    const PICTURES: [(usize, usize); 8] =
        [(900, 420), (420, 900), (224, 224), (333, 500), (1, 1), (7, 3), (16_000, 1), (1, 16_000)];

    fn all(size: (usize, usize)) -> impl Iterator<Item = Placement> {
        let of = move |fit| PICTURES.map(|picture| Placement::new(fit, picture, size, 32));
        Fit::ALL.into_iter().flat_map(of)
    }

    #[test]
    fn a_crop_is_torchvision_s() {
        // torchvision's Resize(224) makes 333x500 224x336 and 640x427 335x224; CenterCrop(224) begins
        // at int(round((336 - 224) / 2)) and at int(round(111 / 2)), which is 56 by Python's rule.
        let crop = |picture| Placement::new(Fit::Crop, picture, SIZE, 32);
        let of = |placed: Placement| (placed.resized(), placed.offset());
        assert_eq!(of(crop((333, 500))), ((224, 336), (0, 56)));
        assert_eq!(of(crop((640, 427))), ((335, 224), (56, 0)));
        // Half of 1 is rounded to 0, the even one.
        assert_eq!(of(Placement::new(Fit::Crop, (9, 8), (8, 8), 1)), ((9, 8), (0, 0)));
    }

    #[test]
    fn a_frame_larger_than_the_input_is_cut_off_on_all_sides() {
        // torchvision: Resize(256) makes 333x500 256x384, CenterCrop(224) begins at 16 and at 80.
        let torchvision = Preprocessing::torchvision();
        let placed = torchvision.placement((333, 500), 32);
        assert_eq!((placed.resized(), placed.offset()), ((256, 384), (16, 80)));
        // transformers' DeiT squashes to 256x256 first.
        let squashed = Preprocessing { fit: Fit::Squash, ..torchvision.clone() };
        let placed = squashed.placement((333, 500), 32);
        assert_eq!((placed.resized(), placed.offset()), ((256, 256), (16, 16)));
        assert!(placed.cuts() && !placed.is_whole());
        // An odd rest, as transformers halves it.
        let front = Preprocessing { frame: None, centre: Centre::Front, ..torchvision };
        assert_eq!(front.placement((640, 427), 32).offset(), (55, 0));
    }

    #[test]
    fn what_lies_beyond_the_window_is_cut() {
        const ROUNDING: f64 = 1e-6;
        for placed in all(SIZE) {
            let [left, top, width, height] = placed.window();
            let (across, down) = (placed.picture().0 as f64, placed.picture().1 as f64);
            let is_short =
                |begin: f64, length: f64, of: f64| begin > 0.0 || begin + length < of - ROUNDING;
            let is_cut = is_short(left, width, across) || is_short(top, height, down);
            assert_eq!(placed.cuts(), is_cut, "{placed:?}");
        }
    }

    #[test]
    fn padding_is_pillow_s() {
        // ImageOps.pad: round(420 / 900 * 224) = 105, round((224 - 105) / 2) = round(59.5) = 60.
        let pad = |picture| Placement::new(Fit::Pad, picture, SIZE, 32);
        let of = |placed: Placement| (placed.resized(), placed.offset());
        assert_eq!(of(pad((900, 420))), ((224, 105), (0, -60)));
        assert_eq!(of(pad((333, 500))), ((149, 224), (-38, 0)));
        assert_eq!(of(pad((16_000, 1))), ((224, 1), (0, -112)));
    }

    #[test]
    fn keeping_takes_multiples_of_the_stride_and_about_the_area() {
        let keep = |picture| Placement::new(Fit::Keep, picture, SIZE, 32).input();
        // The sides of 224 * 224 pixels in the proportions 900:420 are 327.9 and 153.0.
        assert_eq!(keep((900, 420)), (320, 160));
        assert_eq!(keep((420, 900)), (160, 320));
        assert_eq!(keep((50, 50)), SIZE);
        // No narrower than one position, and then no longer than the area is: 50,176 / 32.
        assert_eq!(keep((16_000, 1)), (1568, 32));
        assert_eq!(Placement::new(Fit::Keep, (3, 1), (16, 16), 32).input(), (32, 32));
    }

    #[test]
    fn a_point_comes_back_from_the_input() {
        for size in [SIZE, (96, 64), (5, 300)] {
            for placed in all(size) {
                for point in [[0.0, 0.0], [0.25, 0.5], [3.5, 417.0]] {
                    let back = placed.to_picture(placed.to_input(point));
                    // A product and a quotient of f64 on the way, and an offset of up to 2^22 pixels.
                    let close = |a: f64, b: f64| (a - b).abs() < 1e-6 * (1.0 + b.abs());
                    assert!((0..2).all(|i| close(back[i], point[i])), "{placed:?} {back:?}");
                }
            }
        }
    }

    #[test]
    fn the_window_covers_the_picture_where_nothing_is_cut_off_and_lies_in_it_where_nothing_is_added()
     {
        // Of pixels of the picture, whole numbers divided by whole numbers.
        const ROUNDING: f64 = 1e-6;
        for placed in all(SIZE) {
            let [left, top, width, height] = placed.window();
            let (across, down) = (placed.picture().0 as f64, placed.picture().1 as f64);
            if placed.fit() != Fit::Crop {
                assert!(left <= 0.0 && top <= 0.0, "{placed:?}");
                assert!(left + width >= across - ROUNDING, "{placed:?}");
                assert!(top + height >= down - ROUNDING, "{placed:?}");
            }
            if placed.fit() != Fit::Pad {
                assert!(left >= 0.0 && top >= 0.0, "{placed:?}");
                assert!(left + width <= across + ROUNDING, "{placed:?}");
                assert!(top + height <= down + ROUNDING, "{placed:?}");
            }
        }
    }

    #[test]
    fn only_squashing_changes_proportions_by_more_than_rounding() {
        let distortion = |fit, picture| Placement::new(fit, picture, SIZE, 32).distortion();
        assert!((distortion(Fit::Squash, (900, 420)) - 900.0 / 420.0).abs() < 1e-12);
        assert!((distortion(Fit::Squash, (420, 900)) - 900.0 / 420.0).abs() < 1e-12);
        for picture in [(900, 420), (333, 500), (224, 224)] {
            assert!(distortion(Fit::Crop, picture) < 1.005, "{picture:?}");
            assert!(distortion(Fit::Pad, picture) < 1.005, "{picture:?}");
            // Half a stride of 32 in a side of 160 is a tenth.
            assert!(distortion(Fit::Keep, picture) < 1.1, "{picture:?}");
        }
        // It is relative to the size: a picture of the size's proportions is not distorted.
        let wide = Placement::new(Fit::Squash, (900, 420), (450, 210), 32);
        assert!((wide.distortion() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_size_that_is_advised_keeps_the_proportions() {
        let advised = |picture| Placement::new(Fit::Squash, picture, SIZE, 32).undistorted(32);
        assert_eq!(advised((900, 420)), (480, 224));
        assert_eq!(advised((420, 900)), (224, 480));
        let wide = Placement::new(Fit::Squash, (64, 64), (96, 32), 32);
        assert_eq!(wide.undistorted(32), (32, 32));
    }
}
