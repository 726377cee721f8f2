//! Closed-form gradients against autodiff and finite differences: heads and targets.

use burn::tensor::{Tensor, TensorData};
use cam_core::{Gradients, Head, Linear, Pooling, ProjectionStep, Target};
use cam_targets::{
    ClassLogit, ClassReST, ClassSoftmax, Concepts, Contrast, CosineSimilarity, Dot, Finer,
    NegativeDistance, Prototypes, RawScore, binary, difference,
};
use cam_tests::compare::{assert_near, magnitude, values};
use cam_tests::{device, formula};
use proptest::prelude::*;

/// Two ways to one gradient in f32.
const ROUNDING: f32 = 1e-4;

fn signed(key: &str, n: usize) -> Vec<f32> {
    formula::unit(key, n).into_iter().map(|u| 2.0 * u - 1.0).collect()
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), &device())
}

fn linear(key: &str, outputs: usize, inputs: usize) -> Linear {
    Linear {
        weight: tensor(signed(key, outputs * inputs), [outputs, inputs]),
        bias: Some(tensor(signed(&format!("{key}.bias"), outputs), [outputs])),
    }
}

fn heads() -> Vec<(&'static str, Head)> {
    let affine = || ProjectionStep::Affine {
        scale: tensor(signed("scale", 5), [5]),
        shift: tensor(signed("shift", 5), [5]),
    };
    let normalize = || ProjectionStep::L2Normalize { epsilon: 1e-12 };
    let gem = Pooling::GeneralizedMean { exponent: 3.0, epsilon: 1e-2 };
    let weighted =
        || Pooling::Weighted { weight: Box::new(tensor(signed("weights", 5 * 12), [5, 12])) };
    vec![
        ("average", Head::new(Pooling::Average, vec![])),
        ("generalised mean", Head::new(gem.clone(), vec![])),
        ("weighted", Head::new(weighted(), vec![affine()])),
        ("maximum", Head::new(Pooling::Max, vec![])),
        ("flatten", Head::new(Pooling::Flatten, vec![])),
        ("linear", Head::new(Pooling::Average, vec![ProjectionStep::Linear(linear("w", 4, 5))])),
        ("batch norm", Head::new(Pooling::Average, vec![affine()])),
        ("unit length", Head::new(Pooling::Average, vec![normalize()])),
        (
            "shorter than epsilon",
            Head::new(Pooling::Average, vec![ProjectionStep::L2Normalize { epsilon: 10.0 }]),
        ),
        (
            "all",
            Head::new(gem, vec![affine(), ProjectionStep::Linear(linear("v", 6, 5)), normalize()]),
        ),
    ]
}

#[test]
fn every_head_pulls_back_as_autodiff_does() {
    let (n, c, h, w, k) = (2, 5, 3, 4, 3);
    let activations: Vec<f32> =
        formula::unit("activations", n * c * h * w).into_iter().map(|u| u - 0.2).collect();
    let activations = tensor(activations, [n, c, h, w]);
    for (name, head) in heads() {
        let width = head.forward(activations.clone()).dims()[1];
        let gradients = tensor(signed("gradients", n * k * width), [n, k, width]);
        let closed = head.pull_back(&activations, gradients.clone());
        let by_autodiff: Vec<Tensor<4>> = (0..k)
            .map(|question| {
                let leaf = activations.clone().autodiff().require_grad();
                let along = gradients.clone().narrow(1, question, 1).squeeze_dim::<2>(1).autodiff();
                let mut tape = (head.forward(leaf.clone()) * along).sum().backward();
                leaf.grad_remove(&mut tape).expect("tracked")
            })
            .collect();
        let by_autodiff = Tensor::stack::<5>(by_autodiff, 1);
        assert_near(name, &values(&closed.per_position([h, w])), &values(&by_autodiff), ROUNDING);
        let means = Gradients::PerPosition(by_autodiff).channel_means();
        assert_near(name, &values(&closed.channel_means()), &values(&means), ROUNDING);
    }
}

