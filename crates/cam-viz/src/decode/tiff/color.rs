//! From the samples of a pixel to opaque RGB.

use super::directory::Directory;
use super::layout::{Alpha, Layout, Photometric, corrupt};
use super::ycbcr::{self, Conversion};
use crate::decode::levels::{Depth, Levels, Spread};
use crate::decode::{DecodeError, flatten};

/// Of a palette: all reds, all greens and all blues, 16 bits each.
const COLOR_MAP: u16 = 320;
const JPEG: u64 = 7;

/// What pixels are drawn with.
pub(super) struct Painter {
    photometric: Photometric,
    alpha: Option<Alpha>,
    depth: Depth,
    palette: Vec<[u8; 3]>,
    conversion: Conversion,
    pub(super) levels: Levels,
    background: [u8; 3],
    /// Whether a pixel was not opaque.
    pub(super) flattened: bool,
}

impl Painter {
    pub(super) fn new(
        directory: &Directory,
        layout: &Layout,
        background: [u8; 3],
    ) -> Result<Self, DecodeError> {
        let palette = match layout.photometric {
            Photometric::Palette => palette(directory, 1 << layout.encoding.bits)?,
            _ => Vec::new(),
        };
        // JPEG data follow their own standard, whatever else the tags say; so does libtiff.
        let conversion = match layout.photometric {
            Photometric::YCbCr if layout.compression != JPEG => Conversion::read(directory)?,
            _ => ycbcr::JPEG,
        };
        let depth = layout.encoding.depth();
        Ok(Self {
            photometric: layout.photometric,
            alpha: layout.alpha,
            depth,
            palette,
            conversion,
            levels: depth.levels(),
            background,
            flattened: false,
        })
    }

    /// The opacity of a pixel, as a part of the whole.
    fn opacity(&self, pixel: &[f64]) -> f64 {
        self.alpha.map_or(1.0, |alpha| (pixel[alpha.channel] / self.depth.full).clamp(0.0, 1.0))
    }

    /// Brings colours to what is counted and painted: black is 0, and opacity is no factor.
    pub(super) fn prepare(&self, pixel: &mut [f64]) {
        if self.photometric == Photometric::WhiteIsZero {
            pixel[0] = self.depth.full - pixel[0];
        }
        self.divide(pixel);
    }

    /// Divides colours by the opacity that they were multiplied by.
    fn divide(&self, pixel: &mut [f64]) {
        if !self.alpha.is_some_and(|alpha| alpha.associated) {
            return;
        }
        let opacity = self.opacity(pixel);
        if opacity > 0.0 {
            // Rounding may have left whole numbers a little above their opacity.
            let most = if self.depth.is_float { f64::INFINITY } else { self.depth.full };
            let colors = pixel[..self.photometric.channels()].iter_mut();
            colors.for_each(|color| *color = (*color / opacity).min(most));
        }
    }

    /// Counts the colours of a pixel that is seen.
    pub(super) fn count(&self, pixel: &[f64], spread: &mut Spread) {
        if self.opacity(pixel) > 0.0 {
            pixel[..self.photometric.channels()].iter().for_each(|&color| spread.add(color));
        }
    }

    /// The colour of a pixel on the background.
    pub(super) fn paint(&mut self, pixel: &[f64]) -> [u8; 3] {
        let color = self.color(pixel);
        let Some(alpha) = self.alpha else { return color };
        let alpha = self.depth.levels().byte(pixel[alpha.channel]);
        self.flattened |= alpha < 255;
        flatten::over(color, self.background, alpha)
    }

    fn color(&self, pixel: &[f64]) -> [u8; 3] {
        let byte = |channel: usize| self.levels.byte(pixel[channel]);
        match self.photometric {
            Photometric::BlackIsZero | Photometric::WhiteIsZero => [byte(0); 3],
            Photometric::Rgb => [byte(0), byte(1), byte(2)],
            Photometric::Palette => self.palette[pixel[0] as usize],
            Photometric::Cmyk => cmyk([byte(0), byte(1), byte(2)], byte(3)),
            Photometric::YCbCr => self.conversion.rgb([pixel[0], pixel[1], pixel[2]]),
        }
    }
}

/// The usual formula, without a colour profile.
fn cmyk(inks: [u8; 3], black: u8) -> [u8; 3] {
    let left = u32::from(255 - black);
    inks.map(|ink| ((u32::from(255 - ink) * left + 127) / 255) as u8)
}

fn palette(directory: &Directory, colors: usize) -> Result<Vec<[u8; 3]>, DecodeError> {
    let values = directory.values(COLOR_MAP).map_err(corrupt)?;
    if values.len() < 3 * colors {
        return Err(corrupt("the palette has too few colours"));
    }
    // Old writers give 8 bits where 16 are asked for.
    let shift = if values.iter().any(|&value| value > 255) { 8 } else { 0 };
    let at = |index: usize| (values[index] >> shift) as u8;
    Ok((0..colors).map(|index| [0, 1, 2].map(|plane| at(plane * colors + index))).collect())
}
