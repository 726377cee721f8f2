use burn::tensor::Tensor;
use burn::tensor::module;
use cam_graph::Linear;

use super::Dense;
use super::broadcast::expand;
use super::parameters::Parameters;

/// W·x + b over the last axis.
pub(super) fn linear(linear: &Linear, x: Dense, shape: &[usize], parameters: &Parameters) -> Dense {
    let weight: Tensor<2> = parameters.tensor(&linear.weight);
    let bias = parameters.optional(linear.bias.as_ref());
    let images = x.images();
    let [_, inputs] = weight.dims();
    let rows = x.shape().iter().product::<usize>() / inputs.max(1);
    let y = module::linear(x.at([rows, inputs]), weight.transpose(), bias);
    Dense::of_images(y, images, shape)
}

/// The matrix product over the last two axes.
pub(super) fn multiply(a: Dense, b: Dense, shape: &[usize]) -> Dense {
    let images = a.images().max(b.images());
    let ([m, k], n) = (matrix(&a), matrix(&b)[1]);
    // One large product rather than many small ones.
    if matrices(&b) == 1 {
        let rows = matrices(&a) * m;
        let y = a.at([rows, k]).matmul(b.at([k, n]));
        return Dense::of_images(y, images, shape);
    }
    let front = &shape[..shape.len() - 2];
    let count = images * front.iter().product::<usize>();
    // A single matrix is repeated by burn.
    let all = |x: Dense, sides: [usize; 2]| match matrices(&x) {
        found if found == 1 || found == count => x,
        _ => expand(x, images, &[front, &sides].concat()),
    };
    let (a, b) = (all(a, [m, k]), all(b, [k, n]));
    let (a_count, b_count) = (matrices(&a), matrices(&b));
    let y = a.at([a_count, m, k]).matmul(b.at([b_count, k, n]));
    Dense::of_images(y, images, shape)
}

fn matrix(x: &Dense) -> [usize; 2] {
    let (_, matrix) = x.shape().split_last_chunk().expect("shapes were worked out before");
    *matrix
}

fn matrices(x: &Dense) -> usize {
    x.shape()[..x.shape().len() - 2].iter().product()
}
