//! From RGB pixels to a network's input.

use burn::tensor::{DType, Device, FloatDType, Int, Tensor, TensorData};

use crate::pixels::Rgb8;
use crate::placement::Placement;

/// How an image becomes a network's input: resized to its size, then (value − mean) / deviation
/// per channel. It belongs to the weights, for they were trained with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    /// Width and height the weights were trained for.
    pub size: (usize, usize),
    /// How images are brought to a size.
    pub filter: Filter,
    /// Per channel R, G, B, in units of 8-bit pixels: 0..=255.
    pub mean: [f64; 3],
    /// Per channel R, G, B, in units of 8-bit pixels.
    pub deviation: [f64; 3],
}

/// How images are brought to another size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Bilinear over the whole area that falls on a pixel, as Pillow and torchvision do it.
    Bilinear,
    /// Bicubic (a = −½) over the whole area that falls on a pixel, as Pillow does it.
    Bicubic,
    /// OpenCV's `INTER_LINEAR` on 8-bit pixels: four neighbours and no more, in 11-bit fixed
    /// point. It is what pytorch-grad-cam's tutorial uses.
    OpenCv,
}

impl Preprocessing {
    /// torchvision's for ImageNet: mean 0.485, 0.456, 0.406 and deviation 0.229, 0.224, 0.225 of
    /// the full range; 224×224.
    pub fn imagenet() -> Self {
        Self {
            size: (224, 224),
            filter: Filter::Bilinear,
            mean: [0.485, 0.456, 0.406].map(|mean| mean * 255.0),
            deviation: [0.229, 0.224, 0.225].map(|deviation| deviation * 255.0),
        }
    }

    /// EfficientNet-Lite's: (value − 127) / 128.
    pub fn efficientnet_lite(side: usize) -> Self {
        Self {
            size: (side, side),
            filter: Filter::Bicubic,
            mean: [127.0; 3],
            deviation: [128.0; 3],
        }
    }

    /// Images of one size to `[n, 3, h, w]`. Images of other sizes than the first one's are
    /// brought to it.
    ///
    /// Returns `None` for an empty list.
    pub fn tensor(&self, images: &[Rgb8], device: &Device) -> Option<Tensor<4>> {
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
        let first = images.first()?;
        let (width, height) = first.size();
        let shape = [images.len(), height, width, 3];
        let length = shape.iter().product::<usize>();
        let mut bytes = Vec::with_capacity(length.next_multiple_of(4));
        for image in images {
            let image = image.resized(width, height, self.filter);
            bytes.extend_from_slice(image.pixels().as_flattened());
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
        Some((values - per_channel(self.mean)) / per_channel(self.deviation))
    }

    /// The image's size, brought to the one the weights were trained for.
    pub fn resize(&self, image: &Rgb8) -> Rgb8 {
        image.resized(self.size.0, self.size.1, self.filter)
    }

    /// The image as the network's input, as a placement says. What is added around it is the pixel
    /// nearest to the mean, which normalisation makes nearly zero: within half a step of 8 bits.
    pub fn place(&self, image: &Rgb8, placement: &Placement) -> Rgb8 {
        image.placed(placement, self.filter, self.mean_pixel())
    }

    /// The pixel nearest to the mean.
    pub fn mean_pixel(&self) -> [u8; 3] {
        self.mean.map(|mean| mean.round().clamp(0.0, 255.0) as u8)
    }

    /// Appends channel after channel, normalised.
    fn normalize_into(&self, image: &Rgb8, values: &mut Vec<f32>) {
        for channel in 0..3 {
            let table = self.table(channel);
            values.extend(image.pixels().iter().map(|pixel| table[usize::from(pixel[channel])]));
        }
    }

    /// What each of the 256 pixel values becomes: rounded once, from f64.
    fn table(&self, channel: usize) -> [f32; 256] {
        let (mean, deviation) = (self.mean[channel], self.deviation[channel]);
        std::array::from_fn(|value| ((value as f64 - mean) / deviation) as f32)
    }
}
