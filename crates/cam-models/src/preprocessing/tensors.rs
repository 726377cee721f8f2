//! Pixels to the tensor that a network takes.

use burn::tensor::{DType, Device, FloatDType, Int, Tensor, TensorData};

use super::{Channels, Preprocessing};
use crate::pixels::Rgb8;

impl Preprocessing {
    /// Images of one size to `[n, 3, h, w]`, channels in the order in which the network takes them. Images of other
    /// sizes than the first one's are brought to it.
    ///
    /// Returns `None` for an empty list.
    pub fn tensor(&self, images: &[Rgb8], device: &Device) -> Option<Tensor<4>> {
        self.tensor_of(&images.iter().collect::<Vec<_>>(), device)
    }

    pub(crate) fn tensor_of(&self, images: &[&Rgb8], device: &Device) -> Option<Tensor<4>> {
        let first = images.first()?;
        let (width, height) = first.size();
        let mut values = Vec::with_capacity(images.len() * 3 * width * height);
        for image in images {
            self.normalize_into(&image.resized(width, height, self.filter), &mut values);
        }
        let data = TensorData::new(values, [images.len(), 3, height, width]);
        Some(Tensor::from_data(data, device))
    }

    /// The same, to rounding, normalised on the device: a byte for each value crosses over to it, where
    /// [`tensor`](Self::tensor) sends an f32.
    ///
    /// Four bytes travel as one integer, for there are devices that know no smaller numbers.
    pub fn tensor_on_device(&self, images: &[Rgb8], device: &Device) -> Option<Tensor<4>> {
        self.on_device(&images.iter().collect::<Vec<_>>(), device)
    }

    pub(crate) fn on_device(&self, images: &[&Rgb8], device: &Device) -> Option<Tensor<4>> {
        let first = images.first()?;
        let (width, height) = first.size();
        let shape = [images.len(), height, width, 3];
        let length = shape.iter().product::<usize>();
        let mut bytes = Vec::with_capacity(length.next_multiple_of(4));
        for image in images {
            let image = image.resized(width, height, self.filter);
            match self.channels {
                Channels::Rgb => bytes.extend_from_slice(image.pixels().as_flattened()),
                Channels::Bgr => {
                    bytes.extend(image.pixels().iter().flat_map(|&[r, g, b]| [b, g, r]))
                }
            }
        }
        bytes.resize(length.next_multiple_of(4), 0);
        let (fours, _) = bytes.as_chunks::<4>();
        let fours: Vec<i32> = fours.iter().map(|&four| i32::from_le_bytes(four)).collect();
        let data = TensorData::new(fours, [length.div_ceil(4)]);
        let fours = Tensor::<1, Int>::from_data(data, (device, DType::I32));
        let byte = |index| fours.clone().bitwise_right_shift_scalar(8 * index);
        let bytes = Tensor::stack::<2>((0..4).map(byte).collect(), 1).bitwise_and_scalar(0xFF);
        let bytes = bytes.flatten::<1>(0, 1).narrow(0, 0, length).reshape(shape);
        let values = bytes.permute([0, 3, 1, 2]).cast(FloatDType::F32);
        let per_channel = |numbers: [f64; 3]| {
            Tensor::<1>::from_floats(numbers.map(|number| number as f32), device)
                .reshape([1, 3, 1, 1])
        };
        let order = self.in_order();
        let (mean, deviation) =
            (order.map(|(mean, _)| mean), order.map(|(_, deviation)| deviation));
        Some((values - per_channel(mean)) / per_channel(deviation))
    }

    /// The picture whose values `[3, h, w]` these are, as near as 8 bits come: what [`tensor`](Self::tensor) does, undone.
    /// Values beyond black and white become black and white.
    ///
    /// Returns `None` where there are not 3 · width · height of them, or none.
    pub fn picture(&self, (width, height): (usize, usize), values: &[f32]) -> Option<Rgb8> {
        let area = width.checked_mul(height).filter(|&area| area > 0)?;
        if area.checked_mul(3) != Some(values.len()) {
            return None;
        }
        let (order, scales) = (self.channels.order(), self.in_order());
        let mut bytes = vec![0; values.len()];
        for (channel, values) in values.chunks_exact(area).enumerate() {
            let (mean, deviation) = scales[channel];
            for (pixel, &value) in bytes.chunks_exact_mut(3).zip(values) {
                let value = f64::from(value) * deviation + mean;
                // Truncated after adding a half: `round` is a call into the system's library, per value.
                pixel[order[channel]] = (value + 0.5).clamp(0.0, 255.0) as u8;
            }
        }
        Rgb8::new(width, height, &bytes)
    }

    /// Appends channel after channel, normalised.
    fn normalize_into(&self, image: &Rgb8, values: &mut Vec<f32>) {
        for (colour, scale) in self.channels.order().into_iter().zip(self.in_order()) {
            let table = table(scale);
            values.extend(image.pixels().iter().map(|pixel| table[usize::from(pixel[colour])]));
        }
    }
}

/// What each of the 256 pixel values becomes: rounded once, from f64.
fn table((mean, deviation): (f64, f64)) -> [f32; 256] {
    std::array::from_fn(|value| ((value as f64 - mean) / deviation) as f32)
}
