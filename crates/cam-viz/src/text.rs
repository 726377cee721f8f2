//! Lines of text: measured, wrapped, drawn.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, ScaleFont};
use image::{Rgb, RgbImage};

/// Characters of one text that are looked at; the rest would not fit any figure.
const MOST_CHARACTERS: usize = 2_000;

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(include_bytes!("../assets/DejaVuSans.ttf"))
        .expect("the embedded font is a font")
});

/// Distance of two lines' tops, in pixels, for a font size in pixels.
pub fn line_height(size: u32) -> u32 {
    size + size.div_ceil(4)
}

/// Width of one line in pixels, rounded up.
pub fn width(text: &str, size: u32) -> u32 {
    text.chars().map(|c| advance(c, size)).sum::<f32>().ceil() as u32
}

fn advance(c: char, size: u32) -> f32 {
    let font = FONT.as_scaled(size as f32);
    font.h_advance(font.glyph_id(c))
}

/// A text in lines that are at most `max_width` pixels wide; `…` ends the last one where lines run out.
///
/// Breaks at spaces, and within words that are wider than a line. Control characters, line breaks among
/// them, count as spaces. A line has at least one character, however narrow the width.
pub fn wrap(text: &str, size: u32, max_width: u32, max_lines: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = plain(text);
    while !rest.is_empty() && lines.len() < max_lines {
        let fitting = fitting(&rest, size, max_width);
        let last = lines.len() + 1 == max_lines;
        let end = if last { fitting } else { break_before(&rest, fitting) };
        let (line, after) = rest.split_at(end);
        let line = line.trim_end().to_owned();
        let after = after.trim_start().to_owned();
        lines.push(if last && !after.is_empty() { ellipsis(&line, size, max_width) } else { line });
        rest = after;
    }
    lines
}

/// One line's worth of characters, all of them drawable.
fn plain(text: &str) -> String {
    let visible = text.chars().take(MOST_CHARACTERS).map(|c| if c.is_control() { ' ' } else { c });
    visible.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many bytes of a text fit the width, at least its first character.
fn fitting(text: &str, size: u32, max_width: u32) -> usize {
    let mut width = 0.0;
    for (at, c) in text.char_indices() {
        width += advance(c, size);
        if width > max_width as f32 && at > 0 {
            return at;
        }
    }
    text.len()
}

/// The last break at or before `fitting`: a space, or within a word that is wider than the line.
fn break_before(text: &str, fitting: usize) -> usize {
    if text[fitting..].starts_with(' ') || fitting == text.len() {
        return fitting;
    }
    text[..fitting].rfind(' ').unwrap_or(fitting)
}

fn ellipsis(line: &str, size: u32, max_width: u32) -> String {
    let room = (max_width as f32 - advance('…', size)).max(0.0);
    let kept = &line[..fitting(line, size, room as u32)];
    format!("{}…", kept.trim_end())
}

/// Draws one line with its top left corner at `(x, y)`; what lies outside the picture is cut off, and a
/// character that the font lacks is a box.
pub fn draw(image: &mut RgbImage, (x, y): (u32, u32), size: u32, color: [u8; 3], line: &str) {
    let corner = |at: u32| i32::try_from(at).unwrap_or(i32::MAX);
    imageproc::drawing::draw_text_mut(
        image,
        Rgb(color),
        corner(x),
        corner(y),
        size as f32,
        &*FONT,
        line,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_fit() {
        let lines = wrap("where is the car in this picture", 16, 100, 9);
        assert_eq!(lines.join(" "), "where is the car in this picture");
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 16) <= 100), "{lines:?}");
    }

    #[test]
    fn a_long_word_breaks_within() {
        let lines = wrap(&"m".repeat(50), 16, 100, 99);
        assert!(lines.iter().all(|line| width(line, 16) <= 100));
        assert_eq!(lines.concat(), "m".repeat(50));
    }

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis() {
        let lines = wrap("one two three four five six seven", 16, 60, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…') && width(&lines[1], 16) <= 60, "{lines:?}");
    }

    #[test]
    fn control_characters_are_spaces() {
        assert_eq!(wrap("a\nb\t\u{7}c\r\n", 16, 1000, 9), ["a b c"]);
        assert!(wrap("\n \u{0}", 16, 1000, 9).is_empty());
    }

    #[test]
    fn a_line_takes_a_character_however_narrow() {
        assert_eq!(wrap("ab", 16, 0, 9), ["a", "b"]);
    }

    #[test]
    fn characters_that_the_font_lacks_are_drawn() {
        let mut image = RgbImage::from_pixel(60, 30, Rgb([255; 3]));
        draw(&mut image, (2, 2), 20, [0; 3], "漢\u{10ffff}👩");
        assert!(image.pixels().any(|pixel| pixel.0[0] < 128));
    }
}
