//! A preconditioner for the equations of [`impute`](crate::impute): what takes conjugate gradients
//! alone hundreds of steps, as news crosses a gap one pixel at a time, crosses it here in one.

/// Jacobi's sweeps before and after the coarser level.
const SWEEPS: usize = 2;

/// Their damping, which leaves what is smooth to the coarser level.
const DAMPING: f32 = 0.7;

/// Squares of constant value underestimate a smooth correction by about this factor (Braess,
/// *Towards algebraic multigrid for elliptic problems of second order*, Computing 55, 1995).
const OVERCORRECTION: f32 = 1.8;

/// Cells of the last level, which sweeps alone solve.
const COARSEST: usize = 16;

/// Sweeps of the last level.
const COARSEST_SWEEPS: usize = 8;

/// A symmetric matrix over the cells of a grid, each coupled to its eight neighbours. All arrays
/// have a border of one cell, where everything is zero.
pub(crate) struct Level {
    height: usize,
    /// Of a row with its borders.
    stride: usize,
    /// What stands on the diagonal; zero where a cell is no unknown.
    diagonal: Vec<f32>,
    /// Minus what couples a cell to its neighbour on the right, below on the left, below, and below
    /// on the right.
    couplings: [Vec<f32>; 4],
    coarser: Option<Box<Level>>,
}

/// From a cell to the neighbours it holds the coupling to: rows down, columns right.
const NEIGHBOURS: [(usize, isize); 4] = [(0, 1), (1, -1), (1, 0), (1, 1)];

impl Level {
    /// The finest level, with all coarser ones. `weights` are those of [`NEIGHBOURS`].
    pub(crate) fn new(
        [height, stride]: [usize; 2],
        unknown: &[f32],
        sums: &[f32],
        weights: [f32; 4],
    ) -> Self {
        let diagonal = unknown.iter().zip(sums).map(|(unknown, sum)| unknown * sum).collect();
        let couplings = std::array::from_fn(|direction| {
            let (down, right) = NEIGHBOURS[direction];
            let step = (down * stride).wrapping_add_signed(right);
            let mut coupling = vec![0.0; unknown.len()];
            for (at, coupling) in coupling.iter_mut().enumerate() {
                let other = unknown.get(at + step).copied().unwrap_or(0.0);
                *coupling = weights[direction] * unknown[at] * other;
            }
            coupling
        });
        let mut level = Self { height, stride, diagonal, couplings, coarser: None };
        level.coarser = level.coarsen().map(Box::new);
        level
    }

    /// Four cells become one: the matrix of values that are constant in squares of two by two.
    fn coarsen(&self) -> Option<Self> {
        let (height, width) = (self.height, self.stride - 2);
        if height * width <= COARSEST {
            return None;
        }
        let (coarse_height, coarse_stride) = (height.div_ceil(2), width.div_ceil(2) + 2);
        let size = (coarse_height + 2) * coarse_stride;
        let square = |y: usize, x: usize| (y.div_ceil(2), x.div_ceil(2));
        let mut diagonal = vec![0.0; size];
        let mut couplings: [Vec<f32>; 4] = std::array::from_fn(|_| vec![0.0; size]);
        for y in 1..=height {
            for x in 1..=width {
                let at = y * self.stride + x;
                let (row, column) = square(y, x);
                let coarse = row * coarse_stride + column;
                diagonal[coarse] += self.diagonal[at];
                for ((down, right), coupling) in NEIGHBOURS.into_iter().zip(&self.couplings) {
                    let weight = coupling[at];
                    if weight == 0.0 {
                        continue;
                    }
                    let (other_row, other_column) = square(y + down, x.wrapping_add_signed(right));
                    let apart = (other_row - row, other_column as isize - column as isize);
                    match NEIGHBOURS.iter().position(|&neighbour| neighbour == apart) {
                        Some(direction) => couplings[direction][coarse] += weight,
                        None if apart == (0, 0) => diagonal[coarse] -= 2.0 * weight,
                        // The one on the left in the same row holds no coupling: this cell's
                        // neighbour holds it.
                        None => couplings[0][row * coarse_stride + other_column] += weight,
                    }
                }
            }
        }
        let mut level = Self {
            height: coarse_height,
            stride: coarse_stride,
            diagonal,
            couplings,
            coarser: None,
        };
        level.coarser = level.coarsen().map(Box::new);
        Some(level)
    }

