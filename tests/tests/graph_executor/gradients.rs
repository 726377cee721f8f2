//! Autodiff against differences, and where gradients could be no numbers.

use burn::tensor::Tensor;
use cam_graph::{Function, Operation, Reduction};
use cam_models::{Dense, Precision};
use cam_tests::compare::values;
use cam_tests::formula;

use crate::case::{Case, Walk};
use crate::{cases, dense, flat, with_images};

const IMAGES: usize = 2;

/// As far as values are moved: a thousandth, of which f32 leaves four digits.
const STEP: f32 = 1e-3;

/// Of ‖∂s/∂x‖·‖v‖, the largest that the derivative along v can be.
const TOLERANCE: f64 = 5e-4;

fn weights(case: &Case, length: usize) -> Vec<f32> {
    let unit = formula::unit(&format!("{} weights", case.name), length);
    unit.into_iter().map(|u| 2.0 * u - 1.0).collect()
}

/// s = Σ w·y, summed in f64.
fn score(case: &Case, walk: &Walk, given: &[(Vec<f32>, Vec<usize>)]) -> f64 {
    let given = given.iter().map(|(numbers, shape)| dense(numbers.clone(), shape)).collect();
    let y = values(&walk.run(given).numbers());
    let products = y.iter().zip(weights(case, y.len()));
    products.map(|(&y, w)| f64::from(y) * f64::from(w)).sum()
}

/// ∂s/∂x of every value.
fn gradients(case: &Case, walk: &Walk, given: &[(Vec<f32>, Vec<usize>)]) -> Vec<Vec<f32>> {
    let leaves: Vec<Tensor<1>> =
        given.iter().map(|(numbers, _)| flat(numbers.clone()).autodiff().require_grad()).collect();
    let dense = leaves.iter().zip(given).map(|(leaf, (_, shape))| {
        Dense::from_numbers(leaf.clone(), shape).expect("as many numbers")
    });
    let y = walk.run(dense.collect()).numbers();
    let weights = flat(weights(case, y.dims()[0])).autodiff();
    let mut found = (y * weights).sum().backward();
    let gradients = leaves.iter().map(|leaf| {
        values(&leaf.grad_remove(&mut found).expect("the leaf is tracked").without_autodiff())
    });
    gradients.collect()
}

fn given(case: &Case) -> Vec<(Vec<f32>, Vec<usize>)> {
    let shapes = case.values.iter().map(|shape| with_images(IMAGES, shape)).enumerate();
    shapes.map(|(number, shape)| (case.scattered(number, &shape), shape)).collect()
}

#[test]
fn gradients_equal_differences() {
    for case in cases::all() {
        let walk = case.executor(Precision::F32);
        let given = given(&case);
        let directions: Vec<Vec<f32>> = given
            .iter()
            .enumerate()
            .map(|(number, (numbers, _))| {
                let unit =
                    formula::unit(&format!("{} direction {number}", case.name), numbers.len());
                unit.into_iter().map(|u| 2.0 * u - 1.0).collect()
            })
            .collect();
        let moved = |step: f32| {
            let moved = given.iter().zip(&directions).map(|((numbers, shape), direction)| {
                let numbers = numbers.iter().zip(direction).map(|(x, v)| x + step * v);
                (numbers.collect(), shape.clone())
            });
            score(&case, &walk, &moved.collect::<Vec<_>>())
        };
        let expected = (moved(STEP) - moved(-STEP)) / (2.0 * f64::from(STEP));
        let gradients = gradients(&case, &walk, &given).concat();
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let directions = directions.concat();
        let found = dot(&gradients, &directions);
        let scale = (dot(&gradients, &gradients) * dot(&directions, &directions)).sqrt().max(1e-3);
        assert!(
            (found - expected).abs() <= TOLERANCE * scale,
            "{}: {found} and not {expected}, of {scale} at most",
            case.name
        );
    }
}

#[test]
fn gradients_are_numbers_where_roots_and_exponentials_are_steep() {
    let steep = [
        Operation::L2Normalize { axis: 0, epsilon: 1e-12 },
        Operation::Reduce { reduction: Reduction::L2, axes: vec![0], keep: true },
        Operation::Map(Function::Elu { alpha: 1.0 }),
        Operation::Map(Function::Selu { alpha: 1.67, gamma: 1.05 }),
        Operation::Map(Function::Softplus),
        Operation::Map(Function::Mish),
        Operation::Map(Function::Gelu),
        Operation::Map(Function::GeluTanh),
        Operation::Softmax { axis: 0 },
    ];
    for operation in steep {
        let case = Case::new(format!("{operation:?}"), operation).value(&[3]);
        let given = [(vec![0.0, 0.0, 0.0, 0.0, 200.0, -200.0], vec![2, 3])];
        let found = gradients(&case, &case.executor(Precision::F32), &given).concat();
        assert!(found.iter().all(|g| g.is_finite()), "{}: {found:?}", case.name);
    }
}
