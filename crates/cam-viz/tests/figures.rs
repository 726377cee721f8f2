//! Any figure can be drawn.

use cam_viz::{ColorBar, Colormap, Figure, FigureStyle, Panel};
use image::{Rgb, RgbImage};

fn panel(width: u32, height: u32, caption: &[&str]) -> Panel {
    let image = RgbImage::from_pixel(width, height, Rgb([90, 40, 160]));
    Panel { image, caption: caption.iter().map(|&line| line.to_owned()).collect() }
}

fn render(figure: &Figure) -> RgbImage {
    figure.render(&FigureStyle::default())
}

fn bar(low: &str, high: &str) -> Option<ColorBar> {
    Some(ColorBar { colormap: Colormap::Viridis, low: low.to_owned(), high: high.to_owned() })
}

#[test]
fn an_empty_figure_is_an_empty_page() {
    let page = render(&Figure::default());
    assert!(page.width() > 0 && page.height() > 0);
    assert!(page.pixels().all(|pixel| pixel.0 == [255; 3]));
}

#[test]
fn pictures_of_any_shape_are_drawn() {
    let rows = vec![
        vec![panel(1, 1, &["one"]), panel(1, 16_000, &["tall"]), panel(16_000, 1, &["wide"])],
        vec![],
        vec![panel(0, 0, &["none"]), panel(0, 5, &[])],
    ];
    let page = render(&Figure { rows, ..Figure::default() });
    assert!(page.width() < 2_000 && page.height() < 1_200, "{:?}", page.dimensions());
}

#[test]
fn a_figure_of_shrunk_pictures_is_the_figure_of_the_pictures() {
    let style = FigureStyle::default();
    for (width, height) in [(1000, 700), (700, 1000), (4000, 10), (3, 3000), (200, 160), (0, 7)] {
        let image = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 90]));
        let drawn = |image: RgbImage| {
            let panel = Panel { image, caption: Vec::new() };
            render(&Figure { rows: vec![vec![panel]], ..Figure::default() })
        };
        let shrunk = style.shrink(&image);
        assert!(shrunk.width() <= width && shrunk.height() <= height.min(style.cell_height.max(1)));
        assert!(drawn(shrunk) == drawn(image), "{width}×{height}");
    }
}

#[test]
fn captions_of_any_text_are_drawn() {
    let long = "word ".repeat(10_000);
    let captions = [
        "",
        "\n",
        "line\nbreak\u{0}\u{7f}",
        "漢字 👩‍👩‍👧 \u{202e}x\u{10ffff}",
        &long,
        &"x".repeat(100_000),
    ];
    let rows = vec![captions.iter().map(|&caption| panel(8, 8, &[caption, caption])).collect()];
    let figure = Figure { title: Some(long.clone()), rows, color_bar: bar(&long, "\u{1}") };
    let page = render(&figure);
    assert!(page.height() < 700, "{:?}", page.dimensions());
}

#[test]
fn any_style_gives_a_page() {
    let figure = Figure {
        title: Some("title".to_owned()),
        rows: vec![vec![panel(3, 2, &["caption"])]],
        color_bar: bar("low", "high"),
    };
    for size in [0, 1, 7] {
        let style = FigureStyle {
            cell_height: size,
            margin: size,
            gap: size,
            text_size: size,
            title_size: size,
        };
        assert!(figure.render(&style).width() > 0);
    }
    let huge = FigureStyle {
        margin: u32::MAX,
        gap: u32::MAX,
        text_size: u32::MAX,
        ..FigureStyle::default()
    };
    assert!(figure.render(&huge).width() < 20_000);
}

#[test]
fn a_picture_at_its_cells_size_is_drawn_untouched() {
    let style = FigureStyle { cell_height: 40, ..FigureStyle::default() };
    let image = RgbImage::from_fn(40, 40, |x, y| Rgb([x as u8, y as u8, (x * y) as u8]));
    let rows = vec![vec![Panel { image: image.clone(), caption: vec![] }]];
    let page = Figure { rows, ..Figure::default() }.render(&style);
    let cell = image::imageops::crop_imm(&page, style.margin, style.margin, 40, 40).to_image();
    assert_eq!(cell, image);
}

#[test]
fn pictures_of_a_row_share_a_height_and_keep_their_aspect() {
    let rows = vec![vec![panel(20, 10, &[]), panel(30, 60, &[])]];
    let style = FigureStyle { cell_height: 100, margin: 10, gap: 10, ..FigureStyle::default() };
    let page = Figure { rows, ..Figure::default() }.render(&style);
    let colored = |x: u32, y: u32| page.get_pixel(x, y).0 == [90, 40, 160];
    assert!(colored(10, 10) && colored(209, 109) && !colored(210, 50));
    assert!(colored(220, 10) && colored(269, 109) && !colored(270, 50));
}
