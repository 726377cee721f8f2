//! What must hold of every explanation.

use std::sync::LazyLock;

use burn::tensor::{Tensor, TensorData};
use cam_core::{
    Arithmetic, Capture, Error, GradCam, Layer, Network, Route, Target, finish, finish_on_host,
};
use cam_models::{ConvNet, load_embedded};
use cam_targets::{Combination, Concepts, CosineSimilarity, Dot, difference, negation};
use cam_tests::compare::{assert_near, largest_difference, magnitude, values};
use cam_tests::pooled::Pooled;
use cam_tests::{device, formula, photographs};

static NETWORK: LazyLock<ConvNet> =
    LazyLock::new(|| load_embedded(&device()).expect("the embedded weights load").network);

/// Sums of a thousand products that cancel, in f32.
const CANCELLATION: f32 = 1e-4;

/// Places between two values of a map, in f32: both sides round where the other does not.
const PLACES: f32 = 1e-5;

fn images(names: &[&str]) -> Tensor<4> {
    let images: Vec<_> = names.iter().map(|name| photographs::open(name)).collect();
    NETWORK.preprocessing().tensor(&images, &device()).expect("there are images")
}

fn concepts(names: &[&str]) -> Concepts {
    Concepts::from_embeddings(NETWORK.embed(images(names))).expect("photographs make concepts")
}

fn capture(names: &[&str], layer: &str) -> Capture<'static> {
    let layer = NETWORK.layer(layer).expect("the layer exists");
    Capture::new(&*NETWORK, images(names), &[layer]).expect("photographs can be captured")
}

fn raw(capture: &Capture<'_>, target: &dyn Target) -> Vec<f32> {
    values(&capture.explain(&GradCam, target).expect("explained").layers[0].maps)
}

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
fn a_batch_is_explained_as_its_images_one_by_one() {
    let target = CosineSimilarity::to(concepts(&["rocket", "coffee"]));
    for layer in ["head", "block14"] {
        let together = raw(&capture(&["cat", "astronaut", "retina"], layer), &target);
        let alone: Vec<f32> = ["cat", "astronaut", "retina"]
            .iter()
            .flat_map(|name| raw(&capture(&[name], layer), &target))
            .collect();
        assert_near(layer, &together, &alone, CANCELLATION);
    }
}

