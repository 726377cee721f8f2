//! Which crate may use which: the table of ARCHITECTURE.md, asserted.

mod rules;

use anyhow::Result;

use crate::check::{Outcome, judge};
use crate::metadata::Graph;

/// A crate's place in the house.
struct Layer {
    name: &'static str,
    /// The workspace's crates that it may use; its tests too, for a lower crate's tests must not need an upper crate.
    may_use: &'static [&'static str],
    /// Packages that it must not use itself. Where burn brings one along, that is burn's affair.
    must_not_use: &'static [&'static str],
    /// Packages that must not come in at all, not even through others.
    must_not_reach: &'static [&'static str],
    /// Whether it is a library, which leaves the choice of a burn backend to whoever uses it.
    is_library: bool,
}

const LAYERS: &[Layer] = &[
    // A map is numbers with a size.
    Layer {
        name: "cam-map",
        may_use: &[],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // The mathematics does no input and output.
    Layer {
        name: "cam-core",
        may_use: &["cam-map"],
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
    // A network gets pixels: which file they came from is not its concern.
    Layer {
        name: "cam-models",
        may_use: &["cam-core", "cam-engine"],
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
        may_use: &[],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image"],
        is_library: true,
    },
    // Measures know numbers, and whom to ask for a score.
    Layer {
        name: "cam-metrics",
        may_use: &["cam-map"],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    // What is kept are vectors, names and files.
    Layer {
        name: "cam-store",
        may_use: &[],
        must_not_use: &["clap"],
        must_not_reach: &["burn", "image", "ureq"],
        is_library: true,
    },
    Layer {
        name: "cam-cli",
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
        ],
        must_not_use: &[],
        must_not_reach: &[],
        is_library: false,
    },
];

/// Asks cargo and lists what contradicts the table.
pub fn run() -> Result<Outcome> {
    judge("edges", &rules::violations(&Graph::load()?, LAYERS))
}
