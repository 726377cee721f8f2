use super::Panels;
use crate::buffer::Buffer;
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
            for lane in 0..lanes {
                let kernel =
                    std::array::from_fn(|tap| f64::from(taps[panel.start + tap * lanes + lane]));
                let start = panel.start / 9 * positions + lane;
                let places = transformed[start..].iter_mut().step_by(lanes);
                match size {
                    Size::Two => transform(&G2, kernel, places),
                    Size::Four => transform(&G4, kernel, places),
                }
            }
        }
        Self { weights }
    }
}

/// G g Gᵀ, one value per place.
fn transform<'a, const A: usize>(
    g: &[[f64; 3]; A],
    kernel: [f64; 9],
    mut places: impl Iterator<Item = &'a mut f32>,
) {
    let rows = g.map(|g| {
        let column = |x: usize| g[0] * kernel[x] + g[1] * kernel[3 + x] + g[2] * kernel[6 + x];
        [column(0), column(1), column(2)]
    });
    for row in rows {
        for g in g {
            let value = row[0] * g[0] + row[1] * g[1] + row[2] * g[2];
            if let Some(place) = places.next() {
                *place = value as f32;
            }
        }
    }
}
