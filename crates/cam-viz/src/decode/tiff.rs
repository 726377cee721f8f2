//! TIFF, classic and big, read from its tags on: strips and tiles of any depth.
//!
//! What is not read is refused by name, and what is missing from the file is an error: no pixel is made up.

mod canvas;
mod chunks;
mod color;
mod compression;
pub(super) mod directory;
mod expand;
mod fax;
mod geometry;
mod jpeg;
mod layout;
mod names;
mod predictor;
mod reader;
mod samples;
mod ycbcr;

use image::RgbImage;

use self::canvas::Canvas;
use self::color::Painter;
use self::directory::Directory;
use self::layout::{Layout, Photometric, corrupt};
use self::reader::Reader;
use super::levels::{self, Spread};
use super::{DecodeError, DecodeOptions, Decoded, Format, Remark, exif};

pub(super) fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    let directory = Directory::first(bytes).map_err(corrupt)?;
    let mut reader = Reader::new(bytes, &directory, options)?;
    let (layout, depth) = (reader.layout.clone(), reader.layout.encoding.depth());
    let mut painter = Painter::new(&directory, &layout, options.background)?;
    // Other colours are stretched once they are RGB.
    let by_samples = options.stretch && layout.photometric.is_brightness();
    if by_samples {
        painter.levels = counted(&mut reader, &painter)?.levels(depth, true);
    }
    let (mut pixels, spread) = painted(&mut reader, &mut painter)?;

    let mut remarks = remarks_on(&layout);
    spread.remarks(depth, painter.levels, &mut remarks);
    if options.stretch && !by_samples {
        levels::stretch(&mut pixels, &mut remarks);
    }
    if painter.flattened {
        remarks.push(Remark::Flattened { background: options.background });
    }
    if let Some(detail) = reader.damage {
        if options.strict {
            return Err(DecodeError::Damaged { format: Format::Tiff, detail });
        }
        remarks.push(Remark::Damaged { detail });
    }
    if let Ok(Some(_)) = directory.next() {
        remarks.push(Remark::SeveralPages);
    }
    Ok(Decoded { pixels, exif: exif::of(&directory), remarks })
}

/// Whether the file ends before the directory of its last page.
pub(super) fn lacks_a_page(bytes: &[u8]) -> bool {
    /// Pages that are followed: a chain of them may be a loop.
    const MOST_PAGES: usize = 10_000;
    let mut page = Directory::first(bytes).ok();
    for _ in 0..MOST_PAGES {
        let Some(directory) = page else { return false };
        match directory.next() {
            Ok(next) => page = next,
            Err(_) => return true,
        }
    }
    false
}

/// What samples the colours use.
fn counted(reader: &mut Reader, painter: &Painter) -> Result<Spread, DecodeError> {
    let samples = reader.layout.samples;
    let mut spread = Spread::new(reader.layout.encoding.depth());
    reader.each_row(|_, _, row| {
        for pixel in row.chunks_exact_mut(samples) {
            painter.prepare(pixel);
            painter.count(pixel, &mut spread);
        }
    })?;
    Ok(spread)
}

/// Draws all pixels, and counts what samples their colours use.
fn painted(reader: &mut Reader, painter: &mut Painter) -> Result<(RgbImage, Spread), DecodeError> {
    let (layout, depth) = (reader.layout.clone(), reader.layout.encoding.depth());
    let (width, height) = (layout.geometry.width, layout.geometry.height);
    let mut canvas = Canvas::new(width, height);
    let mut spread = Spread::new(depth);
    if layout.is_rgb8() && painter.levels == depth.levels() {
        let row_len = reader.row_len();
        reader.each_area(|area, planes| canvas.copy(area, &planes[0], row_len))?;
        return Ok((canvas.finish(height), spread));
    }
    reader.each_row(|x, y, row| {
        let pixels = row.chunks_exact_mut(layout.samples);
        for (pixel, drawn) in pixels.zip(canvas.row(x, y)) {
            painter.prepare(pixel);
            if layout.photometric.is_brightness() {
                painter.count(pixel, &mut spread);
            }
            *drawn = painter.paint(pixel);
        }
    })?;
    Ok((canvas.finish(height), spread))
}

/// What has to be said of a layout, whatever the samples are.
fn remarks_on(layout: &Layout) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if layout.photometric == Photometric::Cmyk {
        remarks.push(Remark::Cmyk);
    }
    let (channels, unused) = (layout.samples, layout.unused());
    if unused > 0 {
        remarks.push(Remark::UnusedChannels { unused, channels });
    }
    if layout.reduced {
        remarks.push(Remark::ReducedPage);
    }
    remarks
}
