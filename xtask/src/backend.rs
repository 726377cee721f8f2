//! Backends of burn that the suite runs on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use crate::nearest;

/// Every feature that links a backend.
pub const NAMES: [&str; 7] = ["flex", "ndarray", "wgpu", "vulkan", "metal", "cuda", "rocm"];

/// Those that need a Vulkan driver.
const BY_VULKAN: [&str; 2] = ["wgpu", "vulkan"];

/// The packages with a choice of backend whose tests depend on it.
pub const PACKAGES: [&str; 2] = ["cam-tests", "cam-cli"];

/// Reads `ndarray,wgpu`.
pub fn parse(names: &str) -> Result<Vec<&'static str>> {
    let find = |name: &str| match NAMES.into_iter().find(|known| *known == name) {
        Some(known) => Ok(known),
        None => bail!(nearest::unknown("backend", name, NAMES.into_iter())),
    };
    names.split(',').map(str::trim).map(find).collect()
}

/// What a command needs around it to be run on a backend.
pub struct Surroundings {
    variables: Vec<(&'static str, String)>,
    /// The feature that links it.
    pub feature: &'static str,
    /// In words, for whoever reads the outcome.
    pub remark: Option<String>,
}

impl Surroundings {
    /// What that backend needs on this machine, or why it cannot run here.
    pub fn of(backend: &'static str) -> Result<Self> {
        let mut variables = vec![("CAM_TEST_DEVICE", backend.to_owned())];
        let mut remark = None;
        let mut feature = backend;
        if BY_VULKAN.contains(&backend) && cfg!(target_os = "linux") {
            let drivers = vulkan_drivers();
            if drivers.is_empty() {
                bail!(
                    "{backend} needs a Vulkan driver, and there is none: install your card's, or \
                     the software one (Debian, Ubuntu: `apt install mesa-vulkan-drivers`)"
                );
            }
            if !has_card() {
                remark = Some("software driver".to_owned());
                if backend == "wgpu" {
                    feature = "wgpu-untuned";
                }
                variables.push(("CUBECL_WGPU_DEFAULT_DEVICE", "Cpu".to_owned()));
                if let Some(driver) = drivers.iter().find(|path| is_software(path)) {
                    variables.push(("VK_ICD_FILENAMES", driver.display().to_string()));
                }
            }
            // Mesa asks for one, and complains at every start without it.
            let folder = env::temp_dir().join("cam-xdg-runtime");
            fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            variables.push(("XDG_RUNTIME_DIR", folder.display().to_string()));
        }
        Ok(Self { variables, feature, remark })
    }

    /// Puts it around a command; what the user set stays.
    pub fn put<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        for (name, value) in &self.variables {
            if env::var_os(name).is_none() || *name == "CAM_TEST_DEVICE" {
                command.env(name, value);
            }
        }
        command
    }
}

/// The features that link these backends.
pub fn features(surroundings: &[Surroundings]) -> String {
    surroundings.iter().map(|surroundings| surroundings.feature).collect::<Vec<_>>().join(",")
}

/// Manifests of the drivers that Vulkan's loader would find.
fn vulkan_drivers() -> Vec<PathBuf> {
    if let Some(named) = env::var_os("VK_ICD_FILENAMES") {
        return env::split_paths(&named).collect();
    }
    let folders = ["/etc/vulkan/icd.d", "/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok());
    files.flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn is_software(driver: &Path) -> bool {
    driver.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lvp_icd"))
}

fn has_card() -> bool {
    let nodes = fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    nodes.into_iter().any(|node| node.file_name().to_string_lossy().starts_with("renderD"))
        || Path::new("/dev/nvidia0").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_are_read_as_a_list() {
        assert_eq!(parse("wgpu, ndarray").expect("two"), ["wgpu", "ndarray"]);
        let error = parse("flex,wgup").expect_err("no such backend").to_string();
        assert_eq!(error, "unknown backend `wgup`: did you mean `wgpu`?");
    }

    #[test]
    fn every_backend_is_a_feature_of_what_is_tested_on_it() {
        for package in ["tests/Cargo.toml", "crates/cam-cli/Cargo.toml", "benches/Cargo.toml"] {
            let manifest = fs::read_to_string(crate::cargo::root().join(package)).expect(package);
            for name in NAMES {
                assert!(manifest.contains(&format!("\n{name} = [")), "{package}: {name}");
            }
        }
    }

    #[test]
    fn the_backend_under_test_is_always_said() {
        let mut command = Command::new("cargo");
        let surroundings = Surroundings::of("ndarray").expect("it needs nothing");
        surroundings.put(&mut command);
        assert_eq!(features(&[surroundings]), "ndarray");
        let said: Vec<_> = command.get_envs().collect();
        assert_eq!(said, [("CAM_TEST_DEVICE".as_ref(), Some("ndarray".as_ref()))]);
    }
}