/// Every target, for embeddings `d` wide.
fn targets(d: usize, k: usize, seed: u64) -> Vec<(&'static str, Box<dyn Target>)> {
    let rows = (0..k).map(|i| signed(&format!("concept{seed}.{i}"), d)).collect();
    let concepts = Concepts::new(d, rows).expect("sound");
    let rows = (0..k).map(|i| signed(&format!("other{seed}.{i}"), d)).collect();
    let others = Concepts::new(d, rows).expect("sound");
    let classes = linear(&format!("classes{seed}"), 7, d);
    let few = linear(&format!("few{seed}"), 4, d);
    vec![
        ("cosine", Box::new(CosineSimilarity::to(concepts.clone()))),
        ("difference", Box::new(difference(CosineSimilarity::to(concepts.clone())))),
        ("dot", Box::new(Dot::with(concepts.clone()))),
        ("negative distance", Box::new(NegativeDistance::to(concepts.clone()))),
        ("logit", Box::new(ClassLogit::of(classes.clone(), vec![0, 6, 3]).expect("classes exist"))),
        (
            "softmax",
            Box::new(ClassSoftmax::of(classes.clone(), vec![2, 5]).expect("classes exist")),
        ),
        ("residual softmax", Box::new(ClassReST::of(classes.clone(), vec![2, 5]).expect("exist"))),
        // With four classes all others are compared with: which ones they are does not jump.
        ("finer", Box::new(Finer::of(few.clone(), vec![2, 0], 0.6).expect("exist"))),
        ("against it", Box::new(binary(linear(&format!("one{seed}"), 1, d), false).expect("one"))),
        ("raw", Box::new(RawScore::of(d, vec![d - 1, 0]).expect("they exist"))),
        ("triplet", Box::new(Contrast::triplet(concepts.clone(), others.clone()).expect("pairs"))),
        (
            "prototypes",
            Box::new(Prototypes::of(&[concepts.clone(), others.clone()]).expect("of one width")),
        ),
        ("contrast", Box::new(Contrast::to_negatives(concepts, others).expect("of one width"))),
    ]
}

fn by_autodiff(target: &dyn Target, embeddings: &Tensor<2>) -> Vec<f32> {
    let gradients = (0..target.questions()).map(|question| {
        let leaf = embeddings.clone().autodiff().require_grad();
        let mut tape = target.scores(leaf.clone()).narrow(1, question, 1).sum().backward();
        leaf.grad_remove(&mut tape).expect("tracked")
    });
    values(&Tensor::stack::<3>(gradients.collect(), 1))
}

/// How far differences step to either side.
const STEP: f32 = 2e-3;

/// Central differences of the scores of one embedding: `[k, d]`.
fn by_differences(target: &dyn Target, embedding: &[f32]) -> Vec<f32> {
    let scores = |index: usize, by: f32| {
        let mut moved = embedding.to_vec();
        moved[index] += by;
        values(&target.scores(tensor(moved, [1, embedding.len()])))
    };
    let columns: Vec<Vec<f32>> = (0..embedding.len())
        .map(|index| {
            let (up, down) = (scores(index, STEP), scores(index, -STEP));
            up.iter().zip(&down).map(|(up, down)| (up - down) / (2.0 * STEP)).collect()
        })
        .collect();
    (0..target.questions())
        .flat_map(|question| columns.iter().map(move |column| column[question]))
        .collect()
}