    /// out = b − A·x.
    fn residual(&self, x: &[f32], b: &[f32], out: &mut [f32]) {
        let stride = self.stride;
        let [right, below_left, below, below_right] = &self.couplings;
        for y in 1..=self.height {
            // The row without its borders, and the same from rows and columns aside.
            let here = y * stride + 1..(y + 1) * stride - 1;
            let at = |down: isize, aside: isize| {
                let by = down * stride as isize + aside;
                here.start.wrapping_add_signed(by)..here.end.wrapping_add_signed(by)
            };
            let (r, bl, bb, br) = (
                &right[here.clone()],
                &below_left[here.clone()],
                &below[here.clone()],
                &below_right[here.clone()],
            );
            let left = &right[at(0, -1)];
            let (al, aa, ar) =
                (&below_right[at(-1, -1)], &below[at(-1, 0)], &below_left[at(-1, 1)]);
            let (xr, xl) = (&x[at(0, 1)], &x[at(0, -1)]);
            let (xbl, xb, xbr) = (&x[at(1, -1)], &x[at(1, 0)], &x[at(1, 1)]);
            let (xal, xa, xar) = (&x[at(-1, -1)], &x[at(-1, 0)], &x[at(-1, 1)]);
            let (x, b, diagonal) =
                (&x[here.clone()], &b[here.clone()], &self.diagonal[here.clone()]);
            let out = &mut out[here];
            for i in 0..out.len() {
                let beside = r[i] * xr[i] + left[i] * xl[i];
                let under = bl[i] * xbl[i] + bb[i] * xb[i] + br[i] * xbr[i];
                let over = al[i] * xal[i] + aa[i] * xa[i] + ar[i] * xar[i];
                out[i] = b[i] - diagonal[i] * x[i] + (beside + under + over);
            }
        }
    }

    /// One V-cycle from zero: x ≈ A⁻¹·b.
    pub(crate) fn precondition(&self, b: &[f32]) -> Vec<f32> {
        let inverse = |diagonal: f32| if diagonal > 0.0 { DAMPING / diagonal } else { 0.0 };
        let inverses: Vec<f32> = self.diagonal.iter().map(|&diagonal| inverse(diagonal)).collect();
        // The first sweep from zero needs no residual.
        let mut x: Vec<f32> = b.iter().zip(&inverses).map(|(b, inverse)| b * inverse).collect();
        let mut residual = vec![0.0; x.len()];
        let sweep = |x: &mut [f32], residual: &mut [f32]| {
            self.residual(x, b, residual);
            let terms = residual.iter().zip(&inverses);
            x.iter_mut().zip(terms).for_each(|(x, (r, inverse))| *x += r * inverse);
        };
        let Some(coarser) = &self.coarser else {
            (1..COARSEST_SWEEPS).for_each(|_| sweep(&mut x, &mut residual));
            return x;
        };
        (1..SWEEPS).for_each(|_| sweep(&mut x, &mut residual));
        self.residual(&x, b, &mut residual);
        let correction = coarser.precondition(&self.restrict(&residual, coarser));
        for y in 1..=self.height {
            for column in 1..self.stride - 1 {
                let coarse = y.div_ceil(2) * coarser.stride + column.div_ceil(2);
                let at = y * self.stride + column;
                if self.diagonal[at] > 0.0 {
                    x[at] += OVERCORRECTION * correction[coarse];
                }
            }
        }
        (0..SWEEPS).for_each(|_| sweep(&mut x, &mut residual));
        x
    }

    /// Sums over squares.
    fn restrict(&self, values: &[f32], coarser: &Self) -> Vec<f32> {
        let mut sums = vec![0.0; coarser.diagonal.len()];
        for y in 1..=self.height {
            let row = &values[y * self.stride..(y + 1) * self.stride];
            let into = &mut sums[y.div_ceil(2) * coarser.stride..];
            for (x, value) in row.iter().enumerate().take(self.stride - 1).skip(1) {
                into[x.div_ceil(2)] += value;
            }
        }
        sums
    }
}
