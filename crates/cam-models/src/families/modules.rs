//! What torchvision and timm call the modules of networks of inverted bottlenecks. A parameter is called as its module is.

use super::inverted::Kind;

/// A part of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All that there is.
    Only,
    Widen,
    Depthwise,
    Squeeze,
    Narrow,
}

/// Whose names, and of which family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Modules {
    /// `features.4.conv.1.0`: blocks count through, and the narrowing convolution is no module of its own.
    MobileNetV2,
    /// `features.4.conv.3`: the same before torchvision had it, where all layers of a block count through.
    Flat,
    /// `features.4.block.1.0`: blocks count through.
    MobileNetV3,
    /// `features.2.0.block.1.0`: stages and blocks.
    EfficientNet,
    /// `blocks.1.0.conv_dw`, in all of them; MobileNetV3's last convolution is a stage.
    Timm,
}

impl Modules {
    /// The first convolution, its norm and its activation.
    pub(super) fn stem(self) -> [String; 3] {
        match self {
            Self::Timm => ["conv_stem", "bn1", "bn1.act"].map(str::to_owned),
            _ => numbered("features.0"),
        }
    }

    /// The last convolution, its norm and its activation. Where a linear layer follows, timm has it as a stage.
    pub(super) fn head(self, stages: usize, blocks: usize, is_projected: bool) -> [String; 3] {
        match self {
            Self::Timm if is_projected => {
                ["conv", "bn1", "bn1.act"].map(|part| format!("blocks.{stages}.0.{part}"))
            }
            Self::Timm => ["conv_head", "bn2", "bn2.act"].map(str::to_owned),
            Self::EfficientNet => numbered(&format!("features.{}", stages + 1)),
            _ => numbered(&format!("features.{}", blocks + 1)),
        }
    }

    /// A block, by its place in its stage and by how many are before it.
    pub(super) fn block(self, stage: usize, index: usize, before: usize) -> String {
        match self {
            Self::Timm => format!("blocks.{stage}.{index}"),
            Self::EfficientNet => format!("features.{}.{index}", stage + 1),
            _ => format!("features.{}", before + 1),
        }
    }

    /// A part of a block: convolution, norm and activation; of squeeze-and-excitation mean, layer, activation, layer,
    /// gate and product.
    pub(super) fn part(self, block: &str, kind: Kind, parts: &[Part], place: usize) -> Vec<String> {
        let part = parts.get(place).copied().unwrap_or(Part::Only);
        if self == Self::Timm {
            return timm(block, kind, parts, place, part);
        }
        if self == Self::Flat {
            return [0, 1, 2].map(|layer| format!("{block}.conv.{}", 3 * place + layer)).into();
        }
        let sequence = if self == Self::MobileNetV2 { "conv" } else { "block" };
        let path = format!("{block}.{sequence}.{place}");
        match part {
            Part::Squeeze => {
                let own = ["avgpool", "fc1", "activation", "fc2", "scale_activation"];
                let own = own.map(|own| format!("{path}.{own}"));
                own.into_iter().chain([path]).collect()
            }
            Part::Narrow if self == Self::MobileNetV2 => {
                let norm = format!("{block}.{sequence}.{}", place + 1);
                vec![path, norm, String::new()]
            }
            _ => numbered(&path).into(),
        }
    }
}

fn timm(block: &str, kind: Kind, parts: &[Part], place: usize, part: Part) -> Vec<String> {
    let convolution = match (part, kind) {
        (Part::Squeeze, _) => {
            let own = ["se.mean", "se.conv_reduce", "se.act1", "se.conv_expand", "se.gate", "se"];
            return own.map(|own| format!("{block}.{own}")).into();
        }
        (Part::Only, _) => "conv",
        (Part::Widen, Kind::Fused) => "conv_exp",
        (Part::Depthwise, _) => "conv_dw",
        (Part::Narrow, Kind::Fused | Kind::Inverted) => "conv_pwl",
        (Part::Widen | Part::Narrow, _) => "conv_pw",
    };
    let before = parts.iter().take(place).filter(|part| **part != Part::Squeeze).count();
    let norm = format!("{block}.bn{}", before + 1);
    vec![format!("{block}.{convolution}"), norm.clone(), format!("{norm}.act")]
}

/// The children of a torchvision's `Conv2dNormActivation`.
fn numbered(path: &str) -> [String; 3] {
    [0, 1, 2].map(|number| format!("{path}.{number}"))
}