/// Whether a step of differences may make another of the concepts `{key}.{i}` the most similar one.
///
/// There the most similar prototype changes, the score has a corner and no derivative. A step turns an
/// embedding by at most its own length over the embedding's, and two cosines move apart by twice that.
fn is_at_a_corner(embedding: &[f32], key: &str, k: usize) -> bool {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let length = |vector: &[f32]| dot(vector, vector).sqrt();
    let cosine =
        |concept: Vec<f32>| dot(embedding, &concept) / length(&concept) / length(embedding);
    let concepts = (0..k).map(|i| signed(&format!("{key}.{i}"), embedding.len()));
    let mut cosines: Vec<f32> = concepts.map(cosine).collect();
    cosines.sort_by(|a, b| b.total_cmp(a));
    cosines.len() > 1 && cosines[0] - cosines[1] <= 2.0 * STEP / length(embedding)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn closed_forms_equal_autodiff_and_finite_differences(
        seed in 0u64..1000, n in 1usize..4, d in 2usize..20, k in 1usize..4,
    ) {
        let embeddings = signed(&format!("embeddings{seed}"), n * d);
        // Directions of very short embeddings are lost in rounding.
        prop_assume!(embeddings.chunks(d).all(|embedding| magnitude(embedding) > 0.2));
        let is_at_a_corner = |key| is_at_a_corner(&embeddings[..d], &format!("{key}{seed}"), k);
        prop_assume!(!is_at_a_corner("concept") && !is_at_a_corner("other"));
        let batch = tensor(embeddings.clone(), [n, d]);
        for (name, target) in targets(d, k, seed) {
            let closed = values(&target.gradients(batch.clone()).expect("a closed form"));
            assert_near(name, &closed, &by_autodiff(&*target, &batch), 1e-3);
            let first = &closed[..target.questions() * d];
            assert_near(name, first, &by_differences(&*target, &embeddings[..d]), 2e-2);
        }
    }
}

#[test]
fn gradients_stay_finite_where_the_score_has_no_direction() {
    for (name, target) in targets(4, 2, 1) {
        let zero = Tensor::<2>::zeros([1, 4], &device());
        let gradients = values(&target.gradients(zero.clone()).expect("a closed form"));
        assert!(gradients.iter().all(|value| value.is_finite()), "{name} at zero: {gradients:?}");
        assert!(
            values(&target.scores(zero)).iter().all(|value| value.is_finite()),
            "{name} at zero"
        );
    }
    let concept = signed("concept1.0", 4);
    let at_concept = tensor(concept.clone(), [1, 4]);
    let distance = NegativeDistance::to(Concepts::new(4, vec![concept]).expect("sound"));
    assert_eq!(values(&distance.gradients(at_concept).expect("a closed form")), [0.0; 4]);
}

#[test]
fn finer_with_strength_zero_is_the_logit() {
    let (classes, chosen) = (linear("w", 7, 5), vec![6, 1]);
    let finer = Finer::of(classes.clone(), chosen.clone(), 0.0).expect("the classes exist");
    let logit = ClassLogit::of(classes, chosen).expect("the classes exist");
    let embeddings = tensor(signed("embeddings", 10), [2, 5]);
    assert_eq!(
        values(&finer.scores(embeddings.clone())),
        values(&logit.scores(embeddings.clone()))
    );
    let gradients =
        |target: &dyn Target| values(&target.gradients(embeddings.clone()).expect("a closed form"));
    assert_eq!(gradients(&finer), gradients(&logit));
}

#[test]
fn finer_compares_with_the_three_classes_of_nearest_logits() {
    // One input, so that the logits are the weights; e = 1.
    let weights = [5.0, 4.0, 9.0, 4.5, 7.0];
    let classes = Linear { weight: tensor(weights.to_vec(), [5, 1]), bias: None };
    let target = Finer::of(classes, vec![0], 1.0).expect("the class exists");
    let nearest = [4.0_f64, 4.5, 7.0];
    let sum: f64 = nearest.iter().map(|z| z.exp()).sum();
    let mean: f64 = nearest.iter().map(|z| z * z.exp() / sum).sum();
    let score = values(&target.scores(tensor(vec![1.0], [1, 1])))[0];
    assert!((f64::from(score) - (5.0 - mean)).abs() < 1e-5, "{score}");
}