#[test]
fn many_questions_at_once_are_answered_as_one_by_one() {
    let names = ["rocket", "coffee", "retina"];
    for layer in ["head", "block14"] {
        let capture = capture(&["cat"], layer);
        let together =
            capture.explain(&GradCam, &CosineSimilarity::to(concepts(&names))).expect("explained");
        let alone = names.map(|name| {
            capture.explain(&GradCam, &CosineSimilarity::to(concepts(&[name]))).expect("explained")
        });
        let scores: Vec<f32> =
            alone.iter().flat_map(|explanation| values(&explanation.scores)).collect();
        let maps: Vec<f32> =
            alone.iter().flat_map(|explanation| values(&explanation.layers[0].maps)).collect();
        assert_near("scores", &values(&together.scores), &scores, 1e-6);
        assert_near(layer, &values(&together.layers[0].maps), &maps, CANCELLATION);
    }
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
    let activations = NETWORK.forward_to(images(&["cat"]), layer);
    let leaf = activations.clone().autodiff().require_grad();
    let score = target.scores(NETWORK.forward_from(leaf.clone(), layer)).sum();
    let mut gradients = score.backward();
    let gradient = values(&leaf.grad_remove(&mut gradients).expect("tracked"));
    let flat = values(&activations);
    let score_at = |values: &[f32]| {
        let tensor =
            Tensor::<4>::from_data(TensorData::new(values.to_vec(), activations.dims()), &device());
        f64::from(values_of(&target.scores(NETWORK.forward_from(tensor, layer))))
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

fn values_of(tensor: &Tensor<2>) -> f32 {
    values(tensor)[0]
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
fn a_query_equal_to_the_concept_has_cosine_one_and_not_more() {
    let capture = capture(&["cat", "coffee", "retina"], "head");
    let explanation = capture
        .explain(&GradCam, &CosineSimilarity::to(concepts(&["cat", "coffee", "retina"])))
        .expect("explained");
    let cosines = values(&explanation.scores);
    for (i, row) in cosines.chunks(3).enumerate() {
        assert!(row.iter().all(|cosine| (-1.0..=1.0).contains(cosine)));
        assert!((row[i] - 1.0).abs() < 1e-6, "{}", row[i]);
    }
}

#[test]
fn an_image_explained_by_itself_says_nothing_rather_than_noise() {
    for name in photographs::NAMES {
        let capture = capture(&[name], "head");
        let target = CosineSimilarity::to(concepts(&[name]));
        let explanation = capture.explain(&GradCam, &target).expect("explained");
        let finished =
            finish(&explanation.raw_maps(), [7, 7], Arithmetic::Standard).expect("finite");
        assert_eq!(finished.degenerate, [true], "{name}");
        // Noise may be negative all over by chance, and be flagged for that.
        assert_eq!(magnitude(&values(&explanation.layers[0].maps)), 0.0, "{name}");
    }
}

#[test]
fn fewer_targets_than_images_are_refused() {
    let target = CosineSimilarity::to(concepts(&["rocket"]));
    let refused = capture(&["cat", "coffee"], "head").explain_each(&GradCam, &[&target]);
    assert_eq!(refused.err(), Some(Error::TargetCount { images: 2, targets: 1 }));
    let two = CosineSimilarity::to(concepts(&["rocket", "coffee"]));
    let refused = capture(&["cat"], "head").explain_each(&GradCam, &[&two]);
    assert_eq!(refused.err(), Some(Error::ManyQuestions { index: 0, questions: 2 }));
}

#[test]
fn a_concept_of_another_model_is_refused() {
    let concept = Concepts::new(512, vec![vec![1.0; 512]]).expect("sound in itself");
    let refused = capture(&["cat"], "head").explain(&GradCam, &CosineSimilarity::to(concept));
    assert_eq!(refused.err(), Some(Error::Width { embedding: 1280, target: 512 }));
}

#[test]
fn an_unknown_layer_is_answered_with_the_nearest_names() {
    let error = NETWORK.layer("blok10").expect_err("there is no such layer").to_string();
    assert!(error.contains("block10"), "{error}");
    assert_eq!(Capture::new(&*NETWORK, images(&["cat"]), &[]).err(), Some(Error::NoLayer));
}

#[test]
fn an_empty_batch_and_a_layer_without_closed_form_are_refused() {
    let layer = NETWORK.layer("block3").expect("the layer exists");
    let empty = Tensor::<4>::zeros([0, 3, 32, 32], &device());
    assert_eq!(Capture::new(&*NETWORK, empty, &[layer]).err(), Some(Error::EmptyBatch));
    let target = CosineSimilarity::to(concepts(&["rocket"]));
    let refused =
        capture(&["cat"], "block3").with_route(Route::ClosedForm).explain(&GradCam, &target);
    assert_eq!(refused.err(), Some(Error::NoClosedForm { layer: "block3".into() }));
}

fn map(values: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, shape), &device())
}

#[test]
fn an_embedding_that_is_not_finite_is_reported_by_its_position() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut values = vec![1.0; 2 * 3 * 4];
        values[3 * 4 + 5] = bad;
        let plain = Pooled::new(3);
        let refused = Capture::new(&plain, map(values, [2, 3, 2, 2]), &[Layer::new(0)]);
        assert_eq!(refused.err(), Some(Error::NonFiniteEmbedding { image: 1 }));
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
fn a_layer_of_another_network_and_a_size_of_zero_are_refused() {
    let plain = Pooled::new(3);
    let images = map(vec![1.0; 12], [1, 3, 2, 2]);
    let refused = Capture::new(&plain, images.clone(), &[Layer::new(7)]).err();
    assert_eq!(refused, Some(Error::ForeignLayer { index: 7, layers: 1 }));
    let refused = finish(&[images], [0, 5], Arithmetic::Standard).err();
    assert_eq!(refused, Some(Error::EmptySize { size: [0, 5] }));
}

#[test]
fn a_constant_map_is_flagged_and_finished_to_zeros_alone_and_beside_another_layer() {
    for constant in [0.37_f32, 0.006_693_88, 1e-20] {
        for arithmetic in [Arithmetic::Standard, Arithmetic::PytorchGradCam] {
            let flat = map(vec![constant; 49], [1, 1, 7, 7]);
            let finished = finish(std::slice::from_ref(&flat), [224, 224], arithmetic);
            let finished = finished.expect("finite");
            assert_eq!(finished.degenerate, [true]);
            assert_eq!(magnitude(&values(&finished.maps)), 0.0, "{constant} {arithmetic:?}");

            let ramp = map((0..16).map(|i| i as f32).collect(), [1, 1, 4, 4]);
            let alone = finish(std::slice::from_ref(&ramp), [32, 32], arithmetic).expect("finite");
            let both = finish(&[flat, ramp], [32, 32], arithmetic).expect("finite");
            assert_eq!(both.degenerate, [false]);
            assert_near("beside", &values(&both.maps), &values(&alone.maps), 1e-5);
        }
    }
}

#[test]
fn embeddings_of_any_finite_scale_have_the_same_cosine() {
    let plain = Pooled::new(3);
    let concept = Concepts::new(3, vec![vec![1.0, 2.0, 2.0]]).expect("sound");
    let target = CosineSimilarity::to(concept);
    for scale in [1e-30_f32, 1e-10, 1.0, 1e25, 1e37] {
        let image = map([2.0, 1.0, 2.0].map(|value| value * scale).to_vec(), [1, 3, 1, 1]);
        let capture = Capture::new(&plain, image, &[Layer::new(0)]).expect("captured");
        let explanation = capture.explain(&GradCam, &target).expect("explained");
        let expected = if scale < 1e-8 { 8.0 / 9.0 * 3.0 * scale / 1e-8 } else { 8.0 / 9.0 };
        assert_near("cosine", &values(&explanation.scores), &[expected], 1e-5);
    }
}

#[test]
fn maps_without_anything_to_show_are_flagged_and_never_nan() {
    let nothing = Tensor::<4>::from_data(
        TensorData::new(
            vec![-1.0_f32, -2.0, -3.0, -0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
            [1, 3, 2, 2],
        ),
        &device(),
    );
    for arithmetic in [Arithmetic::Standard, Arithmetic::PytorchGradCam] {
        let finished = finish(std::slice::from_ref(&nothing), [5, 7], arithmetic).expect("finite");
        assert_eq!(finished.degenerate, [true, true, false]);
        let maps = values(&finished.maps);
        assert!(maps.iter().all(|value| value.is_finite()));
        assert_eq!(maps[..70], [0.0; 70]);
        assert!(magnitude(&maps[70..]) > 0.99);
    }
}

#[test]
fn maps_finished_on_the_host_are_those_finished_on_the_device() {
    let raw = |key: &str, [n, k, h, w]: [usize; 4]| {
        let values = formula::unit(key, n * k * h * w).into_iter().map(|u| u - 0.4).collect();
        map(values, [n, k, h, w])
    };
    let nothing = map(vec![-1.0; 2 * 3 * 4], [2, 3, 2, 2]);
    for arithmetic in [Arithmetic::Standard, Arithmetic::PytorchGradCam] {
        for size in [[1, 1], [5, 7], [64, 33], [224, 224], [3, 300]] {
            for layers in [
                vec![raw("a", [2, 3, 7, 7])],
                vec![raw("b", [2, 3, 1, 9]), raw("c", [2, 3, 14, 14])],
                vec![raw("d", [2, 3, 80, 81]), nothing.clone()],
                vec![nothing.clone()],
            ] {
                let device = finish(&layers, size, arithmetic).expect("finite");
                let host = finish_on_host(&layers, size, arithmetic).expect("finite");
                let what = format!("{arithmetic:?} {size:?}");
                assert_eq!(host.degenerate, device.degenerate, "{what}");
                assert_eq!(host.size, size);
                assert!(host.maps.iter().all(|map| map.len() == size[0] * size[1]));
                let difference = largest_difference(&host.maps.concat(), &values(&device.maps));
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
    let all = finish_on_host(&[raw(40, 0)], [300, 300], Arithmetic::Standard).expect("finite");
    for question in 0..40 {
        let alone = finish_on_host(&[raw(1, question)], [300, 300], Arithmetic::Standard);
        assert_eq!(alone.expect("finite").maps[0], all.maps[question]);
    }
}

#[test]
fn raw_maps_with_nan_and_layers_that_disagree_are_refused() {
    let map = |values: Vec<f32>, shape: [usize; 4]| {
        Tensor::<4>::from_data(TensorData::new(values, shape), &device())
    };
    let bad = map(vec![0.0, f32::NAN], [1, 1, 1, 2]);
    let on_host = finish_on_host(std::slice::from_ref(&bad), [2, 2], Arithmetic::Standard);
    assert_eq!(on_host.err(), Some(Error::NonFiniteMap));
    assert_eq!(finish(&[bad], [2, 2], Arithmetic::Standard).err(), Some(Error::NonFiniteMap));
    let (one, two) = (map(vec![1.0], [1, 1, 1, 1]), map(vec![1.0, 2.0], [1, 2, 1, 1]));
    assert_eq!(
        finish(&[one, two], [2, 2], Arithmetic::Standard).err(),
        Some(Error::MapCount { first: [1, 1], other: [1, 2] })
    );
    assert_eq!(finish(&[], [2, 2], Arithmetic::Standard).err(), Some(Error::NoLayer));
}

#[test]
fn the_standard_arithmetic_does_not_depend_on_the_scale_of_a_map() {
    let values_at = |scale: f32| -> Vec<f32> {
        let map: Vec<f32> = (0..12).map(|i| ((i * 7 % 12) as f32 - 4.0) * scale).collect();
        let map = Tensor::<4>::from_data(TensorData::new(map, [1, 1, 3, 4]), &device());
        values(&finish(&[map], [9, 8], Arithmetic::Standard).expect("finite").maps)
    };
    // The reference's epsilon of 1e-7 would flatten the first of these.
    assert_near("tiny", &values_at(1e-12), &values_at(1.0), 1e-5);
    assert_near("huge", &values_at(1e12), &values_at(1.0), 1e-5);
}
