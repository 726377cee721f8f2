use crate::preprocessing::{Filter, Preprocessing};

/// How the images were prepared that a network was trained with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pixels {
    side: usize,
    filter: Filter,
    /// Whether they became −1 to 1; else ImageNet's mean and deviation count.
    is_half: bool,
}

impl Pixels {
    /// ImageNet's mean and deviation, for squares of so many pixels.
    pub(super) const fn imagenet(side: usize, filter: Filter) -> Self {
        Self { side, filter, is_half: false }
    }

    /// −1 to 1.
    pub(super) const fn half(side: usize, filter: Filter) -> Self {
        Self { side, filter, is_half: true }
    }

    pub(super) fn size(self) -> (usize, usize) {
        (self.side, self.side)
    }

    pub(super) fn preprocessing(self) -> Preprocessing {
        let plain = match self.is_half {
            true => Preprocessing::half(),
            false => Preprocessing::imagenet(),
        };
        Preprocessing { size: self.size(), filter: self.filter, ..plain }
    }
}
