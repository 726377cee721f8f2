//! The networks known by name, and where their published weights are.

use crate::Description;
use crate::efficientnet_lite::EfficientNetLite;
use crate::families;
use crate::resnet::ResNet;

/// Published weights of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What they are asked for by (`resnet50`, `resnet50-v2`).
    pub name: &'static str,
    /// The network they are of (`resnet50`).
    pub architecture: &'static str,
    /// Where they lie. The file's name carries the start of its SHA-256.
    pub url: &'static str,
    /// What to know about them.
    pub note: &'static str,
}

const V1: &str = "ImageNet-1k, the tutorial's weights (IMAGENET1K_V1)";
const V2: &str = "ImageNet-1k, newer recipe (IMAGENET1K_V2)";

macro_rules! published {
    ($($name:literal, $architecture:literal, $file:literal, $note:expr;)*) => {
        [$(Published {
            name: $name,
            architecture: $architecture,
            url: concat!("https://download.pytorch.org/models/", $file),
            note: $note,
        }),*]
    };
}

static PUBLISHED: [Published; 17] = published! {
    "resnet18", "resnet18", "resnet18-f37072fd.pth", V1;
    "resnet34", "resnet34", "resnet34-b627a593.pth", V1;
    "resnet50", "resnet50", "resnet50-0676ba61.pth", V1;
    "resnet50-v2", "resnet50", "resnet50-11ad3fa6.pth", V2;
    "resnet101", "resnet101", "resnet101-63fe2227.pth", V1;
    "resnet101-v2", "resnet101", "resnet101-cd907fc2.pth", V2;
    "resnet152", "resnet152", "resnet152-394f9c45.pth", V1;
    "resnet152-v2", "resnet152", "resnet152-f82ba261.pth", V2;
    "resnext50_32x4d", "resnext50_32x4d", "resnext50_32x4d-7cdf4587.pth", V1;
    "resnext50_32x4d-v2", "resnext50_32x4d", "resnext50_32x4d-1a0047aa.pth", V2;
    "resnext101_32x8d", "resnext101_32x8d", "resnext101_32x8d-8ba56ff5.pth", V1;
    "resnext101_32x8d-v2", "resnext101_32x8d", "resnext101_32x8d-110c445d.pth", V2;
    "resnext101_64x4d", "resnext101_64x4d", "resnext101_64x4d-173b62eb.pth", V1;
    "wide_resnet50_2", "wide_resnet50_2", "wide_resnet50_2-95faca4d.pth", V1;
    "wide_resnet50_2-v2", "wide_resnet50_2", "wide_resnet50_2-9ba9bcbe.pth", V2;
    "wide_resnet101_2", "wide_resnet101_2", "wide_resnet101_2-32ee1156.pth", V1;
    "wide_resnet101_2-v2", "wide_resnet101_2", "wide_resnet101_2-d733dc28.pth", V2;
};

/// All published weights that are known.
pub fn published() -> &'static [Published] {
    &PUBLISHED
}

/// Names of the architectures that can be described without a file.
pub fn architectures() -> impl Iterator<Item = &'static str> {
    EfficientNetLite::names().chain(ResNet::names()).chain(families::names())
}

/// The architecture of that name, as data, with 1000 classes.
pub fn describe(architecture: &str) -> Option<Description> {
    let resnet = || ResNet::named(architecture).map(|network| network.describe());
    let lite = EfficientNetLite::named(architecture).map(|network| network.describe());
    lite.or_else(resnet).or_else(|| families::describe(architecture))
}
