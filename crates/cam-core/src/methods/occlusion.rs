use burn::tensor::{Tensor, TensorData};

use super::{Cost, MethodInfo};
use crate::read;
use crate::{Error, Method, Steps, View};

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "occlusion",
    title: "Occlusion",
    summary: "what the score loses where a patch hides the image",
    source: "arXiv 1311.2901",
    cost: Cost::Forwards,
    needs: &[],
    settings: &[],
    make: |_| Box::new(Occlusion::default()),
};

/// Occlusion: what the score loses where a patch hides the image.
///
/// map(x, y) = mean over the patches that cover (x, y) of s(image) − s(image with the patch hidden)
/// (Zeiler and Fergus, *Visualizing and Understanding Convolutional Networks*, arXiv 1311.2901,
/// section 4.2). The patch has the value zero of the normalised input, the mean colour of the
/// network's training images. It needs no gradient, and serves any target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occlusion {
    /// Patches side by side along the shorter side of the image.
    pub patches: usize,
    /// Positions per patch along a side: more of them give finer maps.
    pub overlap: usize,
}

impl Default for Occlusion {
    fn default() -> Self {
        Self { patches: 6, overlap: 2 }
    }
}

impl Method for Occlusion {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, _, height, width] = view.images().dims();
        let patch = height.min(width).div_ceil(self.patches.max(1));
        let stride = patch.div_ceil(self.overlap.max(1));
        let rows = spans(height, patch, stride);
        let columns = spans(width, patch, stride);
        let patches: Vec<[(usize, usize); 2]> =
            rows.iter().flat_map(|&row| columns.iter().map(move |&column| [row, column])).collect();
        let mut steps = view.steps(n * patches.len())?;
        let mut maps = Vec::new();
        for image in 0..n {
            maps.extend(image_maps(view, image, &patches, &mut steps)?);
        }
        let shape = [n, view.questions(), height, width];
        Ok(Tensor::from_data(TensorData::new(maps, shape), &view.images().device()))
    }

    fn is_at_input(&self) -> bool {
        true
    }
}

/// From and to, so that the last one ends at the side's end.
fn spans(side: usize, patch: usize, stride: usize) -> Vec<(usize, usize)> {
    let mut starts: Vec<usize> = (0..=side - patch).step_by(stride).collect();
    if starts.last() != Some(&(side - patch)) {
        starts.push(side - patch);
    }
    starts.into_iter().map(|start| (start, start + patch)).collect()
}

/// The maps of all questions about one image, `[k, h, w]`.
fn image_maps(
    view: &View<'_>,
    image: usize,
    patches: &[[(usize, usize); 2]],
    steps: &mut Steps<'_>,
) -> Result<Vec<f32>, Error> {
    let [_, _, height, width] = view.images().dims();
    let questions = view.questions();
    let pixels = view.images().clone().narrow(0, image, 1);
    let device = pixels.device();
    let whole = read(view.scores().clone().narrow(0, image, 1))?;
    let mut losses = vec![0.0; questions * height * width];
    let mut covers = vec![0.0_f32; height * width];
    for some in patches.chunks(view.images_at_once()) {
        let mut masks = vec![1.0_f32; some.len() * height * width];
        for (mask, [rows, columns]) in masks.chunks_mut(height * width).zip(some) {
            (rows.0..rows.1).for_each(|y| mask[y * width..][columns.0..columns.1].fill(0.0));
        }
        let masks = TensorData::new(masks, [some.len(), 1, height, width]);
        let hidden = pixels.clone() * Tensor::<4>::from_data(masks, &device);
        let scores = read(view.scores_of(image, hidden))?;
        for ([rows, columns], scores) in some.iter().zip(scores.chunks(questions)) {
            for y in rows.0..rows.1 {
                for x in columns.0..columns.1 {
                    covers[y * width + x] += 1.0;
                    for (question, score) in scores.iter().enumerate() {
                        let loss = &mut losses[(question * height + y) * width + x];
                        *loss += whole[question] - score;
                    }
                }
            }
        }
        steps.advance(some.len())?;
    }
    for map in losses.chunks_mut(height * width) {
        map.iter_mut().zip(&covers).for_each(|(loss, covers)| *loss /= covers);
    }
    Ok(losses)
}
