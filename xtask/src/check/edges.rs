//! Which crate may use which: the table of ARCHITECTURE.md, asserted.

mod rules;

use anyhow::Result;

use super::{Outcome, judge};
use crate::metadata::Metadata;

/// What a crate may depend on.
struct Layer {
    name: &'static str,
    /// The workspace's crates that it may use; its tests too, for a lower crate's tests must not need an upper crate.
    may_use: &'static [&'static str],
    /// Packages that it must not use itself; burn may bring one along.
    must_not_use: &'static [&'static str],
    /// Packages that it must not depend on at all, not even through others.
    must_not_reach: &'static [&'static str],
    /// Whether it is a library, which leaves the choice of a burn backend to whoever uses it.
    is_library: bool,
}

const LAYERS: &[Layer] = &[
    // Threads know nothing of what they do.
    Layer {
        name: "cam-threads",
        may_use: &[],
        must_not_use: &["clap", "rayon"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // A map is numbers with a size.
    Layer {
        name: "cam-map",
        may_use: &["cam-threads"],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // A seed's numbers follow from nothing else.
    Layer {
        name: "cam-random",
        may_use: &[],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // The mathematics does no input and output.
    Layer {
        name: "cam-core",
        may_use: &["cam-map", "cam-random"],
        must_not_use: &["image", "imageproc", "ureq", "clap"],
        must_not_reach: &[],
        is_library: true,
    },
    Layer {
        name: "cam-targets",
        may_use: &["cam-core"],
        must_not_use: &["image", "imageproc", "ureq", "clap"],
        must_not_reach: &[],
        is_library: true,
    },
    // A file is bytes and a name.
    Layer {
        name: "cam-files",
        may_use: &[],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // A network as data: no numbers, no device, no file.
    Layer {
        name: "cam-graph",
        may_use: &[],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // A graph and its numbers, wherever they came from.
    Layer {
        name: "cam-fuse",
        may_use: &["cam-graph"],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // An ONNX file becomes a graph, and nothing runs it here.
    Layer {
        name: "cam-onnx",
        may_use: &["cam-files", "cam-fuse", "cam-graph"],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // A network gets pixels: which file they came from is not its concern.
    Layer {
        name: "cam-models",
        may_use: &["cam-core", "cam-engine", "cam-files", "cam-fuse", "cam-graph"],
        must_not_use: &["image", "imageproc", "ureq", "clap"],
        must_not_reach: &[],
        is_library: true,
    },
    // The engine knows slices of numbers, and nothing of tensors, files or networks by name.
    Layer {
        name: "cam-engine",
        may_use: &[],
        must_not_use: &["clap", "rayon"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // Pictures know nothing of tensors.
    Layer {
        name: "cam-viz",
        may_use: &["cam-map"],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "ureq"],
        is_library: true,
    },
    // Bytes know nothing of what they mean.
    Layer {
        name: "cam-fetch",
        may_use: &["cam-files"],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image"],
        is_library: true,
    },
    // Measures know numbers, and whom to ask for a score.
    Layer {
        name: "cam-metrics",
        may_use: &["cam-map", "cam-random", "cam-threads"],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // What is kept are vectors, names and files.
    Layer {
        name: "cam-store",
        may_use: &["cam-files", "cam-threads"],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // Files and pixels in, answers out. It is where a program chooses its backend, by this crate's features.
    Layer {
        name: "cam-explain",
        may_use: &[
            "cam-map",
            "cam-core",
            "cam-engine",
            "cam-targets",
            "cam-models",
            "cam-metrics",
            "cam-store",
            "cam-viz",
            "cam-fetch",
            "cam-files",
            "cam-fuse",
            "cam-graph",
            "cam-onnx",
            "cam-random",
            "cam-threads",
        ],
        must_not_use: &["clap", "indicatif", "ctrlc", "anyhow"],
        must_not_reach: &["clap"],
        is_library: false,
    },
    // A page and what answers it: the facade computes.
    Layer {
        name: "cam-view",
        may_use: &["cam-explain", "cam-core", "cam-viz"],
        must_not_use: &["clap", "indicatif", "ctrlc", "anyhow"],
        must_not_reach: &["clap"],
        is_library: true,
    },
    Layer {
        name: "cam-cli",
        may_use: &[
            "cam-view",
            "cam-explain",
            "cam-core",
            "cam-engine",
            "cam-files",
            "cam-targets",
            "cam-models",
            "cam-metrics",
            "cam-random",
            "cam-store",
            "cam-threads",
            "cam-viz",
            "cam-fetch",
        ],
        must_not_use: &[],
        must_not_reach: &[],
        is_library: false,
    },
    // Python's objects around the facade's, and the command that the package brings along.
    Layer {
        name: "cam-py",
        may_use: &["cam-cli", "cam-explain", "cam-core", "cam-engine", "cam-models", "cam-viz"],
        must_not_use: &["clap", "indicatif", "ctrlc", "anyhow"],
        must_not_reach: &[],
        is_library: false,
    },
];

/// The crates that are libraries.
pub fn libraries() -> impl Iterator<Item = &'static str> {
    LAYERS.iter().filter(|layer| layer.is_library).map(|layer| layer.name)
}

/// Asks cargo and lists what contradicts the table.
pub fn run() -> Result<Outcome> {
    judge("edges", &rules::violations(&Metadata::load()?, LAYERS))
}
