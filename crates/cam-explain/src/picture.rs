use image::RgbImage;

/// An image as it was decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// 8 bits a channel, upright, opaque, taken to be sRGB. Both sides are at least 1.
    pub pixels: RgbImage,
    /// Whether pixels are missing from the file, and were made up.
    pub damaged: bool,
    /// What had to be done to it, or is odd about it.
    pub remarks: Vec<String>,
}

impl Picture {
    /// Pixels that came without a file.
    pub fn of_pixels(pixels: RgbImage) -> Self {
        Self { pixels, damaged: false, remarks: Vec::new() }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.pixels.width() as usize, self.pixels.height() as usize)
    }
}

impl From<cam_viz::Picture> for Picture {
    fn from(decoded: cam_viz::Picture) -> Self {
        let damaged = decoded.damaged();
        let remarks = decoded.remarks.iter().map(ToString::to_string).collect();
        Self { pixels: decoded.pixels, damaged, remarks }
    }
}
