//! The largest eigenvalue of a symmetric matrix, and its eigenvector.

use cam_random::Random;

/// A residual this small, as a share of the matrix's size, is rounding.
const TOLERANCE: f64 = 1e-10;

/// Steps between restarts. The small problem that each of them ends with costs their cube.
const STEPS: usize = 32;

/// Restarts until the vector is taken as it is: two eigenvalues that no iteration tells apart have
/// a plane of eigenvectors, of which any serves.
const RESTARTS: usize = 40;

/// A symmetric matrix, row by row.
pub(super) struct Symmetric {
    pub(super) values: Vec<f64>,
    pub(super) size: usize,
}

impl Symmetric {
    fn times(&self, x: &[f64]) -> Vec<f64> {
        self.values.chunks(self.size).map(|row| dot(row, x)).collect()
    }

    /// The algebraically largest eigenvalue and its eigenvector of length one; none of a matrix of
    /// zeros.
    ///
    /// By Lanczos' iteration with full reorthogonalisation, restarted from its best vector (Golub
    /// and Van Loan, *Matrix Computations*, section 10.3).
    pub(super) fn largest(&self) -> Option<(f64, Vec<f64>)> {
        let scale = self.values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        if scale == 0.0 {
            return None;
        }
        // Numbers without a pattern, for an eigenvector that the start is orthogonal to is never
        // found: of a centred matrix that would be all ones.
        let mut random = Random::new(0);
        let mut vector: Vec<f64> = (0..self.size).map(|_| f64::from(random.unit()) - 0.5).collect();
        let mut value = 0.0;
        for _ in 0..RESTARTS {
            (value, vector) = self.improve(vector);
            let image = self.times(&vector);
            let residual = image.iter().zip(&vector).map(|(y, x)| (y - value * x).powi(2));
            if residual.sum::<f64>().sqrt() <= TOLERANCE * scale {
                break;
            }
        }
        Some((value, vector))
    }

    /// The best value and vector that some steps of the iteration find.
    fn improve(&self, start: Vec<f64>) -> (f64, Vec<f64>) {
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let (mut diagonal, mut beside) = (Vec::new(), Vec::new());
        let mut next = start;
        for _ in 0..STEPS.min(self.size) {
            let length = dot(&next, &next).sqrt();
            if length <= f64::MIN_POSITIVE {
                break;
            }
            let current: Vec<f64> = next.iter().map(|value| value / length).collect();
            next = self.times(&current);
            let along = dot(&next, &current);
            let before = next.clone();
            basis.push(current);
            diagonal.push(along);
            // Twice, for once leaves what rounding puts back.
            for _ in 0..2 {
                for vector in &basis {
                    let share = dot(&next, vector);
                    next.iter_mut().zip(vector).for_each(|(value, x)| *value -= share * x);
                }
            }
            let left = dot(&next, &next).sqrt();
            if left <= TOLERANCE * dot(&before, &before).sqrt() {
                break;
            }
            beside.push(left);
        }
        let size = basis.len();
        let mut small = vec![0.0; size * size];
        for i in 0..size {
            small[i * size + i] = diagonal[i];
            if let (true, Some(&value)) = (i + 1 < size, beside.get(i)) {
                small[i * size + i + 1] = value;
                small[(i + 1) * size + i] = value;
            }
        }
        let (value, shares) = largest_by_rotations(small, size);
        let mut vector = vec![0.0; self.size];
        for (share, part) in shares.iter().zip(&basis) {
            vector.iter_mut().zip(part).for_each(|(value, x)| *value += share * x);
        }
        let length = dot(&vector, &vector).sqrt();
        vector.iter_mut().for_each(|x| *x /= length);
        (value, vector)
    }
}

/// Jacobi's method, for matrices of a few dozen rows.
fn largest_by_rotations(mut matrix: Vec<f64>, size: usize) -> (f64, Vec<f64>) {
    const SWEEPS: usize = 30;
    let mut vectors: Vec<f64> = (0..size * size).map(|i| f64::from(i % (size + 1) == 0)).collect();
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..size {
            for q in p + 1..size {
                let (pp, qq, pq) =
                    (matrix[p * size + p], matrix[q * size + q], matrix[p * size + q]);
                if pq.abs() <= f64::EPSILON * (pp * qq).abs().sqrt() || pq == 0.0 {
                    continue;
                }
                rotated = true;
                let theta = (qq - pp) / (2.0 * pq);
                let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let cosine = tangent.hypot(1.0).recip();
                let sine = tangent * cosine;
                for i in 0..size {
                    rotate(&mut matrix, i * size + p, i * size + q, (cosine, sine));
                }
                for i in 0..size {
                    rotate(&mut matrix, p * size + i, q * size + i, (cosine, sine));
                    rotate(&mut vectors, i * size + p, i * size + q, (cosine, sine));
                }
            }
        }
        if !rotated {
            break;
        }
    }
    let value = |i: usize| matrix[i * size + i];
    let largest = (0..size).max_by(|&a, &b| value(a).total_cmp(&value(b))).unwrap_or(0);
    (value(largest), (0..size).map(|i| vectors[i * size + largest]).collect())
}

fn rotate(values: &mut [f64], a: usize, b: usize, (cosine, sine): (f64, f64)) {
    let (x, y) = (values[a], values[b]);
    values[a] = cosine * x - sine * y;
    values[b] = sine * x + cosine * y;
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix with known eigenvalues: a reflection of a diagonal one.
    fn reflected(eigenvalues: &[f64]) -> Symmetric {
        let size = eigenvalues.len();
        let mut random = Random::new(7);
        let normal: Vec<f64> = (0..size).map(|_| f64::from(random.normal())).collect();
        let square = dot(&normal, &normal);
        let reflection =
            |i: usize, j: usize| f64::from(u8::from(i == j)) - 2.0 * normal[i] * normal[j] / square;
        let entry = |i: usize, j: usize| {
            (0..size).map(|m| reflection(i, m) * eigenvalues[m] * reflection(m, j)).sum()
        };
        let values = (0..size * size).map(|at| entry(at / size, at % size)).collect();
        Symmetric { values, size }
    }

    #[test]
    fn the_largest_eigenvalue_is_found_among_close_and_negative_ones() {
        for eigenvalues in [
            vec![5.0],
            vec![-3.0, 1.0],
            (0..100).map(|i| f64::from(i) / 10.0).collect(),
            (0..150).map(|i| if i == 3 { 1.0 } else { -f64::from(i) }).collect(),
            [vec![1.0, 0.999], vec![0.5; 70]].concat(),
        ] {
            let matrix = reflected(&eigenvalues);
            let expected = eigenvalues.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (value, vector) = matrix.largest().expect("the matrix is not zero");
            assert!((value - expected).abs() < 1e-7 * expected.abs(), "{value} {expected}");
            let image = matrix.times(&vector);
            let residual = image.iter().zip(&vector).map(|(y, x)| (y - value * x).abs());
            assert!(residual.fold(0.0, f64::max) < 1e-6);
        }
    }

    #[test]
    fn zeros_have_no_direction() {
        assert!(Symmetric { values: vec![0.0; 9], size: 3 }.largest().is_none());
    }
}