/// A target's scores `[n, k]` and gradients `[n, k, d]` of several embeddings at once.
fn answers(target: &dyn Target, embeddings: &[&[f32]]) -> (Vec<f32>, Vec<f32>) {
    let batch = tensor(embeddings.concat(), [embeddings.len(), embeddings[0].len()]);
    let gradients = target.gradients(batch.clone()).expect("a closed form");
    assert_near("autodiff", &values(&gradients), &by_autodiff(target, &batch), ROUNDING);
    (values(&target.scores(batch)), values(&gradients))
}

#[test]
fn of_equally_similar_prototypes_the_first_counts_for_each_image_and_concept() {
    let concept = |rows: &[[f32; 2]]| {
        Concepts::new(2, rows.iter().map(|row| row.to_vec()).collect()).expect("sound")
    };
    // Three prototypes, and one: what is missing there is not another.
    let concepts = [concept(&[[0.0, 1.0], [1.0, 0.0], [0.0, 2.0]]), concept(&[[-1.0, 0.0]])];
    let target = Prototypes::of(&concepts).expect("of one width");
    let half = 0.5_f32.sqrt();
    let (scores, gradients) = answers(&target, &[&[1.0, 1.0], &[2.0, 0.0], &[0.0, 4.0]]);
    assert_near("cosines", &scores, &[half, -half, 1.0, -1.0, 1.0, 0.0], 1e-6);
    // Between (0, 1) and (1, 0) it is the former: ∂/∂e = (ĉ − ⟨ê, ĉ⟩ê)/‖e‖ = (−½, ½)/√2.
    let expected = [
        [-0.5 * half, 0.5 * half],
        [-0.5 * half, 0.5 * half],
        [0.0, 0.0],
        [0.0, 0.0],
        [0.0, 0.0],
        [-0.25, 0.0],
    ];
    assert_near("gradients", &gradients, expected.as_flattened(), 1e-6);
}

#[test]
fn of_equally_near_classes_finer_takes_the_first_for_each_image_and_class() {
    // Logits are the weights times e. Around class 2 (logit 4e) lie 3e and 5e, as near as one another, then 2e
    // and 6e, of which the first is taken, and class 6, a twin of class 2 at no distance.
    let weights = [6.0, 2.0, 4.0, 5.0, 3.0, 9.0, 4.0];
    let classes = Linear { weight: tensor(weights.to_vec(), [7, 1]), bias: None };
    let target = Finer::of(classes, vec![2, 5], 1.0).expect("they exist");
    let by_hand = |own: f64, compared: [f64; 3], e: f64| {
        let exp: Vec<f64> = compared.iter().map(|w| (w * e).exp()).collect();
        let share: Vec<f64> = exp.iter().map(|x| x / exp.iter().sum::<f64>()).collect();
        let mean: f64 = share.iter().zip(compared).map(|(q, w)| q * w * e).sum();
        let slope = share.iter().zip(compared).map(|(q, w)| q * (1.0 + w * e - mean) * w);
        ((own * e - mean) as f32, (own - slope.sum::<f64>()) as f32)
    };
    let (scores, gradients) = answers(&target, &[&[1.0], &[-0.5], &[0.0]]);
    // Of class 5 (9e) the nearest are 6e, 5e and the first of the twins 4e; where e = 0 all are equally near, and
    // the first three others count.
    let expected = [
        by_hand(4.0, [5.0, 3.0, 4.0], 1.0),
        by_hand(9.0, [6.0, 5.0, 4.0], 1.0),
        by_hand(4.0, [5.0, 3.0, 4.0], -0.5),
        by_hand(9.0, [6.0, 5.0, 4.0], -0.5),
        by_hand(4.0, [6.0, 2.0, 5.0], 0.0),
        by_hand(9.0, [6.0, 2.0, 4.0], 0.0),
    ];
    let (expected_scores, expected_gradients): (Vec<f32>, Vec<f32>) = expected.into_iter().unzip();
    assert_near("scores", &scores, &expected_scores, 1e-5);
    assert_near("gradients", &gradients, &expected_gradients, 1e-5);
}

