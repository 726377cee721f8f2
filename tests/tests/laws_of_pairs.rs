//! What must hold of two images' similarity, taken apart.

use burn::tensor::{Tensor, TensorData};
use cam_core::{Error, Head, Linear, Network, Pair, Pooling, ProjectionStep};
use cam_models::load_embedded;
use cam_tests::compare::{assert_near, cosine, values};
use cam_tests::{device, formula, photographs};
use proptest::prelude::*;

fn signed(key: &str, n: usize) -> Vec<f32> {
    formula::unit(key, n).into_iter().map(|u| 2.0 * u - 1.0).collect()
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), &device())
}

fn activations(key: &str, [h, w]: [usize; 2]) -> Tensor<4> {
    tensor(formula::unit(key, 6 * h * w).into_iter().map(|u| u - 0.3).collect(), [1, 6, h, w])
}

/// Every head whose embedding is a mean of parts.
fn heads() -> Vec<(&'static str, Head)> {
    let linear = || {
        ProjectionStep::Linear(Linear {
            weight: tensor(signed("w", 4 * 6), [4, 6]),
            bias: Some(tensor(signed("b", 4), [4])),
        })
    };
    let affine = || ProjectionStep::Affine {
        scale: tensor(signed("scale", 6), [6]),
        shift: tensor(signed("shift", 6), [6]),
    };
    let normalize = || ProjectionStep::L2Normalize { epsilon: 1e-12 };
    let gem = Pooling::GeneralizedMean { exponent: 3.0, epsilon: 1e-3 };
    vec![
        ("average", Head::new(Pooling::Average, vec![])),
        ("generalised mean", Head::new(gem.clone(), vec![])),
        ("maximum", Head::new(Pooling::Max, vec![])),
        ("linear", Head::new(Pooling::Average, vec![linear()])),
        ("batch norm", Head::new(Pooling::Max, vec![affine()])),
        ("unit length", Head::new(Pooling::Average, vec![normalize(), linear()])),
        ("all", Head::new(gem, vec![affine(), normalize(), linear(), normalize()])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn contributions_of_all_pairs_sum_to_the_cosine(
        seed in 0u64..1000, h in 1usize..5, w in 1usize..5, other in 1usize..6,
    ) {
        let a = activations(&format!("a{seed}"), [h, w]);
        let b = activations(&format!("b{seed}"), [other, 3]);
        for (name, head) in heads() {
            let pair = Pair::of(&head, [&a, &b]).expect(name);
            let [e, f] = [&a, &b].map(|x| values(&head.forward(x.clone())));
            let expected = cosine(&e, &f);
            let sum: f64 = pair.contributions().iter().map(|&value| f64::from(value)).sum();
            prop_assert!((sum - expected).abs() < 2e-6, "{name}: {sum} of {expected}");
            for map in pair.maps() {
                let sum: f64 = map.iter().map(|&value| f64::from(value)).sum();
                prop_assert!((sum - expected).abs() < 2e-6, "{name}: {sum} of {expected}");
            }
        }
    }
}

#[test]
fn turning_a_pair_round_turns_its_matrix_round() {
    let (a, b) = (activations("a", [3, 4]), activations("b", [2, 5]));
    for (name, head) in heads() {
        let [there, back] =
            [[&a, &b], [&b, &a]].map(|pair| Pair::of(&head, pair).expect("it is a pair"));
        assert_near(name, &there.maps()[0], &back.maps()[1], 1e-5);
        for y in 0..10 {
            let column: Vec<f32> =
                (0..12).map(|x| there.partners(x).expect("a position")[y]).collect();
            assert_near(name, back.partners(y).expect("a position"), &column, 1e-5);
        }
        assert_eq!(there.partners(12), None);
    }
}

#[test]
fn behind_positions_that_a_linear_head_weighs_apart_contributions_sum_to_the_cosine_too() {
    // ArcFace's head: positions flattened, a linear layer, a batch norm.
    let linear = ProjectionStep::Linear(Linear {
        weight: tensor(signed("w", 4 * 36), [4, 36]),
        bias: Some(tensor(signed("b", 4), [4])),
    });
    let affine = ProjectionStep::Affine {
        scale: tensor(signed("scale", 4), [4]),
        shift: tensor(signed("shift", 4), [4]),
    };
    // MobileFaceNet's: a weighted sum of each channel's positions, and a linear layer.
    let weight = Box::new(tensor(signed("weights", 6 * 6), [6, 6]));
    let narrow =
        ProjectionStep::Linear(Linear { weight: tensor(signed("v", 24), [4, 6]), bias: None });
    for head in [
        Head::new(Pooling::Flatten, vec![linear, affine]),
        Head::new(Pooling::Weighted { weight }, vec![narrow]),
    ] {
        let (a, b) = (activations("a", [2, 3]), activations("b", [2, 3]));
        let pair = Pair::of(&head, [&a, &b]).expect("it is a pair");
        let [e, f] = [&a, &b].map(|x| values(&head.forward(x.clone())));
        let sum: f64 = pair.contributions().iter().map(|&value| f64::from(value)).sum();
        assert!((sum - cosine(&e, &f)).abs() < 1e-5, "{sum} {}", cosine(&e, &f));
    }
}

#[test]
fn an_image_and_itself_correspond_position_by_position() {
    // Where no position is all of another and more, each is most like itself.
    let mut values = vec![0.0; 6 * 6];
    (0..6).for_each(|p| values[p * 6 + p] = 1.0 + p as f32 / 10.0);
    let image = tensor(values, [1, 6, 2, 3]);
    let head = Head::new(Pooling::Average, vec![]);
    let pair = Pair::of(&head, [&image, &image]).expect("it is a pair");
    assert!((pair.cosine() - 1.0).abs() < 1e-6);
    let found = pair.correspondences(100);
    assert_eq!(found.len(), 6);
    assert!(found.iter().all(|both| both.positions[0] == both.positions[1]), "{found:?}");
    assert!(found.windows(2).all(|two| two[0].contribution >= two[1].contribution));
    assert_eq!(pair.correspondences(2), found[..2]);
}

#[test]
fn what_has_no_parts_or_no_direction_is_refused_with_the_reason() {
    let head = Head::new(Pooling::Flatten, vec![]);
    let image = activations("a", [2, 2]);
    let refused = Pair::of(&head, [&image, &image]).expect_err("flattened");
    assert!(matches!(refused, Error::NotPerPosition { .. }), "{refused}");
    let head = Head::new(Pooling::Average, vec![]);
    let refused = Pair::of(&head, [&image, &image.zeros_like()]).expect_err("zero");
    assert_eq!(refused, Error::ZeroEmbedding { which: "second" });
    let large = Tensor::<4>::ones([1, 1, 128, 128], &device());
    let refused = Pair::of(&head, [&large, &large]).expect_err("2^28 pairs");
    assert!(matches!(refused, Error::TooManyPairs { .. }), "{refused}");
}

#[test]
fn a_photograph_s_crop_corresponds_to_where_it_was_cut() {
    // The upper left quarter of a collage is a photograph: that is where its partners are.
    let network = load_embedded(&device()).expect("the embedded weights load").network;
    let layer = network.last_layer().expect("it has layers");
    let head = network.head(layer).expect("pooling follows it");
    let collage = photographs::collage(["coffee", "retina", "rocket", "astronaut"]);
    let [collage, alone] = [collage, photographs::open("coffee")].map(|image| {
        let tensor = photographs::tensor(network.preprocessing(), &image);
        network.forward_to(tensor, layer).grid
    });
    let pair = Pair::of(head, [&collage, &alone]).expect("it is a pair");
    let found = pair.correspondences(8);
    let inside = |position: usize| position / 14 < 7 && position % 14 < 7;
    let right = found.iter().filter(|both| inside(both.positions[0])).count();
    assert_eq!(right, found.len(), "{found:?}");
}
