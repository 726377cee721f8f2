use burn::tensor::Tensor;

use super::Dense;

/// The most axes that every backend of burn's computes with.
const AXES: usize = 6;

/// Axes in another order.
pub(super) fn transpose(order: &[usize], x: Dense, shape: &[usize]) -> Dense {
    let images = x.images();
    let order: Vec<usize> = std::iter::once(0).chain(order.iter().map(|axis| axis + 1)).collect();
    let (sides, order) = merged(x.shape(), &order);
    let numbers = x.numbers();
    let numbers = match order.len() {
        0..=1 => numbers,
        2..=4 => permute_at::<4>(numbers, &sides, &order),
        5..=AXES => permute_at::<AXES>(numbers, &sides, &order),
        _ => permute_by_blocks(numbers, &sides, &order),
    };
    Dense::of_images(numbers, images, shape)
}

/// Sides and order without axes of length 1, and with those as one that stay side by side.
fn merged(shape: &[usize], order: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let place = |axis: usize| shape[..axis].iter().filter(|side| **side != 1).count();
    let wide = order.iter().filter(|&&axis| shape[axis] != 1);
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for &axis in wide {
        match runs.last_mut() {
            Some((first, count, side)) if *first + *count == place(axis) => {
                *count += 1;
                *side *= shape[axis];
            }
            _ => runs.push((place(axis), 1, shape[axis])),
        }
    }
    let mut sorted = runs.clone();
    sorted.sort_unstable();
    let order = runs.iter().map(|run| sorted.iter().filter(|other| *other < run).count());
    (sorted.iter().map(|(_, _, side)| *side).collect(), order.collect())
}

fn permute_at<const D: usize>(numbers: Tensor<1>, sides: &[usize], order: &[usize]) -> Tensor<1> {
    let length = numbers.dims()[0];
    let missing = D - sides.len();
    let all: [usize; D] = std::array::from_fn(|i| i.checked_sub(missing).map_or(1, |i| sides[i]));
    let axes: [usize; D] =
        std::array::from_fn(|i| i.checked_sub(missing).map_or(i, |i| order[i] + missing));
    numbers.reshape(all).permute(axes).reshape([length])
}

/// Any number of axes: each in turn is moved in front of those that are not yet in their place.
fn permute_by_blocks(mut numbers: Tensor<1>, sides: &[usize], order: &[usize]) -> Tensor<1> {
    let length = numbers.dims()[0];
    let mut found: Vec<usize> = (0..sides.len()).collect();
    for (place, &axis) in order.iter().enumerate() {
        let from = found.iter().position(|&other| other == axis).expect("an order of the axes");
        let product = |axes: &[usize]| axes.iter().map(|&axis| sides[axis]).product::<usize>();
        let blocks =
            [&found[..place], &found[place..from], &found[from..=from], &found[from + 1..]];
        numbers = numbers.reshape(blocks.map(product)).permute([0, 2, 1, 3]).reshape([length]);
        found[place..=from].rotate_right(1);
    }
    numbers
}
