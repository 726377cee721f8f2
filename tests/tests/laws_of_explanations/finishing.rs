//! From raw maps to finished ones.

use cam_core::{Arithmetic, Error, postprocess, steps};
use cam_tests::compare::{assert_near, joined, largest_difference, magnitude, values};
use cam_tests::formula;

use super::map;

/// Places between two values of a map, in f32: both sides round where the other does not.
const PLACES: f32 = 1e-5;

#[test]
fn a_constant_map_is_flagged_and_finished_to_zeros_alone_and_beside_another_layer() {
    for constant in [0.37_f32, 0.006_693_88, 1e-20] {
        for arithmetic in [Arithmetic::Standard, Arithmetic::PytorchGradCam] {
            let flat = map(vec![constant; 49], [1, 1, 7, 7]);
            let finished = postprocess(std::slice::from_ref(&flat), [224, 224], arithmetic);
            let finished = finished.expect("finite");
            assert_eq!(finished.degenerate, [true]);
            assert_eq!(magnitude(&joined(&finished.maps)), 0.0, "{constant} {arithmetic:?}");

            let ramp = map((0..16).map(|i| i as f32).collect(), [1, 1, 4, 4]);
            let alone =
                postprocess(std::slice::from_ref(&ramp), [32, 32], arithmetic).expect("finite");
            let both = postprocess(&[flat, ramp], [32, 32], arithmetic).expect("finite");
            assert_eq!(both.degenerate, [false]);
            assert_near("beside", &joined(&both.maps), &joined(&alone.maps), 1e-5);
        }
    }
}

#[test]
fn maps_without_anything_to_show_are_flagged_and_never_nan() {
    let nothing =
        map(vec![-1.0, -2.0, -3.0, -0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0], [1, 3, 2, 2]);
    for arithmetic in [Arithmetic::Standard, Arithmetic::PytorchGradCam] {
        let finished =
            postprocess(std::slice::from_ref(&nothing), [5, 7], arithmetic).expect("finite");
        assert_eq!(finished.degenerate, [true, true, false]);
        let maps = joined(&finished.maps);
        assert!(maps.iter().all(|value| value.is_finite()));
        assert_eq!(maps[..70], [0.0; 70]);
        assert!(magnitude(&maps[70..]) > 0.99);
    }
}

#[test]
fn the_standard_arithmetic_does_not_depend_on_the_scale_of_a_map() {
    let values_at = |scale: f32| -> Vec<f32> {
        let map: Vec<f32> = (0..12).map(|i| ((i * 7 % 12) as f32 - 4.0) * scale).collect();
        let map = self::map(map, [1, 1, 3, 4]);
        joined(&postprocess(&[map], [9, 8], Arithmetic::Standard).expect("finite").maps)
    };
    // The reference's epsilon of 1e-7 would flatten the first of these.
    assert_near("tiny", &values_at(1e-12), &values_at(1.0), 1e-5);
    assert_near("huge", &values_at(1e12), &values_at(1.0), 1e-5);
}

#[test]
fn finished_maps_are_the_steps_that_a_device_takes() {
    let raw = |key: &str, [n, k, h, w]: [usize; 4]| {
        let values = formula::unit(key, n * k * h * w).into_iter().map(|u| u - 0.4).collect();
        map(values, [n, k, h, w])
    };
    for arithmetic in [Arithmetic::Standard, Arithmetic::PytorchGradCam] {
        for size in [[1, 1], [5, 7], [64, 33], [224, 224], [3, 300]] {
            for layers in [
                vec![raw("a", [2, 3, 7, 7])],
                vec![raw("b", [2, 3, 1, 9]), raw("c", [2, 3, 14, 14])],
                vec![raw("d", [2, 3, 80, 81])],
            ] {
                let count = layers.len() as f32;
                let steps = layers.iter().map(|maps| {
                    let positive = steps::relu(maps.clone());
                    match arithmetic {
                        Arithmetic::Standard => steps::min_max(steps::resize(positive, size)),
                        Arithmetic::PytorchGradCam => {
                            steps::resize(steps::min_max_with_epsilon(positive), size)
                        }
                    }
                });
                let mean = steps.reduce(|sum, maps| sum + maps).expect("a layer") / count;
                let steps = match arithmetic {
                    Arithmetic::Standard => steps::min_max(mean),
                    Arithmetic::PytorchGradCam => steps::min_max_with_epsilon(mean),
                };
                let finished = postprocess(&layers, size, arithmetic).expect("finite");
                let what = format!("{arithmetic:?} {size:?}");
                assert!(finished.maps.iter().all(|map| map.size() == size), "{what}");
                let difference = largest_difference(&joined(&finished.maps), &values(&steps));
                assert!(difference < PLACES, "{what}: {difference:e}");
            }
        }
    }
}

#[test]
fn many_maps_finished_by_several_threads_are_those_finished_by_one() {
    let raw = |k: usize, from: usize| {
        let values = formula::unit("many", 40 * 49)[from * 49..(from + k) * 49].to_vec();
        map(values, [1, k, 7, 7])
    };
    let all = postprocess(&[raw(40, 0)], [300, 300], Arithmetic::Standard).expect("finite");
    for question in 0..40 {
        let alone = postprocess(&[raw(1, question)], [300, 300], Arithmetic::Standard);
        assert_eq!(alone.expect("finite").maps[0], all.maps[question]);
    }
}

#[test]
fn raw_maps_with_nan_and_layers_that_disagree_are_refused() {
    let bad = map(vec![0.0, f32::NAN], [1, 1, 1, 2]);
    assert_eq!(postprocess(&[bad], [2, 2], Arithmetic::Standard).err(), Some(Error::NonFiniteMap));
    let (one, two) = (map(vec![1.0], [1, 1, 1, 1]), map(vec![1.0, 2.0], [1, 2, 1, 1]));
    assert_eq!(
        postprocess(&[one, two], [2, 2], Arithmetic::Standard).err(),
        Some(Error::MapCount { first: [1, 1], other: [1, 2] })
    );
    assert_eq!(postprocess(&[], [2, 2], Arithmetic::Standard).err(), Some(Error::NoLayer));
}
