//! What the checks need of `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::cargo::{cargo, output};

/// Why a package depends on another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Its code does; cargo writes null.
    #[default]
    Normal,
    /// Its tests and examples do.
    Dev,
    /// Its build script does.
    Build,
}

/// A line of a table of dependencies.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    pub name: String,
    #[serde(deserialize_with = "null_is_normal")]
    pub kind: Kind,
    /// Versions; `*` where none is stated.
    pub req: String,
    pub features: Vec<String>,
}

/// A package and what its manifest states.
#[derive(Debug, Deserialize)]
pub struct Package {
    pub id: String,
    pub name: String,
    pub version: String,
    pub manifest_path: String,
    pub license: Option<String>,
    pub description: Option<String>,
    pub readme: Option<String>,
    pub keywords: Vec<String>,
    pub categories: Vec<String>,
    /// The registries it may be published to: any where null.
    publish: Option<Vec<String>>,
    pub metadata: Option<serde_json::Value>,
    pub dependencies: Vec<Dependency>,
    pub features: BTreeMap<String, Vec<String>>,
}

/// The workspace, its packages and theirs, and who uses whom.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Used>,
}

#[derive(Debug, Deserialize)]
struct Used {
    pkg: String,
    dep_kinds: Vec<UsedAs>,
}

#[derive(Debug, Deserialize)]
struct UsedAs {
    #[serde(deserialize_with = "null_is_normal")]
    kind: Kind,
}

fn null_is_normal<'d, D: serde::Deserializer<'d>>(value: D) -> Result<Kind, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

impl Package {
    pub fn is_published(&self) -> bool {
        self.publish.is_none()
    }
}

impl Metadata {
    /// Asks cargo.
    pub fn load() -> Result<Self> {
        let text = output(&mut cargo(["metadata", "--format-version", "1"]))?;
        serde_json::from_str(&text).context("cargo metadata is not what was expected")
    }

    /// Our own packages.
    pub fn own(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The names of all packages that this one needs, directly or not, to be built and run.
    ///
    /// Cargo counts features of the whole workspace together here and errs on the side of more.
    pub fn reaches(&self, package: &Package) -> BTreeSet<&str> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![package.id.as_str()]);
        while let Some(next) = open.pop() {
            let node = self.resolve.nodes.iter().find(|node| node.id == next);
            let used = node.iter().flat_map(|node| &node.deps);
            let used = used.filter(|used| used.dep_kinds.iter().any(|as_| as_.kind != Kind::Dev));
            open.extend(used.map(|used| used.pkg.as_str()).filter(|id| seen.insert(*id)));
        }
        self.packages
            .iter()
            .filter(|p| seen.contains(p.id.as_str()))
            .map(|p| p.name.as_str())
            .collect()
    }
}

/// Where cargo puts what it builds, by whatever variable or setting.
pub fn target_directory() -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Answer {
        target_directory: PathBuf,
    }
    let answer = output(&mut cargo(["metadata", "--no-deps", "--format-version", "1"]))?;
    let answer: Answer =
        serde_json::from_str(&answer).context("cargo metadata names no target directory")?;
    Ok(answer.target_directory)
}
