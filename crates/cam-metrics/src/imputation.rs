use crate::multigrid::Level;
use crate::{Error, Image};

/// A residual this small, as a share of the right-hand side: far below the noise that hides the
/// filling.
const TOLERANCE: f64 = 1e-5;

/// Far more than any gap takes.
const ITERATIONS: usize = 1_000;

/// Fills pixels so that each is the mean of its neighbours: direct ones count 1/6, diagonal ones
/// 1/12, those beyond the border not at all (Rong et al., *A Consistent and Efficient Evaluation
/// Strategy for Attribution Methods*, arXiv 2202.00449, section 4.2).
///
/// The equations of all unknown pixels are symmetric and positive definite, and their matrix is a
/// 3×3 filter: conjugate gradients need no more than passes of it over the image, some twenty of them
/// behind a multigrid preconditioner. They begin with the mean of what is known near by.
///
/// # Errors
/// [`Error::NothingKnown`] where no pixel is, [`Error::Length`] where `known` is of another size,
/// [`Error::NotConverged`].
pub fn impute(image: &Image, known: &[bool]) -> Result<Image, Error> {
    let [height, width] = image.size();
    if known.len() != height * width {
        return Err(Error::Length { what: "a mask", expected: height * width, found: known.len() });
    }
    if known.iter().all(|known| *known) {
        return Ok(image.clone());
    }
    if !known.contains(&true) {
        return Err(Error::NothingKnown);
    }
    let grid = Grid::new([height, width], known);
    let mut failed = None;
    let filled = image.map_planes(|_, plane| {
        if let Err(error) = grid.fill(plane) {
            failed = Some(error);
        }
    });
    failed.map_or(Ok(filled), Err)
}

/// Which pixels are unknown, with a border of known zeros around them.
struct Grid {
    height: usize,
    /// Of a row with its borders.
    stride: usize,
    /// One where a pixel is unknown, else zero.
    unknown: Vec<f32>,
    /// Weights of each pixel's neighbours within the image, summed.
    sums: Vec<f32>,
    preconditioner: Level,
}

impl Grid {
    fn new([height, width]: [usize; 2], known: &[bool]) -> Self {
        let stride = width + 2;
        let mut unknown = vec![0.0; (height + 2) * stride];
        let mut inside = unknown.clone();
        for (position, known) in known.iter().enumerate() {
            let at = (position / width + 1) * stride + position % width + 1;
            unknown[at] = if *known { 0.0 } else { 1.0 };
            inside[at] = 1.0;
        }
        let mut sums = vec![0.0; inside.len()];
        neighbours([height, stride], &inside, &mut sums);
        // On the right, below on the left, below, below on the right.
        let weights = [1.0 / 6.0, 1.0 / 12.0, 1.0 / 6.0, 1.0 / 12.0];
        let preconditioner = Level::new([height, stride], &unknown, &sums, weights);
        Self { height, stride, unknown, sums, preconditioner }
    }

    /// What the equations make of x: (sums·x − neighbours of x) where pixels are unknown.
    fn apply(&self, x: &[f32], out: &mut [f32]) {
        neighbours([self.height, self.stride], x, out);
        for (((out, x), sum), unknown) in out.iter_mut().zip(x).zip(&self.sums).zip(&self.unknown) {
            *out = unknown * (sum * x - *out);
        }
    }

    /// Solves for the unknown pixels of a plane, by conjugate gradients.
    fn fill(&self, plane: &mut [f32]) -> Result<(), Error> {
        let mut given = self.bordered(plane);
        given.iter_mut().zip(&self.unknown).for_each(|(value, unknown)| *value *= 1.0 - unknown);
        // Known neighbours are the right-hand side.
        let mut right = vec![0.0; given.len()];
        neighbours([self.height, self.stride], &given, &mut right);
        right.iter_mut().zip(&self.unknown).for_each(|(value, unknown)| *value *= unknown);
        let mut x = self.guess(&given);
        let mut image = vec![0.0; x.len()];
        self.apply(&x, &mut image);
        let mut residual: Vec<f32> = right.iter().zip(&image).map(|(b, ax)| b - ax).collect();
        let mut steepest = self.preconditioner.precondition(&residual);
        let mut direction = steepest.clone();
        let mut product = dot(&residual, &steepest);
        let enough = TOLERANCE.powi(2) * dot(&right, &right).max(f64::MIN_POSITIVE);
        for iteration in 0.. {
            if dot(&residual, &residual) <= enough {
                break;
            }
            if iteration == ITERATIONS {
                let (tolerance, iterations) = (TOLERANCE, ITERATIONS);
                return Err(Error::NotConverged { tolerance, iterations });
            }
            self.apply(&direction, &mut image);
            let step = (product / dot(&direction, &image)) as f32;
            x.iter_mut().zip(&direction).for_each(|(x, d)| *x += step * d);
            residual.iter_mut().zip(&image).for_each(|(r, ad)| *r -= step * ad);
            steepest = self.preconditioner.precondition(&residual);
            let next = dot(&residual, &steepest);
            let share = (next / product) as f32;
            direction.iter_mut().zip(&steepest).for_each(|(d, s)| *d = s + share * *d);
            product = next;
        }
        let width = self.stride - 2;
        for (position, value) in plane.iter_mut().enumerate() {
            let at = (position / width + 1) * self.stride + position % width + 1;
            if self.unknown[at] == 1.0 {
                *value = x[at];
            }
        }
        Ok(())
    }

