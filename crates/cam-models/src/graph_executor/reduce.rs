use burn::tensor::Tensor;
use cam_graph::Reduction;

use super::Dense;
use super::around::Around;
use super::dense::in_f32;

/// Numbers along axes become one: along one run of axes after the other, which comes to the same.
pub(super) fn reduce(reduction: Reduction, axes: &[usize], x: Dense, shape: &[usize]) -> Dense {
    let images = x.images();
    let mut sides = x.shape().to_vec();
    let numbers = in_f32(x.numbers(), |numbers| {
        let mut numbers = prepare(reduction, numbers);
        for (first, count) in runs(axes) {
            let around = Around::axes(&sides, first, count);
            sides[first + 1..=first + count].fill(1);
            let ([a, b, c], axis) = around.run_last();
            let reduced = fold(reduction, numbers.reshape([a, b, c]), axis);
            numbers = reduced.reshape([around.before * around.behind]);
        }
        finish(reduction, numbers)
    });
    Dense::of_images(numbers, images, shape)
}

fn prepare(reduction: Reduction, x: Tensor<1>) -> Tensor<1> {
    match reduction {
        Reduction::L1 => x.abs(),
        Reduction::L2 | Reduction::SumSquare => x.clone() * x,
        _ => x,
    }
}

fn fold(reduction: Reduction, x: Tensor<3>, axis: usize) -> Tensor<3> {
    match reduction {
        Reduction::Mean => x.mean_dim(axis),
        Reduction::Sum | Reduction::L1 | Reduction::L2 | Reduction::SumSquare => x.sum_dim(axis),
        Reduction::Maximum => x.max_dim(axis),
        Reduction::Minimum => x.min_dim(axis),
        Reduction::Product => x.prod_dim(axis),
        other => unimplemented!("burn's operations do not compute {other:?} yet"),
    }
}

fn finish(reduction: Reduction, x: Tensor<1>) -> Tensor<1> {
    if reduction == Reduction::L2 { root(x) } else { x }
}

/// √x; its gradient at 0 is infinite, and 0 here, as PyTorch has it for norms.
fn root(x: Tensor<1>) -> Tensor<1> {
    let is_zero = x.clone().equal_elem(0.0);
    x.clamp_min(f32::MIN_POSITIVE).sqrt().mask_fill(is_zero, 0.0)
}

/// Axes in a row, as the first of them and how many.
fn runs(axes: &[usize]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &axis in axes {
        match runs.last_mut() {
            Some((first, count)) if *first + *count == axis => *count += 1,
            _ => runs.push((axis, 1)),
        }
    }
    runs
}
