//! The legend of a colour map: a bar with what its ends mean.

use image::{Rgb, RgbImage};

use crate::colormap::Colormap;
use crate::text;

/// The colours of a figure's maps, from low to high.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColorBar {
    /// Whose colours.
    pub colormap: Colormap,
    /// What the lowest colour means, such as `less like the car`.
    pub low: String,
    /// What the highest colour means.
    pub high: String,
}

/// Where a bar is drawn and how large.
pub(crate) struct BarStyle {
    /// Length of the coloured bar, in pixels.
    pub length: u32,
    /// Its height, in pixels.
    pub height: u32,
    /// Between labels and bar, in pixels.
    pub gap: u32,
    /// Font size of the labels, in pixels.
    pub text_size: u32,
    /// Colour of the labels.
    pub text_color: [u8; 3],
}

impl ColorBar {
    /// Width and height of bar and labels, in pixels, where at most `max_width` is free.
    pub(crate) fn size(&self, style: &BarStyle, max_width: u32) -> (u32, u32) {
        let labels = self.labels(style, max_width);
        let widths = labels.iter().map(|label| text::width(label, style.text_size)).sum::<u32>();
        (
            widths + style.length + 2 * style.gap,
            text::line_height(style.text_size).max(style.height),
        )
    }

    /// Low label, bar and high label in one line from `(x, y)`.
    pub(crate) fn draw(
        &self,
        page: &mut RgbImage,
        (x, y): (u32, u32),
        style: &BarStyle,
        max_width: u32,
    ) {
        let [low, high] = self.labels(style, max_width);
        let bar = x + text::width(&low, style.text_size) + style.gap;
        let line = text::line_height(style.text_size).max(style.height);
        text::draw(page, (x, y), style.text_size, style.text_color, &low);
        self.draw_bar(page, (bar, y + (line - style.height) / 2), style);
        let after = bar + style.length + style.gap;
        text::draw(page, (after, y), style.text_size, style.text_color, &high);
    }

    /// Each label has half of what the bar leaves.
    pub(crate) fn labels(&self, style: &BarStyle, max_width: u32) -> [String; 2] {
        let room = max_width.saturating_sub(style.length + 2 * style.gap) / 2;
        [&self.low, &self.high]
            .map(|label| text::wrap(label, style.text_size, room, 1).pop().unwrap_or_default())
    }

    fn draw_bar(&self, page: &mut RgbImage, (left, top): (u32, u32), style: &BarStyle) {
        let last = style.length.saturating_sub(1).max(1) as f32;
        for x in 0..style.length {
            let color = Rgb(self.colormap.color(x as f32 / last));
            for y in 0..style.height {
                if let Some(pixel) = page.get_pixel_mut_checked(left + x, top + y) {
                    *pixel = color;
                }
            }
        }
    }
}