#[test]
fn finer_with_fewer_than_three_others_compares_with_all_of_them() {
    let classes = Linear { weight: tensor(vec![2.0, -1.0], [2, 1]), bias: None };
    let target = Finer::of(classes, vec![1], 0.5).expect("it exists");
    // s = z₁ − ½·z₀ = −2e.
    assert_eq!(answers(&target, &[&[3.0]]), (vec![-6.0], vec![-2.0]));
}

#[test]
fn a_triplet_of_equals_has_nothing_to_say() {
    let concepts = Concepts::new(3, vec![signed("concept", 3)]).expect("sound");
    let target = Contrast::triplet(concepts.clone(), concepts).expect("a pair");
    let embedding = tensor(signed("embedding", 3), [1, 3]);
    assert_eq!(values(&target.scores(embedding.clone())), [0.0]);
    assert_eq!(values(&target.gradients(embedding).expect("a closed form")), [0.0; 3]);
}

#[test]
fn a_contrast_is_the_cosine_less_the_mean_cosine_to_the_negatives() {
    let concepts = |key: &str, k: usize| {
        let rows = (0..k).map(|i| signed(&format!("{key}{i}"), 6)).collect();
        Concepts::new(6, rows).expect("sound")
    };
    let contrast = Contrast::to_negatives(concepts("c", 2), concepts("n", 3)).expect("alike");
    let embedding = tensor(signed("embedding", 6), [1, 6]);
    let cosines = |concepts| values(&CosineSimilarity::to(concepts).scores(embedding.clone()));
    let negatives = cosines(concepts("n", 3));
    let mean = negatives.iter().sum::<f32>() / 3.0;
    let expected: Vec<f32> = cosines(concepts("c", 2)).iter().map(|cosine| cosine - mean).collect();
    assert_near("contrast", &values(&contrast.scores(embedding)), &expected, 1e-6);
}

#[test]
fn targets_that_cannot_be_are_refused_with_the_remedy() {
    use cam_targets::Error;
    let concepts = |k| Concepts::new(2, vec![vec![1.0, 2.0]; k]).expect("sound");
    let wide = Concepts::new(3, vec![vec![1.0; 3]]).expect("sound");
    let pairs = Contrast::triplet(concepts(2), concepts(1)).err();
    assert_eq!(pairs, Some(Error::Pairs { nearer_to: 2, than_to: 1 }));
    let widths = Contrast::to_negatives(concepts(1), wide).err();
    assert_eq!(widths, Some(Error::ConceptWidth { index: 0, embedding: 2, concept: 3 }));
    assert_eq!(binary(linear("w", 2, 3), true).err(), Some(Error::NotBinary { outputs: 2 }));
    let alone = Finer::of(linear("w", 1, 3), vec![0], 1.0).err();
    assert_eq!(alone, Some(Error::NothingToCompare));
    let output = RawScore::of(4, vec![4]).err();
    assert_eq!(output, Some(Error::UnknownOutput { output: 4, width: 4 }));
}

#[test]
fn antipodal_vectors_have_cosine_minus_one() {
    let concept = vec![0.3_f32, -0.2, 0.9];
    let opposite = tensor(concept.iter().map(|value| -value).collect(), [1, 3]);
    let target = CosineSimilarity::to(Concepts::new(3, vec![concept]).expect("sound"));
    let cosine = values(&target.scores(opposite.clone()))[0];
    assert!((-1.0..=-1.0 + 1e-6).contains(&cosine), "{cosine}");
    assert!(magnitude(&values(&target.gradients(opposite).expect("a closed form"))) < 1e-6);
}

#[test]
fn a_class_beyond_the_last_is_refused() {
    let refused = ClassLogit::of(linear("w", 7, 3), vec![6, 7]).err();
    assert_eq!(refused, Some(cam_targets::Error::UnknownClass { class: 7, classes: 7 }));
    let refused = ClassSoftmax::of(linear("w", 7, 3), vec![]).err();
    assert_eq!(refused, Some(cam_targets::Error::NoClass));
}
