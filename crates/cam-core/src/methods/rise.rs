use burn::tensor::{Tensor, TensorData};
use cam_random::Random;

use super::{Cost, MethodInfo, Setting};
use crate::read;
use crate::steps::resize;
use crate::{Error, Method, Steps, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "rise",
    title: "RISE",
    summary: "random masks weighted by the score of what they leave visible",
    source: "arXiv 1806.07421",
    cost: Cost::Forwards,
    needs: &[],
    settings: &[Setting::Seed, Setting::Samples],
    make: |settings| {
        let default = Rise::default();
        let masks = settings.samples.unwrap_or(default.masks);
        Box::new(Rise { seed: settings.seed, masks, ..default })
    },
};

/// RISE: random masks, weighted by the score of what they leave visible.
///
/// map = mean_i (s(x ⊙ M_i) − s̄)·(M_i − p) / (p·(1 − p)), with masks M_i of `cells × cells` squares
/// that are open with probability p, enlarged bilinearly and shifted by parts of a cell (Petsiuk et
/// al., *RISE: Randomized Input Sampling for Explanation of Black-box Models*, arXiv 1806.07421,
/// equation 6 and section 3.2). It needs no gradient, and serves any target.
///
/// Deviation from the paper: the mean score s̄ and the mean mask p are taken off, which changes
/// nothing in expectation but a constant, and leaves far less noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rise {
    /// Masks. The map's noise shrinks with their root.
    pub masks: usize,
    /// Squares along each side of a mask.
    pub cells: usize,
    /// Share of the squares that are open.
    pub open: f32,
    /// Random seed.
    pub seed: u64,
}

impl Default for Rise {
    fn default() -> Self {
        Self { masks: 1000, cells: 7, open: 0.5, seed: 0 }
    }
}

impl Method for Rise {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, _, height, width] = view.images().dims();
        let mut steps = view.steps(n * self.count())?;
        let maps = (0..n).map(|image| self.image_maps(view, image, &mut steps));
        let maps: Tensor<3> = Tensor::cat(maps.collect::<Result<_, Error>>()?, 0);
        Ok(maps.reshape([n, view.questions(), height, width]))
    }

    fn is_at_input(&self) -> bool {
        true
    }
}

impl Rise {
    /// One mask has no mean to differ from.
    fn count(&self) -> usize {
        self.masks.max(2)
    }

    /// `[1, k, h·w]`.
    fn image_maps(
        &self,
        view: &View<'_>,
        image: usize,
        steps: &mut Steps<'_>,
    ) -> Result<Tensor<3>, Error> {
        let pixels = view.images().clone().narrow(0, image, 1);
        let [_, _, height, width] = pixels.dims();
        // The same masks for every image: what differs then is the images.
        let mut random = Random::new(self.seed);
        let count = self.count();
        let at_once = view.images_at_once();
        let mut scores = Vec::new();
        let mut sums: Option<[Tensor<2>; 2]> = None;
        for first in (0..count).step_by(at_once) {
            let some = at_once.min(count - first);
            let masks = (0..some).map(|_| self.mask(&mut random, [height, width], &pixels));
            let masks = Tensor::cat(masks.collect(), 0);
            let scored = view.scores_of(image, pixels.clone() * masks.clone());
            scores.extend(read(scored.clone())?);
            let flat = masks.reshape([some, height * width]);
            // Σ s·M and Σ M, one mask after the other, so that the sums do not depend on how many came
            // together; the means are taken off at the end.
            for mask in 0..some {
                let flat = flat.clone().narrow(0, mask, 1);
                let weighted = scored.clone().narrow(0, mask, 1).transpose() * flat.clone();
                sums = Some(match sums {
                    None => [weighted, flat],
                    Some([sum, plain]) => [sum + weighted, plain + flat],
                });
            }
            steps.advance(some)?;
        }
        let [weighted, plain] = sums.expect("there are masks");
        let questions = view.questions();
        let means: Vec<f32> = (0..questions)
            .map(|q| scores.iter().skip(q).step_by(questions).sum::<f32>() / count as f32)
            .collect();
        let means =
            Tensor::<2>::from_data(TensorData::new(means, [questions, 1]), &pixels.device());
        // Σ (s − s̄)·(M − p) = Σ s·M − s̄·Σ M, for the first factors sum to zero.
        let maps = weighted - means.matmul(plain);
        let spread = count as f32 * self.open * (1.0 - self.open);
        Ok(maps.div_scalar(spread.max(f32::MIN_POSITIVE)).unsqueeze_dim(0))
    }

    /// `[1, 1, h, w]`, values in 0..=1.
    fn mask(
        &self,
        random: &mut Random,
        [height, width]: [usize; 2],
        beside: &Tensor<4>,
    ) -> Tensor<4> {
        let cells = self.cells.max(1);
        let squares = 0..(cells + 1) * (cells + 1);
        let squares: Vec<f32> =
            squares.map(|_| if random.unit() < self.open { 1.0 } else { 0.0 }).collect();
        let squares = TensorData::new(squares, [1, 1, cells + 1, cells + 1]);
        let squares = Tensor::<4>::from_data(squares, &beside.device());
        let cell = [height.div_ceil(cells), width.div_ceil(cells)];
        let large = resize(squares, [(cells + 1) * cell[0], (cells + 1) * cell[1]]);
        let [y, x] = cell.map(|side| ((random.unit() * side as f32) as usize).min(side - 1));
        large.narrow(2, y, height).narrow(3, x, width)
    }
}
