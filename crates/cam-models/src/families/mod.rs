//! Families whose published networks are known one by one, in the names of torchvision and of timm.
//!
//! Which of them a file is of follows from a comparison: every network of the family is held against the names and
//! shapes of the file, and the one with the fewest differences is taken. A further network is a line in its family's
//! table, a further family a file and an entry of [`LISTED`].

mod convnext;
mod densenet;
mod efficientnet;
mod inverted;
mod mobilenet_v2;
mod mobilenet_v3;
mod modules;
mod pixels;
mod regnet;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use cam_graph::Shape;

use crate::Description;
use crate::checkpoint::Checkpoint;
use pixels::Pixels;

/// The published networks of a family, in the names of one library.
pub struct Listed {
    /// What one of them is, in an error.
    pub(crate) one: &'static str,
    /// Whose names they are.
    pub(crate) library: &'static str,
    /// Names that only such a network has: what stands before them is the prefix.
    pub(crate) anchors: &'static [&'static str],
    /// Its first weight.
    pub(crate) stem: &'static str,
    /// The modules that are the network itself, up to the embedding.
    own: &'static [&'static str],
    /// What older files say, and what it is called now.
    renamed: &'static [(&'static str, &'static str)],
    /// The classifier's module.
    pub(crate) classifier: &'static str,
    names: fn() -> Vec<&'static str>,
    describe: fn(&str) -> Option<Description>,
}

/// All of them. Of two that have a network of one name, the first is meant where no file says more.
pub(crate) static LISTED: [Listed; 12] = [
    Listed {
        one: "a MobileNetV2",
        library: "torchvision",
        anchors: &["features.1.conv.0.0.weight", "features.2.conv.1.0.weight"],
        stem: "features.0.0.weight",
        own: &["features"],
        renamed: &[],
        classifier: "classifier.1",
        names: mobilenet_v2::torchvision_names,
        describe: mobilenet_v2::torchvision,
    },
    Listed {
        one: "a MobileNetV2",
        library: "pytorch-mobilenet-v2",
        anchors: &["features.1.conv.3.weight", "features.2.conv.6.weight"],
        stem: "features.0.0.weight",
        own: &["features"],
        renamed: &[],
        classifier: "classifier",
        names: mobilenet_v2::torchvision_names,
        describe: mobilenet_v2::flat,
    },
    Listed {
        one: "an EfficientNet",
        library: "torchvision",
        anchors: &["features.1.0.block.0.0.weight", "features.2.0.block.1.0.weight"],
        stem: "features.0.0.weight",
        own: &["features"],
        renamed: &[],
        classifier: "classifier.1",
        names: efficientnet::torchvision_names,
        describe: efficientnet::torchvision,
    },
    Listed {
        one: "a MobileNetV3",
        library: "torchvision",
        anchors: &["features.1.block.0.0.weight", "features.2.block.1.0.weight"],
        stem: "features.0.0.weight",
        own: &["features", "classifier.0"],
        renamed: &[],
        classifier: "classifier.3",
        names: mobilenet_v3::torchvision_names,
        describe: mobilenet_v3::torchvision,
    },
    Listed {
        one: "a ConvNeXt",
        library: "torchvision",
        anchors: &["features.1.0.block.0.weight", "features.1.0.layer_scale"],
        stem: "features.0.0.weight",
        own: &["features", "classifier.0"],
        renamed: &[],
        classifier: "classifier.2",
        names: convnext::torchvision_names,
        describe: convnext::torchvision,
    },
    Listed {
        one: "a DenseNet",
        library: "torchvision",
        anchors: &[
            "features.denseblock1.denselayer1.conv1.weight",
            "features.denseblock1.denselayer1.conv.1.weight",
            "features.denseblock2.denselayer1.conv1.weight",
        ],
        stem: "features.conv0.weight",
        own: &["features"],
        renamed: &[
            (".norm.1.", ".norm1."),
            (".conv.1.", ".conv1."),
            (".norm.2.", ".norm2."),
            (".conv.2.", ".conv2."),
        ],
        classifier: "classifier",
        names: densenet::names,
        describe: densenet::described,
    },
    Listed {
        one: "a RegNet",
        library: "torchvision",
        anchors: &[
            "trunk_output.block1.block1-0.f.a.0.weight",
            "trunk_output.block2.block2-0.f.a.0.weight",
        ],
        stem: "stem.0.weight",
        own: &["stem", "trunk_output"],
        renamed: &[],
        classifier: "fc",
        names: regnet::torchvision_names,
        describe: regnet::torchvision,
    },
    Listed {
        one: "a MobileNetV2",
        library: "timm",
        anchors: &["blocks.0.0.conv_dw.weight", "blocks.1.0.conv_pwl.weight"],
        stem: "conv_stem.weight",
        own: &["conv_stem", "bn1", "blocks", "conv_head", "bn2"],
        renamed: &[],
        classifier: "classifier",
        names: mobilenet_v2::timm_names,
        describe: mobilenet_v2::timm,
    },
    Listed {
        one: "an EfficientNet",
        library: "timm",
        anchors: &[
            "blocks.0.0.conv_dw.weight",
            "blocks.0.0.conv.weight",
            "blocks.1.0.conv_pwl.weight",
        ],
        stem: "conv_stem.weight",
        own: &["conv_stem", "bn1", "blocks", "conv_head", "bn2"],
        renamed: &[],
        classifier: "classifier",
        names: efficientnet::timm_names,
        describe: efficientnet::timm,
    },
    Listed {
        one: "a MobileNetV3",
        library: "timm",
        anchors: &["blocks.0.0.conv_dw.weight", "blocks.1.0.conv_pwl.weight"],
        stem: "conv_stem.weight",
        own: &["conv_stem", "bn1", "blocks", "conv_head"],
        renamed: &[],
        classifier: "classifier",
        names: mobilenet_v3::timm_names,
        describe: mobilenet_v3::timm,
    },
    Listed {
        one: "a ConvNeXt",
        library: "timm",
        anchors: &["stages.0.blocks.0.conv_dw.weight", "stages.1.blocks.0.conv_dw.weight"],
        stem: "stem.0.weight",
        own: &["stem", "stages", "head.norm"],
        renamed: &[],
        classifier: "head.fc",
        names: convnext::timm_names,
        describe: convnext::timm,
    },
    Listed {
        one: "a RegNet",
        library: "timm",
        anchors: &["s1.b1.conv1.conv.weight", "s2.b1.conv1.conv.weight"],
        stem: "stem.conv.weight",
        own: &["stem", "s1", "s2", "s3", "s4"],
        renamed: &[],
        classifier: "head.fc",
        names: regnet::timm_names,
        describe: regnet::timm,
    },
];

