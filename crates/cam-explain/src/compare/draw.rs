use cam_viz::{ColorBar, Colormap, Connection, FigureStyle, Map, OverlayStyle, Panel, connect};
use image::{Rgb, RgbImage, imageops};

use super::{Compared, Point};
use crate::drawing::{Figure, edges, lay_over};
use crate::error::{Context as _, Error};
use crate::explain::unseen;

/// Points side by side in a figure.
const POINTS_IN_A_ROW: usize = 2;

/// Both images with what belongs together, what of each speaks for the similarity, and for every
/// point its partners.
///
/// # Errors
/// Where a map cannot be drawn.
pub fn figure(compared: &Compared, points: &[Point], network: &str) -> Result<Figure, Error> {
    let style = FigureStyle::default();
    let mut rows = vec![vec![correspondences(compared, &style), maps(compared, &style)?]];
    let points = points.iter().map(|point| of_point(compared, point, &style));
    let points = points.collect::<Result<Vec<_>, _>>()?;
    rows.extend(points.chunks(POINTS_IN_A_ROW).map(<[Panel]>::to_vec));
    Ok(Figure {
        title: Some(format!(
            "{} and {}: cosine {:.3} ({network})",
            compared.names[0],
            compared.names[1],
            compared.pair.cosine()
        )),
        rows,
        color_bar: Some(color_bar()),
    })
}

/// What the colours of contributions mean.
pub fn color_bar() -> ColorBar {
    ColorBar {
        colormap: Colormap::default(),
        low: "adds nothing".to_owned(),
        high: "adds most".to_owned(),
    }
}

/// Both images, and lines between what belongs together.
pub fn correspondences(compared: &Compared, style: &FigureStyle) -> Panel {
    let found = compared.correspondences();
    let connections: Vec<Connection> = found
        .iter()
        .map(|both| Connection {
            from: compared.place(0, both.positions[0]),
            to: compared.place(1, both.positions[1]),
        })
        .collect();
    let pictures = compared.pictures.each_ref();
    let share: f32 = found.iter().map(|both| both.contribution).sum();
    let mut caption = match found.len() {
        0 => vec![format!("{} and {}", compared.names[0], compared.names[1])],
        count => vec![
            format!("the {count} strongest pairs of positions"),
            format!("together they add {share:.3} of {:.3}", compared.pair.cosine()),
        ],
    };
    caption.extend(compared.damage());
    Panel { image: connect(pictures, &connections, style.cell_height, style.gap), caption }
}

/// What of each speaks for the similarity.
///
/// # Errors
/// Where a map cannot be drawn.
pub fn maps(compared: &Compared, style: &FigureStyle) -> Result<Panel, Error> {
    let [first, second] = compared.pair.maps();
    let sums = [&first, &second].map(|map| map.iter().map(|&v| f64::from(v)).sum::<f64>());
    let laid_over = [over(compared, 0, &first)?, over(compared, 1, &second)?];
    let mut caption = vec![
        "what of each is like the other".to_owned(),
        format!("adds up to {:.3} on the left, to {:.3} on the right", sums[0], sums[1]),
    ];
    if compared.pair.beside().is_some() {
        let cosine = f64::from(compared.pair.cosine());
        caption.push(format!("pairs of patches; the other {:.3} is of no pair", cosine - sums[0]));
    }
    caption.extend(compared.windows.iter().find_map(unseen));
    caption.extend(edges(compared.upsampling[0].kind()));
    Ok(Panel { image: connect(laid_over.each_ref(), &[], style.cell_height, style.gap), caption })
}

/// One image's positions over it, from zero to the largest: what adds nothing has the map's first
/// colour, in both images alike.
fn over(compared: &Compared, side: usize, values: &[f32]) -> Result<RgbImage, Error> {
    let [rows, columns] = compared.pair.sizes()[side];
    let shown = values.iter().enumerate().filter(|(position, _)| compared.shows(side, *position));
    let largest = shown.map(|(_, &value)| value).fold(f32::MIN_POSITIVE, f32::max);
    let map = Map::new(columns, rows, values.to_vec()).context("a map of the layer's size")?;
    lay_over(
        &compared.pictures[side],
        &compared.windows[side],
        (&map, &compared.upsampling[side]),
        largest,
        &OverlayStyle::default(),
    )
}

/// The point in its image, and what of the other belongs to it.
fn of_point(compared: &Compared, point: &Point, style: &FigureStyle) -> Result<Panel, Error> {
    let partners = compared.pair.partners(point.position).context("a position of the layer")?;
    let sum: f64 = partners.iter().map(|&value| f64::from(value)).sum();
    let mut image = compared.pictures[0].clone();
    mark(&mut image, point.pixel);
    let [x, y] = point.pixel;
    let pictures = [image, over(compared, 1, partners)?];
    let mut caption = vec![
        format!("what of {} belongs to {x}, {y}", compared.names[1]),
        format!("adds up to {sum:.4}"),
    ];
    caption.extend(unseen(&compared.windows[1]));
    caption.extend(edges(compared.upsampling[1].kind()));
    Ok(Panel { image: connect(pictures.each_ref(), &[], style.cell_height, style.gap), caption })
}

/// A square with an edge, large enough to be seen in a figure.
fn mark(image: &mut RgbImage, [x, y]: [u32; 2]) {
    let reach = (image.width().max(image.height()) / 60).max(2);
    for (reach, color) in [(reach + reach.div_ceil(3), [20, 20, 20]), (reach, [255, 225, 25])] {
        let square = RgbImage::from_pixel(2 * reach + 1, 2 * reach + 1, Rgb(color));
        let at = |middle: u32| i64::from(middle) - i64::from(reach);
        imageops::replace(image, &square, at(x), at(y));
    }
}
