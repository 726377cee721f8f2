//! Bars of milliseconds, as an SVG: plain text, so that this package stays one that compiles in seconds.

use super::measured::{Measured, PARTS};

/// A colour for each part: Okabe and Ito's, which everybody can tell apart.
const COLOURS: [&str; 5] = ["#E69F00", "#56B4E9", "#009E73", "#F0E442", "#CC79A7"];

const LEFT: f64 = 330.0;
const WIDTH: f64 = 620.0;
const ROW: f64 = 26.0;

/// A bar for each row, its parts side by side; the scale is that of the slowest.
pub fn svg(measured: &[Measured], machine: &str) -> String {
    let stacked = &PARTS[..COLOURS.len()];
    let sum = |row: &Measured| stacked.iter().filter_map(|part| row.parts.get(*part)).sum::<f64>();
    let most = measured.iter().map(sum).fold(f64::MIN_POSITIVE, f64::max);
    let notes: Vec<&str> = machine.lines().map(|line| line.trim_start_matches("- ")).collect();
    let height = ROW * (measured.len() as f64 + 3.0 + notes.len() as f64 * 0.7);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        LEFT + WIDTH + 90.0
    );
    for (index, (part, colour)) in stacked.iter().zip(COLOURS).enumerate() {
        let x = LEFT + 110.0 * index as f64;
        svg += &rectangle([x, 8.0, 12.0, 12.0], colour);
        svg += &text(x + 18.0, 19.0, "start", part);
    }
    for (index, row) in measured.iter().enumerate() {
        let y = ROW * (index as f64 + 1.5);
        let Measured { subject, size, device, precision, .. } = row;
        let label = format!("{subject}, {size}, {device} {precision}");
        svg += &text(LEFT - 8.0, y + 14.0, "end", &label);
        let mut x = LEFT;
        for (part, colour) in stacked.iter().zip(COLOURS) {
            let width = row.parts.get(*part).map_or(0.0, |ms| ms / most * WIDTH);
            svg += &rectangle([x, y, width, ROW - 8.0], colour);
            x += width;
        }
        svg += &text(x + 6.0, y + 14.0, "start", &format!("{:.1} ms", sum(row)));
    }
    for (index, note) in notes.iter().enumerate() {
        let y = ROW * (measured.len() as f64 + 2.3 + 0.7 * index as f64);
        svg += &text(12.0, y, "start", note);
    }
    svg + "</svg>\n"
}

fn rectangle([x, y, width, height]: [f64; 4], colour: &str) -> String {
    format!(
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.2}\" height=\"{height}\" fill=\"{colour}\"/>\n"
    )
}

fn text(x: f64, y: f64, anchor: &str, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_row_fills_the_width_and_others_their_share() {
        let row = |ms| Measured {
            subject: "a & b".to_owned(),
            size: "1x1".to_owned(),
            device: "cpu".to_owned(),
            precision: "f32".to_owned(),
            parts: [("trunk".to_owned(), ms), ("all".to_owned(), 99.0)].into(),
        };
        let svg = svg(&[row(4.0), row(1.0)], "- processor: some\n");
        assert!(svg.contains("width=\"620.00\"") && svg.contains("width=\"155.00\""), "{svg}");
        assert!(svg.contains("a &amp; b, 1x1, cpu f32") && svg.contains(">processor: some<"));
    }
}
