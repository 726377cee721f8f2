//! Parts that are found without a question.

use cam_core::methods::factorize;
use cam_tests::compare::{cosine, values};

use super::*;

/// Two parts: each with channels and places of its own, over two images.
fn planted() -> (Tensor<4>, [Vec<f32>; 2]) {
    let directions = [[1.0, 2.0, 0.0, 0.0, 0.5, 0.0], [0.0, 0.0, 3.0, 1.0, 0.0, 0.0]];
    let places: [Vec<f32>; 2] = [0, 1].map(|part| {
        let unit = formula::unit(&format!("places{part}"), 2 * 20);
        let here = |i: usize| usize::from(i % 20 >= 10) == part;
        unit.into_iter().enumerate().map(|(i, u)| if here(i) { u } else { 0.0 }).collect()
    });
    let mut values = Vec::new();
    for image in 0..2 {
        for (first, second) in directions[0].into_iter().zip(directions[1]) {
            let place = |p: usize| [0, 1].map(|part: usize| places[part][image * 20 + p]);
            values.extend((0..20).map(place).map(|[a, b]| first * a + second * b));
        }
    }
    (tensor(values, [2, 6, 4, 5]), places)
}

#[test]
fn planted_parts_are_found_again() {
    let (activations, places) = planted();
    let found = factorize(&activations, 2, 500, 3).expect("factorised");
    assert!(found.residual < 1e-3, "{}", found.residual);
    let maps = values(&found.maps);
    let part = |r: usize| -> Vec<f32> {
        (0..2).flat_map(|n| maps[(n * 2 + r) * 20..][..20].to_vec()).collect()
    };
    for place in &places {
        let best = (0..2).map(|r| cosine(&part(r), place)).fold(0.0, f64::max);
        assert!(best > 0.999, "{best}");
    }
}

#[test]
fn parts_are_never_negative_and_more_steps_never_fit_worse() {
    let activations = activations("parts", [3, 8, 5, 4]);
    let mut last = 1.0 + 1e-5;
    for iterations in [0, 1, 2, 5, 20, 100] {
        let found = factorize(&activations, 3, iterations, 7).expect("factorised");
        assert!(values(&found.maps).iter().all(|value| *value >= 0.0 && value.is_finite()));
        assert!(values(&found.concepts).iter().all(|value| *value >= 0.0 && value.is_finite()));
        if iterations > 0 {
            assert!(found.residual <= last + 1e-5, "{iterations}: {} of {last}", found.residual);
            last = found.residual;
        }
    }
}

#[test]
fn as_many_parts_as_channels_leave_next_to_nothing_out() {
    let activations = activations("all", [1, 4, 5, 4]);
    let found = factorize(&activations, 4, 2000, 7).expect("factorised");
    assert!(found.residual < 0.05, "{}", found.residual);
}

#[test]
fn a_layer_that_is_everywhere_the_same_has_no_parts() {
    let found = factorize(&tensor(vec![2.0; 40], [1, 2, 4, 5]), 2, 10, 1).expect("factorised");
    assert_eq!(found.residual, 0.0);
    assert!(values(&found.maps).iter().all(|value| value.is_finite()));
}

#[test]
fn nothing_can_be_factorised_into_no_parts_or_from_nan() {
    assert_eq!(factorize(&activations("x", [1, 2, 4, 5]), 0, 10, 1).err(), Some(Error::NoQuestion));
    let nan = tensor(vec![f32::NAN; 40], [1, 2, 4, 5]);
    assert_eq!(factorize(&nan, 2, 10, 1).err(), Some(Error::NonFiniteMap));
}