/// Names of all networks, each once.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for name in LISTED.iter().flat_map(|listed| (listed.names)()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The network of that name, in the names of the first library that has it.
pub(crate) fn describe(name: &str) -> Option<Description> {
    LISTED.iter().find_map(|listed| listed.describe(name))
}

impl Listed {
    /// The network of that name, with 1000 classes.
    pub(crate) fn describe(&self, name: &str) -> Option<Description> {
        (self.describe)(name)
    }

    /// A tensor's name within the network; none where it is no part of it.
    pub(crate) fn within(&self, name: &str) -> Option<String> {
        let is_in = |own: &&'static str| {
            name.strip_prefix(*own).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.own.iter().any(is_in).then(|| {
            let old = self.renamed.iter().find(|(old, _)| name.contains(old));
            old.map_or_else(|| name.to_owned(), |(old, new)| name.replacen(old, new, 1))
        })
    }

    /// The network that names and shapes are nearest to, without a classifier.
    pub(crate) fn nearest(&'static self, network: &Checkpoint) -> Option<Description> {
        let faults = |shapes: &&Shapes| differences(network, &shapes.1);
        // Of equals the first.
        let (nearest, _) = self.shapes().iter().min_by_key(faults)?;
        Some(Description { classifier: None, ..self.describe(nearest)? })
    }

    /// The other networks of the same names and shapes.
    pub(crate) fn twins(&'static self, name: &str) -> Vec<&'static str> {
        let own = self.shapes().iter().find(|(known, _)| *known == name);
        let Some((_, own)) = own else { return Vec::new() };
        let same = self.shapes().iter().filter(|(known, shapes)| *known != name && own == shapes);
        same.map(|(name, _)| *name).collect()
    }

    /// Names and shapes of all its networks, worked out once.
    fn shapes(&'static self) -> &'static [Shapes] {
        static KNOWN: [OnceLock<Vec<Shapes>>; LISTED.len()] =
            [const { OnceLock::new() }; LISTED.len()];
        let place = LISTED.iter().position(|listed| listed == self).unwrap_or_default();
        KNOWN[place].get_or_init(|| {
            let of = |name| Some((name, self.describe(name)?.graph.parameters));
            (self.names)().into_iter().filter_map(of).collect()
        })
    }
}

/// A network's name, and the shapes of its parameters by theirs.
type Shapes = (&'static str, BTreeMap<String, Shape>);

/// How many parameters a file lacks or has in another shape, and how many of its own the network does not have.
fn differences(network: &Checkpoint, shapes: &BTreeMap<String, Shape>) -> usize {
    let found = shapes.iter().filter(|(name, shape)| network.shape(name) == Some(shape)).count();
    let own = network.tensors().filter(|(name, _)| !name.ends_with(".num_batches_tracked"));
    let unknown = own.filter(|(name, _)| !shapes.contains_key(*name)).count();
    shapes.len() - found + unknown
}

impl PartialEq for Listed {
    fn eq(&self, other: &Self) -> bool {
        (self.one, self.library) == (other.one, other.library)
    }
}

impl Eq for Listed {}

impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.one, self.library)
    }
}