    fn bordered(&self, plane: &[f32]) -> Vec<f32> {
        let width = self.stride - 2;
        let mut values = vec![0.0; (self.height + 2) * self.stride];
        for (y, row) in plane.chunks(width).enumerate() {
            values[(y + 1) * self.stride + 1..][..width].copy_from_slice(row);
        }
        values
    }

    /// Unknown pixels from the mean of what is known in the smallest square of 2ⁿ pixels around
    /// them that holds something known, smoothly: the pyramid of Gortler et al., *The Lumigraph*
    /// (SIGGRAPH 1996), section 3.4.
    fn guess(&self, given: &[f32]) -> Vec<f32> {
        let inside = |at: usize| {
            let (y, x) = (at / self.stride, at % self.stride);
            (1..=self.height).contains(&y) && (1..self.stride - 1).contains(&x)
        };
        let known = |at: usize| inside(at) && self.unknown[at] == 0.0;
        let weights: Vec<f32> = (0..given.len()).map(|at| f32::from(u8::from(known(at)))).collect();
        let filled = pyramid(given, &weights, [self.height + 2, self.stride]);
        filled.iter().zip(&self.unknown).map(|(value, unknown)| value * unknown).collect()
    }
}

/// Every pixel's weighted sum of its neighbours, within a border of zeros.
fn neighbours([height, stride]: [usize; 2], x: &[f32], out: &mut [f32]) {
    let mut columns = vec![0.0; stride];
    for y in 1..=height {
        let rows = &x[(y - 1) * stride..(y + 2) * stride];
        let (above, rest) = rows.split_at(stride);
        let (middle, below) = rest.split_at(stride);
        for (((column, a), m), b) in columns.iter_mut().zip(above).zip(middle).zip(below) {
            *column = a + 2.0 * m + b;
        }
        // [1 2 1] down times [1 2 1] across, less the pixel itself: 2 beside, 1 across corners.
        let out = &mut out[y * stride + 1..(y + 1) * stride - 1];
        for ((out, columns), m) in out.iter_mut().zip(columns.windows(3)).zip(&middle[1..]) {
            *out = (columns[0] + 2.0 * columns[1] + columns[2] - 4.0 * m) / 12.0;
        }
    }
}

/// Values everywhere, from values with weights of 0 or 1 that are not all 0.
fn pyramid(values: &[f32], weights: &[f32], [height, width]: [usize; 2]) -> Vec<f32> {
    if weights.iter().all(|&weight| weight == 1.0) || height * width == 1 {
        return values.to_vec();
    }
    let half = [height.div_ceil(2), width.div_ceil(2)];
    let mut sums = vec![0.0; half[0] * half[1]];
    let mut counts = sums.clone();
    for (at, (value, weight)) in values.iter().zip(weights).enumerate() {
        let coarse = at / width / 2 * half[1] + at % width / 2;
        sums[coarse] += value * weight;
        counts[coarse] += weight;
    }
    for (sum, count) in sums.iter_mut().zip(&mut counts) {
        if *count > 0.0 {
            *sum /= *count;
            *count = 1.0;
        }
    }
    let coarse = pyramid(&sums, &counts, half);
    let at = |y: usize, x: usize| coarse[y.min(half[0] - 1) * half[1] + x.min(half[1] - 1)];
    let fill = |(index, (&value, &weight)): (usize, (&f32, &f32))| {
        if weight > 0.0 {
            return value;
        }
        // Bilinear: a fine pixel lies a quarter of a coarse one beside its centre.
        let (y, x) = (index / width, index % width);
        let other =
            |i: usize| if i.is_multiple_of(2) { (i / 2).saturating_sub(1) } else { i / 2 + 1 };
        let row = |y: usize| 0.75 * at(y, x / 2) + 0.25 * at(y, other(x));
        0.75 * row(y / 2) + 0.25 * row(other(y))
    };
    values.iter().zip(weights).enumerate().map(fill).collect()
}

/// In f64 across chunks: a sum of f32 loses what the last iterations are about.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let chunks = a.chunks(256).zip(b.chunks(256));
    chunks.map(|(a, b)| f64::from(a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>())).sum()
}
