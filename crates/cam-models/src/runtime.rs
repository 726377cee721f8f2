use burn::tensor::Device;

/// Where a network runs, and by which executor.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// Where its tensors lie.
    pub device: Device,
    /// Who computes its convolutions.
    pub execution: Execution,
}

/// Who computes a network's convolutions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Execution {
    /// burn's operations, on any device.
    #[default]
    Burn,
    /// The engine, on the processor. Sensible where the device is the processor too; elsewhere
    /// every segment would cross over and back.
    Engine(cam_engine::Options),
}

impl Runtime {
    /// The engine beside tensors on a device that is the processor.
    pub fn engine(device: &Device, options: cam_engine::Options) -> Self {
        Self { device: device.clone(), execution: Execution::Engine(options) }
    }
}

impl From<&Device> for Runtime {
    /// burn's operations on that device.
    fn from(device: &Device) -> Self {
        Self { device: device.clone(), execution: Execution::Burn }
    }
}
