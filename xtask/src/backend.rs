//! Backends of burn that the suite runs on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

/// Every feature that links a backend.
pub const NAMES: [&str; 7] = ["flex", "ndarray", "wgpu", "vulkan", "metal", "cuda", "rocm"];

/// Those that need a Vulkan driver.
const BY_VULKAN: [&str; 2] = ["wgpu", "vulkan"];

/// The vendor's number on the PCI bus.
const NVIDIA: &str = "0x10de";

/// The packages with a choice of backend whose tests depend on it.
pub const PACKAGES: [&str; 2] = ["cam-tests", "cam-cli"];

/// What a command needs in its environment to run on a backend.
pub struct Environment {
    variables: Vec<(&'static str, String)>,
    /// The feature that links it.
    feature: String,
    has_software_driver: bool,
}

impl Environment {
    /// What the backend needs on this machine.
    ///
    /// # Errors
    /// Where it cannot run here, with the reason.
    pub fn of(backend: &str) -> Result<Self> {
        let mut variables = vec![("CAM_TEST_DEVICE", backend.to_owned())];
        let mut feature = backend;
        let mut has_software_driver = false;
        if BY_VULKAN.contains(&backend) && cfg!(target_os = "linux") {
            let drivers = vulkan_drivers();
            if drivers.is_empty() {
                bail!(
                    "{backend} needs a Vulkan driver, and none is installed: install your card's, or \
                     a software driver (Debian, Ubuntu: `apt install mesa-vulkan-drivers`)"
                );
            }
            if !has_card(&drivers) {
                if backend != "wgpu" {
                    bail!(
                        "{backend} needs a card with a driver, and none was found: Mesa's software driver \
                         crashes on its shaders, so use `wgpu` there"
                    );
                }
                has_software_driver = true;
                feature = "wgpu-untuned";
                variables.push(("CUBECL_WGPU_DEFAULT_DEVICE", "Cpu".to_owned()));
                if let Some(driver) = drivers.iter().find(|path| is_software(path)) {
                    variables.push(("VK_ICD_FILENAMES", driver.display().to_string()));
                }
            }
            // Without one, Mesa complains at every start.
            let folder = env::temp_dir().join("cam-xdg-runtime");
            fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            variables.push(("XDG_RUNTIME_DIR", folder.display().to_string()));
        }
        Ok(Self { variables, feature: feature.to_owned(), has_software_driver })
    }

    /// What a reader of the results must know.
    pub fn remark(&self) -> &'static str {
        if self.has_software_driver { " (software driver)" } else { "" }
    }

    /// Sets the variables of a command, except those that the user has set.
    pub fn apply<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        for (name, value) in &self.variables {
            if env::var_os(name).is_none() || *name == "CAM_TEST_DEVICE" {
                command.env(name, value);
            }
        }
        command
    }
}

/// The features that link these backends.
pub fn features(environments: &[Environment]) -> String {
    let features = environments.iter().map(|environment| environment.feature.as_str());
    features.collect::<Vec<_>>().join(",")
}

/// The manifests of drivers that Vulkan's loader finds.
fn vulkan_drivers() -> Vec<PathBuf> {
    let named = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].into_iter().find_map(env::var_os);
    if let Some(named) = named {
        return env::split_paths(&named).collect();
    }
    let own = env::home_dir().map(|home| home.join(".local/share/vulkan/icd.d"));
    let folders = ["/etc/vulkan/icd.d", "/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
    let folders = folders.into_iter().map(PathBuf::from).chain(own);
    let files = folders.filter_map(|folder| fs::read_dir(folder).ok());
    files.flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn is_software(driver: &Path) -> bool {
    is_of(driver, "lvp")
}

fn is_nvidia(driver: &Path) -> bool {
    is_of(driver, "nvidia")
}

/// Manifests have the names of their drivers.
fn is_of(driver: &Path, name: &str) -> bool {
    driver.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name))
}

/// Whether there is a card that one of these drivers is for. A container may show a card without a Vulkan driver of
/// its vendor, and Mesa installs the manifests of all of its drivers.
fn has_card(drivers: &[PathBuf]) -> bool {
    let nvidia = Path::new("/dev/nvidia0").exists();
    let nodes = fs::read_dir("/sys/class/drm").into_iter().flatten().flatten();
    let vendors = nodes.filter(|node| node.file_name().to_string_lossy().starts_with("renderD"));
    let vendors =
        vendors.filter_map(|node| fs::read_to_string(node.path().join("device/vendor")).ok());
    let other = vendors.into_iter().any(|vendor| vendor.trim() != NVIDIA);
    (nvidia && drivers.iter().any(|driver| is_nvidia(driver)))
        || (other && drivers.iter().any(|driver| !is_nvidia(driver) && !is_software(driver)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_backend_under_test_is_always_set() {
        let mut command = Command::new("cargo");
        let environment = Environment::of("ndarray").expect("it needs nothing");
        environment.apply(&mut command);
        assert_eq!(features(&[environment]), "ndarray");
        let set: Vec<_> = command.get_envs().collect();
        assert_eq!(set, [("CAM_TEST_DEVICE".as_ref(), Some("ndarray".as_ref()))]);
    }
}
