use burn::tensor::{Tensor, TensorData};
use cam_random::Random;

use crate::Error;
use crate::read::{all_finite, read};

/// Keeps divisions finite where a part has become zero.
const EPSILON: f32 = 1e-9;

/// Activations of a batch as a sum of few parts, each a direction and where it is.
#[derive(Debug, Clone)]
pub struct Factorization {
    /// The directions, `[r, c]`.
    pub concepts: Tensor<2>,
    /// How much of each there is at every position, `[n, r, h', w']`, never negative.
    pub maps: Tensor<4>,
    /// ‖V − W·H‖ / ‖V‖: the share that the parts leave out, in 0..=1.
    pub residual: f32,
}

/// Deep feature factorization: the parts that a batch of images has in common, found without any
/// question.
///
/// V ≈ W·H with W, H ≥ 0, V = A less each channel's minimum, as c rows of all positions of all
/// images (Collins et al., *Deep Feature Factorization For Concept Discovery*, arXiv 1806.10206,
/// equation 1), by the multiplicative updates of Lee and Seung (*Algorithms for Non-negative Matrix
/// Factorization*, NIPS 2000), which never increase ‖V − W·H‖. They begin at random: the same seed
/// gives the same parts. The minima are added to the concepts again, as in pytorch-grad-cam.
///
/// # Shapes
/// Activations `[n, c, h', w']`.
///
/// # Errors
/// [`Error::NoQuestion`] for no parts, [`Error::NonFiniteMap`] where activations are not finite,
/// [`Error::Device`].
pub fn factorize(
    activations: &Tensor<4>,
    parts: usize,
    iterations: usize,
    seed: u64,
) -> Result<Factorization, Error> {
    if parts == 0 {
        return Err(Error::NoQuestion);
    }
    let [n, c, h, w] = activations.dims();
    let positions = n * h * w;
    if !all_finite(activations)? {
        return Err(Error::NonFiniteMap);
    }
    let v = activations.clone().swap_dims(0, 1).reshape([c, positions]);
    let least = v.clone().min_dim(1);
    let v = v - least.clone();
    // Numbers of V's own size, so that the first product is not far off.
    let mean = read(v.clone().mean())?[0];
    let size = (mean / parts as f32).sqrt();
    let mut random = Random::new(seed);
    let mut some = |shape: [usize; 2]| {
        let values: Vec<f32> = (0..shape[0] * shape[1]).map(|_| size * random.unit()).collect();
        Tensor::<2>::from_data(TensorData::new(values, shape), &v.device())
    };
    let (mut concepts, mut maps) = (some([c, parts]), some([parts, positions]));
    for _ in 0..iterations {
        let back = concepts.clone().transpose();
        let below = back.clone().matmul(concepts.clone()).matmul(maps.clone());
        maps = maps * back.matmul(v.clone()) / below.add_scalar(EPSILON);
        let back = maps.clone().transpose();
        let below = concepts.clone().matmul(maps.clone().matmul(back.clone()));
        concepts = concepts * v.clone().matmul(back) / below.add_scalar(EPSILON);
    }
    let left = v.clone() - concepts.clone().matmul(maps.clone());
    let lengths = [left, v].map(|part| read(part.square().sum()));
    let [left, all] = lengths;
    let (left, all) = (left?[0], all?[0]);
    Ok(Factorization {
        concepts: (concepts + least).transpose(),
        maps: maps.reshape([parts, n, h, w]).swap_dims(0, 1),
        residual: if all > 0.0 { (left / all).sqrt() } else { 0.0 },
    })
}
