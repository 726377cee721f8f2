//! Draws a sample figure: `cargo run --release -p cam-viz --example figure -- figure.png`.

use std::path::Path;

use cam_viz::{
    ColorBar, Colormap, DecodeOptions, Figure, FigureStyle, Map, OverlayStyle, Panel, decode,
    overlay, overlay_signed, picture_bytes,
};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "figure.png".to_owned());
    let figure = figure()?.render(&FigureStyle::default());
    std::fs::write(&path, picture_bytes(Path::new(&path), &figure)?)?;
    Ok(())
}

fn figure() -> Result<Figure, Error> {
    let cat = photograph("cat")?;
    let signed = bump(2.1, 2.6)?;
    let map = signed.relu().min_max().0.resize(224, 224)?;
    let away = signed.negated().relu().min_max().0.resize(224, 224)?;
    let style = OverlayStyle::default();
    let both = overlay_signed(&cat, &signed.resize(224, 224)?, 0.3)?;
    Ok(Figure {
        title: Some("What in this picture is like the concept?".to_owned()),
        rows: vec![
            vec![
                panel(cat.clone(), &["cat.png", "224 × 224"]),
                panel(overlay(&cat, &map, &style)?, &["like the cat", "cosine similarity 0.83"]),
                panel(
                    overlay(&cat, &away, &style)?,
                    &["unlike the cat", "1 − cosine similarity 0.17"],
                ),
            ],
            vec![
                panel(photograph("astronaut")?, &["concept: astronaut", "one of 12 pictures"]),
                panel(
                    both,
                    &[
                        "both at once",
                        "red is like the concept, blue is unlike it, and what has no colour decides nothing either way",
                    ],
                ),
            ],
        ],
        color_bar: Some(ColorBar {
            colormap: Colormap::Turbo,
            low: "nothing".to_owned(),
            high: "most like the concept".to_owned(),
        }),
    })
}

fn panel(image: image::RgbImage, caption: &[&str]) -> Panel {
    Panel { image, caption: caption.iter().map(|&line| line.to_owned()).collect() }
}

fn photograph(name: &str) -> Result<image::RgbImage, Error> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../cam-explain/photographs");
    let bytes = std::fs::read(format!("{folder}/{name}.png"))?;
    Ok(decode(&bytes, &DecodeOptions::default())?.pixels)
}

/// A 7 × 7 map: positive around a centre, negative far from it.
fn bump(x: f32, y: f32) -> Result<Map, Error> {
    let value = |i: i32| {
        let (dx, dy) = ((i % 7) as f32 - x, (i / 7) as f32 - y);
        1.4 * (-(dx * dx + dy * dy) / 4.0).exp() - 0.4
    };
    Ok(Map::new(7, 7, (0..49).map(value).collect())?)
}
