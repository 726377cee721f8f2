use burn::tensor::{Bool, FloatDType, Tensor};
use cam_graph::Binary;

use super::Dense;

/// The most axes that every backend of burn's computes with.
const AXES: usize = 6;

/// A function of two values, number by number; the smaller is repeated.
pub(super) fn combine(binary: Binary, a: Dense, b: Dense, shape: &[usize]) -> Dense {
    let images = a.images().max(b.images());
    let sides = merged(&aligned(a.shape(), shape.len()), &aligned(b.shape(), shape.len()));
    match sides.len() {
        0..=1 => combine_at::<1>(binary, a, b, &sides, images, shape),
        2..=3 => combine_at::<3>(binary, a, b, &sides, images, shape),
        4..=AXES => combine_at::<AXES>(binary, a, b, &sides, images, shape),
        _ => {
            let [a, b] = [a, b].map(|x| expand(x, images, shape).numbers());
            Dense::of_images(pairwise(binary, a, b), images, shape)
        }
    }
}

/// a where the condition is 1, b where it is 0.
pub(super) fn select([condition, a, b]: [Dense; 3], shape: &[usize]) -> Dense {
    let images = condition.images().max(a.images()).max(b.images());
    let [condition, a, b] = [condition, a, b].map(|x| expand(x, images, shape).numbers());
    Dense::of_images(b.mask_where(condition.greater_elem(0.5), a), images, shape)
}

/// A value repeated to a shape per image, and to as many images.
///
/// One run of axes after the other, which is one run as a rule, so that any number of axes will do.
pub(super) fn expand(x: Dense, images: usize, shape: &[usize]) -> Dense {
    let wanted = [&[images], shape].concat();
    let sides = merged(&aligned(x.shape(), shape.len()), &wanted);
    let mut numbers = x.numbers();
    for (place, [found, wanted]) in
        sides.iter().enumerate().filter(|(_, [found, wanted])| found != wanted)
    {
        debug_assert_eq!(*found, 1, "shapes were worked out before");
        let before: usize = sides[..place].iter().map(|[_, wanted]| wanted).product();
        let behind: usize = sides[place + 1..].iter().map(|[found, _]| found).product();
        let repeated = numbers.reshape([before, 1, behind]).expand([before, *wanted, behind]);
        numbers = repeated.reshape([before * wanted * behind]);
    }
    Dense::of_images(numbers, images, shape)
}

/// A value for every image.
pub(super) fn for_images(x: Dense, images: usize) -> Dense {
    let shape = x.of_one().to_vec();
    if x.images() == images { x } else { expand(x, images, &shape) }
}

/// A shape with images, with axes of length 1 behind these so that it has as many per image.
fn aligned(shape: &[usize], axes: usize) -> Vec<usize> {
    let missing = axes + 1 - shape.len();
    [&shape[..1], &vec![1; missing], &shape[1..]].concat()
}

/// The sides of two shapes, with axes in a row as one where both have them, or the same one lacks them.
fn merged(a: &[usize], b: &[usize]) -> Vec<[usize; 2]> {
    let mut sides: Vec<[usize; 2]> = Vec::new();
    for (&a, &b) in a.iter().zip(b).filter(|sides| *sides != (&1, &1)) {
        match sides.last_mut() {
            Some([c, d]) if lacking(*c, *d) == lacking(a, b) => {
                *c *= a;
                *d *= b;
            }
            _ => sides.push([a, b]),
        }
    }
    sides
}

fn lacking(a: usize, b: usize) -> [bool; 2] {
    [a == 1, b == 1]
}

fn combine_at<const D: usize>(
    binary: Binary,
    a: Dense,
    b: Dense,
    sides: &[[usize; 2]],
    images: usize,
    shape: &[usize],
) -> Dense {
    let at = |which: usize| {
        let mut all = [1; D];
        for (all, sides) in all[D - sides.len()..].iter_mut().zip(sides) {
            *all = sides[which];
        }
        all
    };
    Dense::of_images(pairwise(binary, a.at(at(0)), b.at(at(1))), images, shape)
}

fn pairwise<const D: usize>(binary: Binary, a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    let precision = FloatDType::from(a.dtype());
    match binary {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        Binary::Power => a.powf(b),
        Binary::Maximum => choose(a, b, Tensor::lower),
        Binary::Minimum => choose(a, b, Tensor::greater),
        Binary::Less => a.lower(b).float().cast(precision),
        other => unimplemented!("burn's operations do not compute {other:?} yet"),
    }
}

/// b where it is the one to choose, or no number; else a.
fn choose<const D: usize>(
    a: Tensor<D>,
    b: Tensor<D>,
    is_worse: impl Fn(Tensor<D>, Tensor<D>) -> Tensor<D, Bool>,
) -> Tensor<D> {
    let (a_sides, b_sides) = (a.dims(), b.dims());
    let sides: [usize; D] = std::array::from_fn(|axis| a_sides[axis].max(b_sides[axis]));
    let (a, b) = (a.expand(sides), b.expand(sides));
    let chosen = is_worse(a.clone(), b.clone()).bool_or(b.clone().is_nan());
    a.mask_where(chosen, b)
}
