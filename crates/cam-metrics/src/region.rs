/// Where something is in an image: pixels that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    size: [usize; 2],
    inside: Vec<bool>,
}

impl Region {
    /// The pixels for which a function of row and column is true, in an image of that height and width.
    pub fn of(size: [usize; 2], is_inside: impl Fn(usize, usize) -> bool) -> Self {
        let [height, width] = size;
        let inside = (0..height * width).map(|at| is_inside(at / width, at % width)).collect();
        Self { size, inside }
    }

    /// A cell of a grid, counted by rows, that divides an image of `size` pixels (height and width) evenly.
    pub fn cell(size: [usize; 2], [rows, columns]: [usize; 2], index: usize) -> Self {
        let (row, column) = (index / columns, index % columns);
        let span = |i: usize, parts: usize, side: usize| i * side / parts..(i + 1) * side / parts;
        let (rows, columns) = (span(row, rows, size[0]), span(column, columns, size[1]));
        Self::of(size, |y, x| rows.contains(&y) && columns.contains(&x))
    }

    /// The pixels whose centres lie in any of some polygons. Points are columns and rows, as parts of the image's width
    /// and height in 0..=1, so that an outline fits the image at every size. A polygon that crosses itself has holes (the
    /// even-odd rule).
    pub fn polygons(size: [usize; 2], polygons: &[Vec<[f64; 2]>]) -> Self {
        let [height, width] = size.map(|side| side as f64);
        Self::of(size, |y, x| {
            let centre = [(x as f64 + 0.5) / width, (y as f64 + 0.5) / height];
            polygons.iter().any(|polygon| encloses(polygon, centre))
        })
    }

    /// Height and width of the image.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Whether each pixel belongs to it, row by row.
    pub fn inside(&self) -> &[bool] {
        &self.inside
    }

    /// Its share of the image, in 0..=1: what a map without knowledge puts into it.
    pub fn share(&self) -> f32 {
        let inside = self.inside.iter().filter(|&&inside| inside).count();
        inside as f32 / self.inside.len().max(1) as f32
    }
}

/// Whether a ray to the right of the point crosses the outline an odd number of times.
fn encloses(polygon: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let ends = polygon.iter().zip(polygon.iter().cycle().skip(1));
    let crossed = ends.filter(|([ax, ay], [bx, by])| {
        (*ay > y) != (*by > y) && x < ax + (bx - ax) * (y - ay) / (by - ay)
    });
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [[f64; 2]; 4] = [[0.25, 0.5], [0.75, 0.5], [0.75, 1.0], [0.25, 1.0]];

    #[test]
    fn cells_of_a_grid_share_out_the_image() {
        let cells: Vec<Region> = (0..6).map(|index| Region::cell([8, 9], [2, 3], index)).collect();
        for position in 0..72 {
            assert_eq!(cells.iter().filter(|cell| cell.inside()[position]).count(), 1);
        }
        assert!(cells.iter().all(|cell| (cell.share() - 1.0 / 6.0).abs() < 1e-6));
    }

    #[test]
    fn a_polygon_covers_its_share_at_every_size() {
        for side in [4, 8, 100] {
            assert_eq!(Region::polygons([side, side], &[SQUARE.to_vec()]).share(), 0.25);
        }
        let wide = Region::polygons([2, 4], &[SQUARE.to_vec()]);
        assert_eq!(wide.inside(), [false, false, false, false, false, true, true, false]);
    }

    #[test]
    fn polygons_that_overlap_count_once() {
        let half = vec![[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]];
        let both = Region::polygons([8, 8], &[half.clone(), SQUARE.to_vec()]);
        assert_eq!(both, Region::polygons([8, 8], &[half]));
    }

    #[test]
    fn the_direction_in_which_an_outline_is_drawn_does_not_matter() {
        let mut turned = SQUARE.to_vec();
        turned.reverse();
        assert_eq!(
            Region::polygons([9, 9], &[turned]),
            Region::polygons([9, 9], &[SQUARE.to_vec()])
        );
    }
}
