//! A figure as SVG: its pictures as PNG, its words as text that can be searched, copied and scaled.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::layout::{self, Layout};
use super::{FRAME, Figure, FigureStyle, GREY, INK, PAPER, VOID};
use crate::colorbar::ColorBar;
use crate::encode::{EncodeError, png_bytes};
use crate::text;

/// Of a font's size, how far below the upper edge of its line letters stand.
const BASELINE: f32 = 0.95;

impl Figure {
    /// The same figure as [`render`](Figure::render) draws, as an SVG document: pictures keep their own pixels, at most as
    /// many as the figure shows.
    ///
    /// # Errors
    /// Where a picture cannot be encoded.
    pub fn svg(&self, style: &FigureStyle) -> Result<String, EncodeError> {
        let style = style.tamed();
        let layout = Layout::of(self, &style);
        let (width, height) = (layout.width, layout.height);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"DejaVu Sans, Verdana, sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
            hex(PAPER)
        );
        let mut page = Page { svg: &mut svg };
        let mut y = style.margin;
        for line in &layout.title {
            page.line((style.margin, y), style.title_size, INK, line);
            y += text::line_height(style.title_size);
        }
        for (panel, cell) in self.rows.iter().flatten().zip(&layout.cells) {
            let (x, y, width, height) = (cell.x, cell.y, cell.width, cell.height);
            page.frame((x, y), (width, height));
            if panel.image.width() > 0 && panel.image.height() > 0 {
                let words = panel.caption.join(", ");
                page.picture(
                    (x, y),
                    (width, height),
                    &png_bytes(&style.shrink(&panel.image))?,
                    &words,
                );
            }
            let mut top = y + height + layout::caption_space(&style);
            for (line, first) in &cell.caption {
                page.line((x, top), style.text_size, if *first { INK } else { GREY }, line);
                top += text::line_height(style.text_size);
            }
        }
        if let (Some(bar), Some(at)) = (&self.color_bar, layout.color_bar) {
            page.bar(bar, at, &style, layout.inner_width(&style));
        }
        svg.push_str("</svg>\n");
        Ok(svg)
    }
}

struct Page<'a> {
    svg: &'a mut String,
}

impl Page<'_> {
    fn line(&mut self, (x, y): (u32, u32), size: u32, color: [u8; 3], line: &str) {
        let y = y as f32 + size as f32 * BASELINE;
        let (color, line) = (hex(color), escaped(line));
        // To a String nothing fails.
        let _ = writeln!(
            self.svg,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{color}\">{line}</text>"
        );
    }

    fn frame(&mut self, (x, y): (u32, u32), (width, height): (u32, u32)) {
        let (fill, stroke) = (hex(VOID), hex(FRAME));
        let _ = writeln!(
            self.svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\" stroke=\"{stroke}\"/>"
        );
    }

    fn picture(
        &mut self,
        (x, y): (u32, u32),
        (width, height): (u32, u32),
        png: &[u8],
        words: &str,
    ) {
        let words = escaped(words);
        let _ = write!(
            self.svg,
            "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,"
        );
        STANDARD.encode_string(png, self.svg);
        let _ = writeln!(self.svg, "\"><title>{words}</title></image>");
    }

    fn bar(&mut self, bar: &ColorBar, (x, y): (u32, u32), style: &FigureStyle, room: u32) {
        let style = style.bar();
        let [low, high] = bar.labels(&style, room);
        let left = x + text::width(&low, style.text_size) + style.gap;
        let line = text::line_height(style.text_size).max(style.height);
        let top = y + (line - style.height) / 2;
        self.line((x, y), style.text_size, style.text_color, &low);
        self.line((left + style.length + style.gap, y), style.text_size, style.text_color, &high);
        self.svg.push_str("<linearGradient id=\"colours\">");
        const STOPS: u8 = 32;
        for stop in 0..=STOPS {
            let at = f32::from(stop) / f32::from(STOPS);
            let color = hex(bar.colormap.color(at));
            let _ = write!(self.svg, "<stop offset=\"{at}\" stop-color=\"{color}\"/>");
        }
        let (width, height) = (style.length, style.height);
        let _ = writeln!(
            self.svg,
            "</linearGradient>\n<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"url(#colours)\"/>"
        );
    }
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Text as XML takes it; what XML has no character for is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;
    use crate::{Colormap, Panel};

    fn figure(caption: &str) -> Figure {
        let image = RgbImage::from_pixel(4, 2, Rgb([1, 2, 3]));
        Figure {
            title: Some("a title".to_owned()),
            rows: vec![vec![Panel { image, caption: vec![caption.to_owned()] }]],
            color_bar: Some(ColorBar {
                colormap: Colormap::Turbo,
                low: "none".to_owned(),
                high: "most".to_owned(),
            }),
        }
    }

    #[test]
    fn an_svg_is_as_large_as_the_picture_of_the_figure() {
        let style = FigureStyle::default();
        let (width, height) = figure("a").render(&style).dimensions();
        let svg = figure("a").svg(&style).expect("it is drawn");
        assert!(svg.contains(&format!("viewBox=\"0 0 {width} {height}\"")), "{svg}");
        assert!(svg.contains("<image ") && svg.contains(">a title</text>"), "{svg}");
    }

    #[test]
    fn a_caption_cannot_end_its_element() {
        let svg = figure("<script>\"&\u{1}").svg(&FigureStyle::default()).expect("it is drawn");
        assert!(
            svg.contains("&lt;script&gt;&quot;&amp;</text>") && !svg.contains("<script"),
            "{svg}"
        );
    }
}
