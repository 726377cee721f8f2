//! What the tests share: goldens, the formula they were made with, and the device under test.

pub mod backend;
pub mod compare;
pub mod embedded;
pub mod formula;
pub mod golden;
pub mod loopback;
pub mod networks;
pub mod photographs;
pub mod pooled;
pub mod straight;

use cam_engine::Options;
use cam_models::Runtime;

pub use backend::device;

/// The engine on the processor, beside tensors on the device under test.
pub fn engine() -> Runtime {
    Runtime::engine(&device(), Options::default())
}

/// The engine without Winograd's algorithm.
pub fn exact_engine() -> Runtime {
    Runtime::engine(&device(), Options { exact: true, ..Options::default() })
}
