//! What the tests share: goldens, the formula they were made with, and the device under test.

pub mod compare;
pub mod formula;
pub mod golden;
pub mod loopback;
pub mod networks;
pub mod photographs;
pub mod straight;

use burn::tensor::Device;

/// The device of the backend this package was built with.
pub fn device() -> Device {
    Device::default()
}
