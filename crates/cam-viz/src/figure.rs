//! A figure: pictures in rows with captions, a title and a colour bar, on a white page.

mod layout;
mod svg;

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use imageproc::drawing::{draw_filled_rect_mut, draw_hollow_rect_mut};
use imageproc::rect::Rect;

use crate::colorbar::{BarStyle, ColorBar};
use crate::text;
use layout::{Cell, Layout};

const PAPER: [u8; 3] = [255, 255, 255];
const INK: [u8; 3] = [28, 30, 34];
const GREY: [u8; 3] = [108, 112, 120];
const FRAME: [u8; 3] = [214, 217, 222];
const VOID: [u8; 3] = [240, 241, 243];

/// One picture of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// The picture, of any size; scaled to the row's height with its aspect kept.
    pub image: RgbImage,
    /// Lines under it: the first dark, the others grey. Long ones are wrapped, then cut with `…`.
    pub caption: Vec<String>,
}

/// Panels in rows, with what explains them.
///
/// Columns are as wide as their widest picture, rows may differ in length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// Above everything.
    pub title: Option<String>,
    /// Top row first, left panel first.
    pub rows: Vec<Vec<Panel>>,
    /// Below everything.
    pub color_bar: Option<ColorBar>,
}

/// Sizes of a figure, in pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureStyle {
    /// Height of every picture; 320 by default, taken between 16 and 4096.
    pub cell_height: u32,
    /// Free space around everything; 28 by default, at most 1024.
    pub margin: u32,
    /// Between neighbouring pictures; 20 by default, at most 1024.
    pub gap: u32,
    /// Font size of captions and labels; 16 by default, taken between 6 and 256.
    pub text_size: u32,
    /// Font size of the title; 24 by default, taken between 6 and 256.
    pub title_size: u32,
}

impl Default for FigureStyle {
    fn default() -> FigureStyle {
        FigureStyle { cell_height: 320, margin: 28, gap: 20, text_size: 16, title_size: 24 }
    }
}

impl FigureStyle {
    /// A picture no larger than a figure of this style shows it, so that whoever collects panels
    /// for a large figure keeps none at its full size. The figure is the same, pixel for pixel.
    pub fn shrink(&self, image: &RgbImage) -> RgbImage {
        let (width, height) = layout::picture_size(image.dimensions(), &self.tamed());
        if width >= image.width() && height >= image.height() {
            return image.clone();
        }
        scale(image, width, height)
    }

    /// Sizes that give a page which can be drawn, whatever was asked for.
    fn tamed(&self) -> FigureStyle {
        FigureStyle {
            cell_height: self.cell_height.clamp(16, 4096),
            margin: self.margin.min(1024),
            gap: self.gap.min(1024),
            text_size: self.text_size.clamp(6, 256),
            title_size: self.title_size.clamp(6, 256),
        }
    }

    fn bar(&self) -> BarStyle {
        BarStyle {
            length: 12 * self.text_size,
            height: self.text_size - self.text_size / 5,
            gap: self.text_size * 2 / 3,
            text_size: self.text_size,
            text_color: GREY,
        }
    }
}

impl Figure {
    /// Draws the figure.
    ///
    /// Any figure can be drawn: one without panels is an empty page, pictures without pixels are grey
    /// cells, pictures of extreme aspect are fitted into a cell of at most three times its height.
    /// The page takes about `3 * width * height` bytes of all cells together; nothing limits their number.
    pub fn render(&self, style: &FigureStyle) -> RgbImage {
        let style = style.tamed();
        let layout = Layout::of(self, &style);
        let mut page = RgbImage::from_pixel(layout.width, layout.height, Rgb(PAPER));
        let mut y = style.margin;
        for line in &layout.title {
            text::draw(&mut page, (style.margin, y), style.title_size, INK, line);
            y += text::line_height(style.title_size);
        }
        for (panel, cell) in self.rows.iter().flatten().zip(&layout.cells) {
            draw_panel(&mut page, panel, cell, &style);
        }
        if let (Some(bar), Some(at)) = (&self.color_bar, layout.color_bar) {
            bar.draw(&mut page, at, &style.bar(), layout.inner_width(&style));
        }
        page
    }
}

fn draw_panel(page: &mut RgbImage, panel: &Panel, cell: &Cell, style: &FigureStyle) {
    let [x, y, height] = [cell.x, cell.y, cell.height].map(to_i32);
    let frame = Rect::at(x - 1, y - 1).of_size(cell.width + 2, cell.height + 2);
    if panel.image.width() == 0 || panel.image.height() == 0 {
        draw_filled_rect_mut(page, Rect::at(x, y).of_size(cell.width, cell.height), Rgb(VOID));
    } else {
        let scaled = scale(&panel.image, cell.width, cell.height);
        imageops::replace(page, &scaled, x.into(), y.into());
    }
    draw_hollow_rect_mut(page, frame, Rgb(FRAME));
    let mut top = y + height + to_i32(layout::caption_space(style));
    for (line, first) in &cell.caption {
        let at = (cell.x, top.unsigned_abs());
        text::draw(page, at, style.text_size, if *first { INK } else { GREY }, line);
        top += to_i32(text::line_height(style.text_size));
    }
}

/// Catmull-Rom keeps edges crisp when enlarging and is filtered when shrinking.
fn scale(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    if image.dimensions() == (width, height) {
        return image.clone();
    }
    imageops::resize(image, width, height, FilterType::CatmullRom)
}

fn to_i32(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
