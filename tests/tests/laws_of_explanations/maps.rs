//! Raw maps, as their definition and algebra have them.

use cam_core::{Capture, GradCam, Layer, Network, Route, Target};
use cam_targets::{Combination, Concepts, CosineSimilarity, Dot, difference, negation};
use cam_tests::compare::{assert_near, magnitude, values};
use cam_tests::pooled::Pooled;

use super::{CANCELLATION, NETWORK, capture, concepts, images, map, raw};

#[test]
fn with_cosine_and_average_pooling_each_raw_map_sums_to_zero() {
    let maps =
        raw(&capture(&["cat"], "head"), &CosineSimilarity::to(concepts(&["rocket", "coffee"])));
    for map in maps.chunks(49) {
        let sum: f32 = map.iter().sum();
        assert!(
            sum.abs() <= CANCELLATION * 49.0 * magnitude(map),
            "sum {sum} of values up to {}",
            magnitude(map)
        );
    }
}

#[test]
fn difference_is_the_negative_of_similarity_bit_for_bit() {
    let concept = concepts(&["rocket"]);
    for layer in ["head", "block10"] {
        let capture = capture(&["cat"], layer);
        let similarity = raw(&capture, &CosineSimilarity::to(concept.clone()));
        let difference = raw(&capture, &difference(CosineSimilarity::to(concept.clone())));
        let negated: Vec<f32> = similarity.iter().map(|value| -value).collect();
        assert_eq!(difference, negated, "{layer}");
    }
}

#[test]
fn scaling_a_concept_changes_nothing() {
    let concept = concepts(&["rocket"]);
    let capture = capture(&["cat"], "head");
    let expected = raw(&capture, &CosineSimilarity::to(concept.clone()));
    for scale in [1e-20_f32, 0.5, 1e20] {
        let scaled = concept
            .iter()
            .map(|values| values.iter().map(|value| value * scale).collect())
            .collect();
        let scaled = Concepts::new(concept.width(), scaled).expect("still a concept");
        assert_near(
            "scaled",
            &raw(&capture, &CosineSimilarity::to(scaled)),
            &expected,
            CANCELLATION,
        );
    }
}

#[test]
fn combinations_explain_as_their_parts_combined() {
    let (rocket, coffee) = (concepts(&["rocket"]), concepts(&["coffee"]));
    let capture = capture(&["cat"], "head");
    let a = raw(&capture, &CosineSimilarity::to(rocket.clone()));
    let b = raw(&capture, &CosineSimilarity::to(coffee.clone()));
    let terms: Vec<(f32, Box<dyn Target>)> = vec![
        (2.0, Box::new(CosineSimilarity::to(rocket.clone()))),
        (-0.5, Box::new(negation(CosineSimilarity::to(coffee)))),
    ];
    let sum = Combination::new(3.0, terms).expect("like targets");
    let expected: Vec<f32> = a.iter().zip(&b).map(|(a, b)| 2.0 * a + 0.5 * b).collect();
    assert_near("sum", &raw(&capture, &sum), &expected, CANCELLATION);
    let unlike: Vec<(f32, Box<dyn Target>)> = vec![
        (1.0, Box::new(CosineSimilarity::to(rocket))),
        (1.0, Box::new(CosineSimilarity::to(concepts(&["cat", "retina"])))),
    ];
    assert!(matches!(
        Combination::new(0.0, unlike),
        Err(cam_targets::Error::Unlike { index: 1, .. })
    ));
}

#[test]
fn closed_form_and_autodiff_agree_where_both_apply() {
    let capture_by = |route| capture(&["cat"], "head").with_route(route);
    let target = CosineSimilarity::to(concepts(&["rocket"]));
    let closed = raw(&capture_by(Route::ClosedForm), &target);
    assert_near("autodiff", &raw(&capture_by(Route::Autodiff), &target), &closed, CANCELLATION);
}

#[test]
fn an_explanation_follows_finite_differences_of_the_score() {
    // Grad-CAM is first order: along A itself, s(A + hA) − s(A) ≈ h · Σ map, for ⟨e, c⟩ exactly.
    let layer = NETWORK.layer("block14").expect("the layer exists");
    let target = Dot::with(concepts(&["rocket"]));
    let activations = NETWORK.forward_to(images(&["cat"]), layer).grid;
    let leaf = activations.clone().autodiff().require_grad();
    let score = target.scores(NETWORK.forward_from(leaf.clone().into(), layer)).sum();
    let mut gradients = score.backward();
    let gradient = values(&leaf.grad_remove(&mut gradients).expect("tracked"));
    let flat = values(&activations);
    let score_at = |activation: &[f32]| {
        let tensor = map(activation.to_vec(), activations.dims());
        f64::from(values(&target.scores(NETWORK.forward_from(tensor.into(), layer)))[0])
    };
    let step = 1e-2 * magnitude(&flat);
    let [_, _, h, w] = activations.dims();
    // A whole channel at a time: single activations drown in rounding.
    for channel in [3, 50, 101, 170] {
        let at = channel * h * w..(channel + 1) * h * w;
        let moved = |sign: f32| {
            let mut moved = flat.clone();
            moved[at.clone()].iter_mut().for_each(|value| *value += sign * step);
            score_at(&moved)
        };
        let numeric = (moved(1.0) - moved(-1.0)) / (2.0 * f64::from(step));
        let analytic: f64 = gradient[at.clone()].iter().copied().map(f64::from).sum();
        let scale = gradient.chunks(h * w).map(|g| g.iter().sum::<f32>().abs()).fold(0.0, f32::max);
        assert!(
            (numeric - analytic).abs() <= 0.05 * f64::from(scale),
            "channel {channel}: {numeric} against {analytic}, scale {scale}"
        );
    }
}

#[test]
fn a_hand_computed_map_is_found() {
    // e = (1, 2, 0), s = ⟨e, c⟩ with c = (3, −1, 5): w = c/4, map = (3·A₀ − A₁ + 5·A₂)/4.
    let activations = vec![4.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 0.0, 1.0, -1.0, 0.0];
    let plain = Pooled::new(3);
    let capture = Capture::new(&plain, map(activations, [1, 3, 2, 2]), &[Layer::new(0)]);
    let capture = capture.expect("captured");
    let concept = Concepts::new(3, vec![vec![3.0, -1.0, 5.0]]).expect("sound");
    let explanation = capture.explain(&GradCam, &Dot::with(concept)).expect("explained");
    assert_eq!(values(&explanation.scores), [1.0]);
    assert_eq!(values(&explanation.layers[0].maps), [2.5, 0.75, -1.75, -0.5]);
}

#[test]
fn explaining_changes_no_weight() {
    let before = values(&NETWORK.embed(images(&["cat"])));
    for layer in ["block10", "head"] {
        let capture = capture(&["rocket"], layer).with_route(Route::Autodiff);
        raw(&capture, &CosineSimilarity::to(concepts(&["coffee"])));
    }
    assert_eq!(values(&NETWORK.embed(images(&["cat"]))), before);
}
