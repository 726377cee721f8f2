//! The backend under test.

use burn::tensor::Device;

#[path = "../../crates/cam-explain/src/device/linked.rs"]
mod linked;

/// Names one of the linked backends: a package that was built with several is tested on each without
/// being built again.
pub const VARIABLE: &str = "CAM_TEST_DEVICE";

/// What is tested: the one that [`VARIABLE`] names, or the default of those that are linked.
pub fn name() -> String {
    let named = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty());
    named.unwrap_or_else(|| linked::DEFAULT.to_owned())
}

/// The device under test.
///
/// # Panics
/// Where [`VARIABLE`] names none that is linked: a suite that silently ran elsewhere would prove nothing.
pub fn device() -> Device {
    let name = name();
    linked::device(&name).unwrap_or_else(|| panic!("{VARIABLE}={name}: no such backend is linked"))
}
