use burn::tensor::Device;

use crate::precision::Precision;

/// Where a network runs, and by which executor.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// Where its tensors lie.
    pub device: Device,
    /// Who computes its convolutions.
    pub execution: Execution,
}

/// Who computes a network's convolutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// burn's operations, on any device that computes in that precision.
    Burn(Precision),
    /// The engine, on the processor. Sensible where the device is the processor too; elsewhere
    /// every segment would cross over and back.
    Engine(cam_engine::Options),
}

impl Default for Execution {
    fn default() -> Self {
        Self::Burn(Precision::default())
    }
}

impl Runtime {
    /// burn's operations on a device, in that precision.
    pub fn burn(device: &Device, precision: Precision) -> Self {
        Self { device: device.clone(), execution: Execution::Burn(precision) }
    }

    /// The engine beside tensors on a device that is the processor.
    pub fn engine(device: &Device, options: cam_engine::Options) -> Self {
        Self { device: device.clone(), execution: Execution::Engine(options) }
    }
}

impl From<&Device> for Runtime {
    /// burn's operations on that device, in f32.
    fn from(device: &Device) -> Self {
        Self::burn(device, Precision::F32)
    }
}
