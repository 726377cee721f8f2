//! Preprocessings that many networks share, by name.

use super::{Centre, Channels, Filter, InputLayout, Preprocessing};
use crate::fit::Fit;

/// A preprocessing by name.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// What it is called.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    make: fn() -> Preprocessing,
}

/// All presets. Each is for 224×224 pixels; [`Preprocessing::with_size`] takes it to another size.
///
/// ArcFace and InsightFace networks take `half` at 112×112.
pub const PRESETS: [Preset; 8] = [
    Preset {
        name: "imagenet",
        summary: "ImageNet's mean and deviation, bilinear, squashed: as the networks known by name",
        make: Preprocessing::imagenet,
    },
    Preset {
        name: "torchvision",
        summary: "the same, the shorter side to 256 and 224 cut out: torchvision's evaluation",
        make: Preprocessing::torchvision,
    },
    Preset {
        name: "clip",
        summary: "CLIP's mean and deviation, bicubic, the shorter side to 224 and cut to a square",
        make: Preprocessing::clip,
    },
    Preset {
        name: "siglip",
        summary: "(value - 127.5) / 127.5, bicubic, squashed: SigLIP",
        make: Preprocessing::siglip,
    },
    Preset {
        name: "half",
        summary: "(value - 127.5) / 127.5, bilinear, squashed: ViT, MobileNet, ArcFace",
        make: Preprocessing::half,
    },
    Preset { name: "unit", summary: "value / 255, bilinear, squashed", make: Preprocessing::unit },
    Preset {
        name: "raw",
        summary: "values of 0 to 255 as they are, bilinear, squashed",
        make: Preprocessing::raw,
    },
    Preset {
        name: "caffe",
        summary: "blue, green, red less 103.939, 116.779, 123.68, bilinear, squashed: Caffe, Keras",
        make: Preprocessing::caffe,
    },
];

impl Preset {
    /// The preprocessing, at 224×224.
    pub fn preprocessing(&self) -> Preprocessing {
        (self.make)()
    }
}

impl Preprocessing {
    /// The preset of that name.
    pub fn named(name: &str) -> Option<Self> {
        let preset = PRESETS.iter().find(|preset| preset.name == name)?;
        Some(preset.preprocessing())
    }

    /// Mean and deviation alone, with what most networks have beside them.
    pub(super) fn normalizing(filter: Filter, mean: [f64; 3], deviation: [f64; 3]) -> Self {
        Self {
            size: (224, 224),
            fit: Fit::Squash,
            frame: None,
            centre: Centre::Even,
            filter,
            mean,
            deviation,
            channels: Channels::Rgb,
            layout: InputLayout::Nchw,
            background: None,
        }
    }

    /// torchvision's for ImageNet: mean 0.485, 0.456, 0.406 and deviation 0.229, 0.224, 0.225 of
    /// the full range; 224×224, squashed.
    pub fn imagenet() -> Self {
        let mean = [0.485, 0.456, 0.406].map(|mean| mean * 255.0);
        let deviation = [0.229, 0.224, 0.225].map(|deviation| deviation * 255.0);
        Self::normalizing(Filter::Bilinear, mean, deviation)
    }

    /// What torchvision evaluates its networks with: the same, the shorter side to 256 and 224×224 cut out of the middle.
    pub fn torchvision() -> Self {
        Self { fit: Fit::Crop, frame: Some((256, 256)), ..Self::imagenet() }
    }

    /// CLIP's: bicubic, the shorter side to 224, cut to 224×224 around the middle.
    pub fn clip() -> Self {
        let mean = [0.481_454_66, 0.457_827_5, 0.408_210_73].map(|mean| mean * 255.0);
        let deviation = [0.268_629_54, 0.261_302_58, 0.275_777_11];
        let deviation = deviation.map(|deviation| deviation * 255.0);
        Self { fit: Fit::Crop, ..Self::normalizing(Filter::Bicubic, mean, deviation) }
    }

    /// SigLIP's: bicubic, squashed, −1 to 1.
    pub fn siglip() -> Self {
        Self { filter: Filter::Bicubic, ..Self::half() }
    }

    /// −1 to 1: mean and deviation half of the full range.
    pub fn half() -> Self {
        Self::normalizing(Filter::Bilinear, [127.5; 3], [127.5; 3])
    }

    /// 0 to 1.
    pub fn unit() -> Self {
        Self::normalizing(Filter::Bilinear, [0.0; 3], [255.0; 3])
    }

    /// Pixels as they are, 0 to 255.
    pub fn raw() -> Self {
        Self::normalizing(Filter::Bilinear, [0.0; 3], [1.0; 3])
    }

    /// Caffe's, as Keras repeats it: blue, green, red less their means, not divided.
    pub fn caffe() -> Self {
        let plain = Self::normalizing(Filter::Bilinear, [123.68, 116.779, 103.939], [1.0; 3]);
        Self { channels: Channels::Bgr, ..plain }
    }

    /// EfficientNet-Lite's: (value − 127) / 128.
    pub fn efficientnet_lite(side: usize) -> Self {
        let plain = Self::normalizing(Filter::Bicubic, [127.0; 3], [128.0; 3]);
        Self { size: (side, side), ..plain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_found_by_its_name() {
        for preset in PRESETS {
            assert_eq!(Preprocessing::named(preset.name), Some(preset.preprocessing()));
        }
        assert_eq!(Preprocessing::named("resnet"), None);
    }

    #[test]
    fn presets_take_black_and_white_to_the_ends_they_name() {
        let ends = |name: &str| {
            let preset = Preprocessing::named(name).expect("it is there");
            [0.0, 255.0].map(|value| (value - preset.mean[0]) / preset.deviation[0])
        };
        assert_eq!(ends("half"), [-1.0, 1.0]);
        assert_eq!(ends("unit"), [0.0, 1.0]);
        assert_eq!(ends("raw"), [0.0, 255.0]);
    }
}
