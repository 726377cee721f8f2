//! Inputs that say little: an answer without NaN, flagged where it says nothing.

use cam_core::Arithmetic;
use cam_targets::Dot;
use cam_tests::compare::joined;

use super::*;

fn shapes() -> Vec<(&'static str, Tensor<4>)> {
    let zero = || vec![0.0; 5 * 6 * 4];
    let ramp = (0..5 * 6 * 4).map(|i| i as f32 - 200.0).collect();
    vec![
        ("zeros", tensor(zero(), [1, 5, 6, 4])),
        ("constant", tensor(vec![2.5; 5 * 6 * 4], [1, 5, 6, 4])),
        ("negative", tensor(ramp, [1, 5, 6, 4])),
        ("one position", activations("one", [1, 5, 1, 1])),
        ("one channel", activations("channel", [1, 1, 6, 4])),
        ("one row", activations("row", [2, 5, 1, 7])),
        ("one number", tensor(vec![3.0], [1, 1, 1, 1])),
        ("tiny", activations("tiny", [1, 5, 6, 4]) * 1e-30),
        ("huge", activations("huge", [1, 5, 6, 4]) * 1e15),
    ]
}

#[test]
fn every_method_answers_every_input_without_nan() {
    for (what, images) in shapes() {
        let [n, c, _, _] = images.dims();
        for name in names() {
            for arithmetic in [Arithmetic::Standard, Arithmetic::PytorchGradCam] {
                let settings = Settings { samples: Some(3), arithmetic, ..Settings::default() };
                let method = method(name, settings).expect("it exists");
                let targets: [Box<dyn Target>; 2] = [
                    about(name, &concept("c", c)),
                    match needs(name, Need::Class) {
                        true => about(name, &concept("d", c)),
                        false => Box::new(Dot::with(concept("c", c))),
                    },
                ];
                for target in targets {
                    let explanation = explain_pooled(&*method, images.clone(), &*target);
                    let raw = explanation.unwrap_or_else(|error| panic!("{name}, {what}: {error}"));
                    let finished = raw.postprocess([9, 7], Arithmetic::Standard);
                    let finished = finished.unwrap_or_else(|e| panic!("{name}, {what}: {e}"));
                    let maps = joined(&finished.maps);
                    let in_range = maps.iter().all(|value| (0.0..=1.0).contains(value));
                    assert!(in_range, "{name} of {what}, {arithmetic:?}: {maps:?}");
                    assert_eq!(finished.degenerate.len(), n);
                }
            }
        }
    }
}

#[test]
fn a_map_of_nothing_is_flagged_whatever_the_method() {
    // Without light there is nothing to see, but what a method makes of its own noise.
    let images = tensor(vec![0.0; 5 * 6 * 4], [1, 5, 6, 4]);
    for name in names().filter(|name| !name.starts_with("smooth-grad")) {
        let target = about(name, &concept("c", 5));
        let explanation = explain_pooled(&*quick(name), images.clone(), &target).expect(name);
        let finished = explanation.postprocess([9, 7], Arithmetic::Standard);
        assert_eq!(finished.expect(name).degenerate, [true], "{name}");
    }
}

#[test]
fn what_a_network_or_a_question_lacks_is_refused_with_a_way_out() {
    let images = activations("refused", [1, 3, 6, 5]);
    let target = CosineSimilarity::to(concept("c", 3));
    for (name, error) in [
        ("guided-backprop", Error::NoGuidedGradients),
        ("guided-grad-cam", Error::NoGuidedGradients),
        ("full-grad", Error::NoBiases),
        ("finer-cam", Error::NoAlternatives),
    ] {
        let refused = explain_pooled(&*quick(name), images.clone(), &target);
        assert_eq!(refused.expect_err(name), error);
    }
}
