use serde::{Deserialize, Serialize};

/// How images are brought to another size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Filter {
    /// The one pixel that lies under the new one's centre.
    Nearest,
    /// Bilinear over the whole area that falls on a pixel, as Pillow and torchvision do it.
    Bilinear,
    /// Pillow's Hamming filter: as wide as bilinear, and sharper.
    Hamming,
    /// Bicubic (a = −½) over the whole area that falls on a pixel, as Pillow does it.
    Bicubic,
    /// Lanczos of three lobes over the whole area that falls on a pixel, as Pillow does it.
    Lanczos,
    /// OpenCV's `INTER_LINEAR` on 8-bit pixels: four neighbours and no more, in 11-bit fixed
    /// point. It is what pytorch-grad-cam's tutorial uses.
    OpenCv,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Nearest, Self::Bilinear, Self::Hamming, Self::Bicubic, Self::Lanczos, Self::OpenCv];

    /// What it is called: as Pillow calls it, in small letters, or `opencv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Bilinear => "bilinear",
            Self::Hamming => "hamming",
            Self::Bicubic => "bicubic",
            Self::Lanczos => "lanczos",
            Self::OpenCv => "opencv",
        }
    }

    /// The filter of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.name() == name)
    }

    /// Pillow's number of it (`PIL.Image.Resampling`). Its box filter, 4, is none of them: where a pixel's edge falls on
    /// another's centre, rounding decides.
    pub(super) fn of_pillow(number: u64) -> Option<Self> {
        const BY_NUMBER: [Option<Filter>; 6] = [
            Some(Filter::Nearest),
            Some(Filter::Lanczos),
            Some(Filter::Bilinear),
            Some(Filter::Bicubic),
            None,
            Some(Filter::Hamming),
        ];
        BY_NUMBER.get(usize::try_from(number).ok()?).copied()?
    }
}
