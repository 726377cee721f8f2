//! From RGB pixels to a network's input.

use burn::tensor::{Device, Tensor, TensorData};

use crate::pixels::Rgb8;

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

    /// The image's size, brought to the one the weights were trained for.
    pub fn resize(&self, image: &Rgb8) -> Rgb8 {
        image.resized(self.size.0, self.size.1, self.filter)
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
