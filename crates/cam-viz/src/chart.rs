//! Bars side by side, as a picture for a figure.

use image::{Rgb, RgbImage};
use imageproc::drawing::draw_filled_rect_mut;
use imageproc::rect::Rect;

use crate::text;

const PAPER: [u8; 3] = [255, 255, 255];
const INK: [u8; 3] = [28, 30, 34];
const FILL: [u8; 3] = [66, 110, 180];
const AXIS: [u8; 3] = [160, 164, 170];

/// Height of a bar with its space, font size of its words, and widths, in pixels.
const PITCH: u32 = 26;
const TEXT: u32 = 15;
const LENGTH: u32 = 220;
const MARGIN: u32 = 8;
/// Room for a number on either side.
const NUMBER: u32 = 64;

/// Named numbers, drawn as bars from zero: negative ones to the left.
#[derive(Debug, Clone, PartialEq)]
pub struct BarChart {
    /// Name and number, from the top. A number that is none has no bar and a dash.
    pub bars: Vec<(String, Option<f32>)>,
}

impl BarChart {
    /// The picture. Its size depends on the names and how many there are.
    pub fn render(&self) -> RgbImage {
        let names = self.bars.iter().map(|(name, _)| text::width(name, TEXT)).max().unwrap_or(0);
        let numbers = self.bars.iter().filter_map(|(_, number)| *number).filter(|n| n.is_finite());
        let (least, most) = numbers.fold((0.0_f32, 0.0_f32), |(a, b), n| (a.min(n), b.max(n)));
        let range = if most > least { most - least } else { 1.0 };
        let start = MARGIN + names + NUMBER;
        let at = |number: f32| start + ((number - least) / range * LENGTH as f32).round() as u32;
        let width = start + LENGTH + NUMBER + MARGIN;
        let height = 2 * MARGIN + PITCH * self.bars.len().max(1) as u32;
        let mut page = RgbImage::from_pixel(width, height, Rgb(PAPER));
        let axis = Rect::at(at(0.0) as i32, MARGIN as i32).of_size(1, height - 2 * MARGIN);
        draw_filled_rect_mut(&mut page, axis, Rgb(AXIS));
        for (index, (name, number)) in self.bars.iter().enumerate() {
            let y = MARGIN + PITCH * index as u32;
            text::draw(&mut page, (MARGIN, y), TEXT, INK, name);
            let number = number.filter(|number| number.is_finite());
            let Some(number) = number else {
                text::draw(&mut page, (at(0.0) + 6, y), TEXT, INK, "–");
                continue;
            };
            let (from, to) = (at(number.min(0.0)), at(number.max(0.0)));
            let bar = Rect::at(from as i32, y as i32 + 4);
            draw_filled_rect_mut(&mut page, bar.of_size((to - from).max(1), PITCH - 10), Rgb(FILL));
            let words = format!("{number:.3}");
            let beside = match number < 0.0 {
                true => from.saturating_sub(text::width(&words, TEXT) + 6),
                false => to + 6,
            };
            text::draw(&mut page, (beside, y), TEXT, INK, &words);
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(chart: &BarChart) -> usize {
        chart.render().pixels().filter(|pixel| pixel.0 == FILL).count()
    }

    #[test]
    fn a_longer_bar_is_a_larger_number_of_either_sign() {
        let chart = |a: f32, b: f32| BarChart {
            bars: vec![("a".to_owned(), Some(a)), ("b".to_owned(), Some(b))],
        };
        let equal = filled(&chart(1.0, 1.0));
        assert!(filled(&chart(1.0, 0.5)) < equal);
        assert!(filled(&chart(1.0, -1.0)) < equal, "each has half of the length");
        assert!(filled(&chart(-1.0, -1.0)) == equal);
    }

    #[test]
    fn nothing_and_what_is_no_number_are_drawn_without_bars() {
        assert_eq!(filled(&BarChart { bars: vec![] }), 0);
        let bars = vec![("a".to_owned(), None), ("b".to_owned(), Some(f32::NAN))];
        assert_eq!(filled(&BarChart { bars }), 0);
    }
}
