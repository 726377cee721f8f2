//! Where everything of a figure lies.

use super::{Figure, FigureStyle, Panel};
use crate::text;

/// Lines that one caption entry may take.
const CAPTION_LINES: usize = 2;
const TITLE_LINES: usize = 3;
/// A cell is at most so many times as wide as high.
const WIDEST: u32 = 3;
/// A narrow picture still has so much room for its caption, in font sizes.
const NARROWEST: u32 = 9;

/// One panel: its picture's place and its caption's lines, each with whether it is of the first entry.
pub(super) struct Cell {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
    pub caption: Vec<(String, bool)>,
}

/// The page and everything on it.
pub(super) struct Layout {
    pub width: u32,
    pub height: u32,
    pub title: Vec<String>,
    /// In reading order.
    pub cells: Vec<Cell>,
    pub color_bar: Option<(u32, u32)>,
}

impl Layout {
    pub(super) fn of(figure: &Figure, style: &FigureStyle) -> Layout {
        let columns = column_widths(figure, style);
        let inner = inner_width(figure, style, &columns);
        let title = figure.title.as_deref().unwrap_or_default();
        let title = text::wrap(title, style.title_size, inner, TITLE_LINES);
        let mut y = style.margin + title.len() as u32 * text::line_height(style.title_size);
        if !title.is_empty() {
            y += style.gap * 2 / 3;
        }
        let mut cells = Vec::new();
        for row in &figure.rows {
            y = place_row(row, &columns, y, style, &mut cells);
        }
        let color_bar = figure.color_bar.as_ref().map(|bar| {
            let at = (style.margin, y);
            y += bar.size(&style.bar(), inner).1 + style.gap;
            at
        });
        // Each part above left a gap below itself.
        let parts = !figure.rows.is_empty() || color_bar.is_some();
        let height = if parts { y - style.gap + style.margin } else { y + style.margin };
        Layout { width: inner + 2 * style.margin, height: height.max(1), title, cells, color_bar }
    }

    /// The page's width without its margins.
    pub(super) fn inner_width(&self, style: &FigureStyle) -> u32 {
        self.width - 2 * style.margin
    }
}

/// Between a picture and its caption.
pub(super) fn caption_space(style: &FigureStyle) -> u32 {
    style.text_size / 2
}

/// Places a row's panels and returns where the next row begins.
fn place_row(
    row: &[Panel],
    columns: &[u32],
    y: u32,
    style: &FigureStyle,
    cells: &mut Vec<Cell>,
) -> u32 {
    let mut x = style.margin;
    let mut lines = 0;
    for (panel, &column) in row.iter().zip(columns) {
        let (width, height) = picture_size(panel.image.dimensions(), style);
        let caption = caption(panel, column, style);
        lines = lines.max(caption.len() as u32);
        cells.push(Cell { x, y, width, height, caption });
        x += column + style.gap;
    }
    let caption = if lines == 0 {
        0
    } else {
        caption_space(style) + lines * text::line_height(style.text_size)
    };
    let picture =
        row.iter().map(|panel| picture_size(panel.image.dimensions(), style).1).max().unwrap_or(0);
    y + picture + caption + style.gap
}

fn caption(panel: &Panel, width: u32, style: &FigureStyle) -> Vec<(String, bool)> {
    let entries = panel.caption.iter().enumerate();
    let lines = entries.map(|(i, entry)| {
        let lines = text::wrap(entry, style.text_size, width, CAPTION_LINES);
        lines.into_iter().map(move |line| (line, i == 0))
    });
    lines.flatten().collect()
}

/// The picture as large as its cell permits, with its aspect kept and at least a pixel each way.
pub(super) fn picture_size((width, height): (u32, u32), style: &FigureStyle) -> (u32, u32) {
    if width == 0 || height == 0 {
        return (style.cell_height, style.cell_height);
    }
    let cell = (f64::from(WIDEST * style.cell_height), f64::from(style.cell_height));
    let scale = (cell.0 / f64::from(width)).min(cell.1 / f64::from(height));
    let side = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    (side(width), side(height))
}

fn column_widths(figure: &Figure, style: &FigureStyle) -> Vec<u32> {
    let count = figure.rows.iter().map(Vec::len).max().unwrap_or(0);
    let narrowest = NARROWEST * style.text_size;
    let width = |column: usize| {
        let panels = figure.rows.iter().filter_map(|row| row.get(column));
        panels
            .map(|panel| picture_size(panel.image.dimensions(), style).0)
            .fold(narrowest, u32::max)
    };
    (0..count).map(width).collect()
}

/// Wide enough for the columns and the colour bar, and never narrower than one square cell.
fn inner_width(figure: &Figure, style: &FigureStyle, columns: &[u32]) -> u32 {
    let gaps = style.gap * columns.len().saturating_sub(1) as u32;
    let grid = columns.iter().sum::<u32>() + gaps;
    let bar = figure.color_bar.as_ref().map_or(0, |bar| {
        let style = style.bar();
        // Labels may widen a narrow figure so far, before they are cut.
        bar.size(&style, 4 * style.length).0
    });
    grid.max(bar).max(style.cell_height)
}
