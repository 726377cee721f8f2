//! What the image processors of transformers do where their file is silent.
//!
//! Source: the classes of transformers 5.24 (`models/*/image_processing_*.py`).

use crate::preprocessing::Filter;

/// How a size is meant, and its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// The shorter side becomes so long.
    Shortest(usize),
    /// The picture is squashed to a square.
    Square(usize),
}

/// The defaults of a class.
#[derive(Debug)]
pub(super) struct Processor {
    /// Without `ImageProcessor`.
    name: &'static str,
    pub(super) size: Meant,
    /// The side of what is cut out, and whether it is cut out unless it is said.
    pub(super) crop: Option<(usize, bool)>,
    pub(super) filter: Filter,
    pub(super) mean: [f64; 3],
    pub(super) deviation: [f64; 3],
    /// What it does otherwise than others.
    pub(super) way: Way,
}

/// What a class does otherwise than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Plain,
    /// It scales to 0..=1 first and resizes numbers, not pixels.
    Floats,
    /// Below 384 it cuts `size` out of `size / crop_pct`, from there on it squashes.
    CropPct,
    /// Its channels are reversed unless it is said, and not normalised.
    Reversed,
    /// The number of patches is given and not the size.
    Patches,
}

const HALF: [f64; 3] = [0.5; 3];
const IMAGENET: ([f64; 3], [f64; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
const CLIP: ([f64; 3], [f64; 3]) =
    ([0.481_454_66, 0.457_827_5, 0.408_210_73], [0.268_629_54, 0.261_302_58, 0.275_777_11]);

const fn class(
    name: &'static str,
    size: Meant,
    crop: Option<(usize, bool)>,
    filter: Filter,
    (mean, deviation): ([f64; 3], [f64; 3]),
    way: Way,
) -> Processor {
    Processor { name, size, crop, filter, mean, deviation, way }
}

use self::Meant::{Shortest, Square};
use self::Way::{CropPct, Floats, Patches, Plain, Reversed};
use Filter::{Bicubic, Bilinear};

static PROCESSORS: [Processor; 13] = [
    class("Bit", Shortest(224), Some((224, true)), Bicubic, CLIP, Plain),
    class("CLIP", Shortest(224), Some((224, true)), Bicubic, CLIP, Plain),
    class("ChineseCLIP", Shortest(224), Some((224, true)), Bicubic, CLIP, Plain),
    class("DINOv3ViT", Square(224), None, Bilinear, IMAGENET, Floats),
    class("Siglip", Square(224), None, Bicubic, (HALF, HALF), Plain),
    class("Siglip2", Square(256), None, Bilinear, (HALF, HALF), Patches),
    class("ViT", Square(224), None, Bilinear, (HALF, HALF), Plain),
    class("DeiT", Square(256), Some((224, true)), Bicubic, (HALF, HALF), Plain),
    class("Beit", Square(224), Some((224, false)), Bicubic, (HALF, HALF), Plain),
    class("Blip", Square(384), None, Bicubic, CLIP, Plain),
    class("ConvNext", Shortest(384), None, Bicubic, (HALF, HALF), CropPct),
    class("MobileNetV2", Shortest(256), Some((224, true)), Bilinear, (HALF, HALF), Plain),
    class("MobileViT", Shortest(224), Some((256, true)), Bicubic, ([0.0; 3], [1.0; 3]), Reversed),
];

impl Processor {
    /// The class of a name as files have it: `CLIPImageProcessor`, `CLIPImageProcessorFast`, `CLIPFeatureExtractor`.
    pub(super) fn of(class: &str) -> Option<&'static Self> {
        let name =
            ["Fast", "Pil"].iter().fold(class, |name, end| name.strip_suffix(end).unwrap_or(name));
        let name = name.strip_suffix("ImageProcessor").or(name.strip_suffix("FeatureExtractor"))?;
        PROCESSORS.iter().find(|processor| processor.name == name)
    }
}
