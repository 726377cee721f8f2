use super::Panels;
use crate::buffer::Buffer;
use crate::layout::CHANNELS;
use crate::winograd::Size;

/// G of F(2, 3).
const G2: [[f64; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];

/// G of F(4, 3).
const G4: [[f64; 3]; 6] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// Weights of a 3×3 convolution for Winograd's algorithm: G g Gᵀ as
/// `[panel][position][input channel][width]`, computed in f64.
pub(crate) struct Transformed {
    pub(crate) weights: Buffer,
}

impl Transformed {
    pub(crate) fn new(panels: &Panels, size: Size) -> Self {
        let (positions, depth) = (size.positions(), panels.depth);
        let taps = panels.weights.as_slice();
        let mut weights = Buffer::zeroed(taps.len() / 9 * positions);
        let transformed = weights.as_mut_slice();
        for panel in &panels.list {
            let lanes = depth * panel.width;
            let taps = &taps[panel.start..][..9 * lanes];
            let transformed = &mut transformed[panel.start / 9 * positions..];
            for lane in (0..lanes).step_by(CHANNELS) {
                let kernels = std::array::from_fn(|tap| {
                    std::array::from_fn(|i| f64::from(taps[tap * lanes + lane + i]))
                });
                let places = transformed[lane..].chunks_mut(lanes);
                match size {
                    Size::Two => transform(&G2, &kernels, places),
                    Size::Four => transform(&G4, &kernels, places),
                }
            }
        }
        Self { weights }
    }
}

/// One number for each of 16 output channels.
type Lanes = [f64; CHANNELS];

/// G g Gᵀ, 16 values per place.
fn transform<'a, const A: usize>(
    g: &[[f64; 3]; A],
    kernels: &[Lanes; 9],
    mut places: impl Iterator<Item = &'a mut [f32]>,
) {
    for rows in g {
        let row = [0, 1, 2].map(|x| combine(rows, &kernels[x], &kernels[3 + x], &kernels[6 + x]));
        for columns in g {
            let values = combine(columns, &row[0], &row[1], &row[2]);
            if let Some(place) = places.next() {
                for (place, value) in place.iter_mut().zip(values) {
                    *place = value as f32;
                }
            }
        }
    }
}

/// The scalar product of three numbers with three others, per lane.
fn combine(g: &[f64; 3], a: &Lanes, b: &Lanes, c: &Lanes) -> Lanes {
    std::array::from_fn(|i| g[0] * a[i] + g[1] * b[i] + g[2] * c[i])
}
