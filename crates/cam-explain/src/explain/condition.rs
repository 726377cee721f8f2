use cam_models::{Fit, Placement};
use cam_viz::Window;
use serde::{Deserialize, Serialize};

use super::reading::MAX_PIXELS;
use crate::picture::Picture;

/// Proportions that change by more may turn the order of concepts around, and are worth a remark.
pub const MOST_DISTORTION: f64 = 1.5;

/// What is to be known of an image beside what came of it: it stands in every document and every line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Whether pixels are missing from the file, and were made up.
    pub damaged: bool,
    /// What had to be done to it, or is odd about it.
    pub remarks: Vec<String>,
    /// How it was brought to the network's input.
    pub fit: String,
    /// The rectangle that the network's input covers, in pixels of the image: left, top, width, height.
    pub window: [f64; 4],
}

impl Condition {
    /// Of a decoded image, with what was remarked where it was placed.
    pub fn of(picture: &Picture, placement: &Placement, distortion: Option<String>) -> Self {
        let remarks = picture.remarks.iter().cloned().chain(distortion);
        Self { damaged: picture.damaged, remarks: remarks.collect(), ..Self::placed(placement) }
    }

    /// Of pixels that came without a file.
    pub fn placed(placement: &Placement) -> Self {
        let (fit, window) = (placement.fit().to_string(), placement.window());
        Self { damaged: false, remarks: Vec::new(), fit, window }
    }

    /// A line of a caption for an image that is damaged.
    pub fn caption(&self) -> Option<String> {
        self.damaged.then(|| "damaged file".to_owned())
    }
}

/// Where the maps of an input lie on its picture.
pub fn window(placement: &Placement) -> Window {
    let (width, height) = placement.picture();
    // Every input shows some of its picture, which is what a window may lack.
    Window::of(placement.window(), (width as u32, height as u32)).unwrap_or(Window::WHOLE)
}

/// A line of a caption for a picture that the network did not see all of.
pub fn unseen(window: &Window) -> Option<String> {
    (!window.inside().is_whole()).then(|| "hatched: not seen by the network".to_owned())
}

/// What is worth saying of proportions that changed much, with what would keep them; `stride` is the
/// network's, and `can_fit` whether another fit may be chosen.
pub fn distortion(placement: &Placement, stride: usize, can_fit: bool) -> Option<String> {
    let times = placement.distortion();
    if times <= MOST_DISTORTION {
        return None;
    }
    let (width, height) = placement.undistorted(stride);
    let size = format!("size {width}x{height}");
    // An image of one row would take an input as long as itself.
    let has_size = width.saturating_mul(height) <= MAX_PIXELS;
    let remedy = match (placement.fit(), has_size, can_fit) {
        (Fit::Squash, true, true) => format!("{size} or fit keep keeps proportions"),
        (Fit::Squash, true, false) => format!("{size} keeps proportions"),
        (Fit::Squash, false, false) => "it is too long for any size".to_owned(),
        _ => "it is too long for its proportions to be kept; fit pad does".to_owned(),
    };
    Some(format!("squashed {times:.1}:1; {remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(fit: Fit, picture: (usize, usize), size: (usize, usize)) -> Option<String> {
        distortion(&Placement::new(fit, picture, size, 32), 32, true)
    }

    #[test]
    fn squashing_beyond_one_and_a_half_is_said_with_what_keeps_proportions() {
        let advice = "squashed 2.1:1; size 480x224 or fit keep keeps proportions";
        assert_eq!(said(Fit::Squash, (900, 420), (224, 224)).as_deref(), Some(advice));
        let advice = "squashed 2.1:1; size 224x480 or fit keep keeps proportions";
        assert_eq!(said(Fit::Squash, (420, 900), (224, 224)).as_deref(), Some(advice));
        // 3:2, as cameras have it, is common and harmless; and a wide size squashes no wide image.
        assert_eq!(said(Fit::Squash, (600, 400), (224, 224)), None);
        assert_eq!(said(Fit::Squash, (900, 420), (448, 224)), None);
        assert!(said(Fit::Squash, (601, 400), (224, 224)).is_some());
    }

    #[test]
    fn what_keeps_proportions_is_not_said_to_squash() {
        for fit in [Fit::Crop, Fit::Pad, Fit::Keep] {
            assert_eq!(said(fit, (900, 420), (224, 224)), None);
        }
        // Of a single row neither a size nor its own proportions can be had.
        for fit in [Fit::Squash, Fit::Keep] {
            let said = said(fit, (16_000, 1), (224, 224)).expect("it is squashed");
            assert!(said.ends_with("; fit pad does"), "{said}");
        }
    }
}
