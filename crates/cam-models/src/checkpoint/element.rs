use std::fmt;
use std::io;

use half::{bf16, f16};

/// What a stored tensor's elements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Element {
    /// 64-bit floats.
    F64,
    /// 32-bit floats.
    F32,
    /// 16-bit floats, IEEE half precision.
    F16,
    /// 16-bit floats with f32's range.
    Bf16,
    /// Anything that is no float: counters, indices, masks.
    NoFloat,
}

impl Element {
    /// Native-endian bytes to f32. An f64 beyond f32's range becomes infinite, and is then found
    /// with the other values that are not finite.
    pub(super) fn floats(self, bytes: &[u8]) -> io::Result<Vec<f32>> {
        match self {
            Self::F64 => convert(bytes, |b| f64::from_ne_bytes(b) as f32),
            Self::F32 => convert(bytes, f32::from_ne_bytes),
            Self::F16 => convert(bytes, |b| f16::from_ne_bytes(b).to_f32()),
            Self::Bf16 => convert(bytes, |b| bf16::from_ne_bytes(b).to_f32()),
            Self::NoFloat => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "its elements are not floats"))
            }
        }
    }
}

fn convert<const N: usize>(bytes: &[u8], from: impl Fn([u8; N]) -> f32) -> io::Result<Vec<f32>> {
    let (elements, rest) = bytes.as_chunks::<N>();
    if !rest.is_empty() {
        let reason = format!("{} bytes are no whole number of {N}-byte elements", bytes.len());
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(elements.iter().map(|&element| from(element)).collect())
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::NoFloat => "no float",
        })
    }
}
