//! Seeded random numbers: the same seed gives the same maps on every machine.

use burn::tensor::{Tensor, TensorData};

use crate::Error;
use crate::read;

/// SplitMix64 (Steele et al., *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in 0..1, in steps of 2⁻²⁴.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }

    /// Normally distributed, mean 0 and deviation 1 (Box and Muller).
    pub(crate) fn normal(&mut self) -> f32 {
        // Away from zero, whose logarithm is infinite.
        let radius = (-2.0 * (1.0 - f64::from(self.unit())).ln()).sqrt();
        (radius * (std::f64::consts::TAU * f64::from(self.unit())).cos()) as f32
    }

    /// The tensor with Gaussian noise whose deviation is a share of the tensor's range.
    pub(crate) fn noisy(&mut self, tensor: &Tensor<4>, share: f32) -> Result<Tensor<4>, Error> {
        let values = read(tensor.clone())?;
        let least = values.iter().copied().fold(f32::INFINITY, f32::min);
        let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let deviation = share * (most - least);
        let noisy: Vec<f32> = values.iter().map(|v| v + deviation * self.normal()).collect();
        Ok(Tensor::from_data(TensorData::new(noisy, tensor.dims()), &tensor.device()))
    }
}
