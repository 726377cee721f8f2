//! Different ways to one map.

use cam_core::methods::{
    AblationCam, EigenCam, EigenSmooth, FinerCam, GradCam, GradCamElementWise, LayerCam, RefineCam,
    ScoreCam, equivalent_methods,
};
use cam_core::{AlongEmbedding, Arithmetic, Fusion, HeadKind, postprocess};
use cam_targets::{ClassSoftmax, Combination, Dot, Finer, NegativeDistance, difference, negation};
use cam_tests::compare::{assert_near, cosine, joined, largest_difference, values};

use super::*;

/// Maps of both signs, whose sums cancel, stretched to 0..=1.
const STRETCHED: f32 = 2e-3;

#[test]
fn methods_that_are_listed_as_equivalent_give_one_picture() {
    let capture = capture(&["cat"], "head");
    let rocket = concepts(&["rocket"]);
    let classifier = NETWORK.classifier().expect("the classifier is embedded").clone();
    let targets: [Box<dyn Target>; 4] = [
        Box::new(CosineSimilarity::to(rocket.clone())),
        Box::new(Dot::with(rocket.clone())),
        Box::new(ClassLogit::of(classifier, vec![281]).expect("the class exists")),
        Box::new(NegativeDistance::to(rocket)),
    ];
    let head = NETWORK.head(NETWORK.last_layer().expect("it has layers")).expect("it pools");
    let mut compared = 0;
    for target in targets {
        let along = target.along_embedding();
        for group in equivalent_methods(head.kind(), along) {
            let pictures: Vec<Vec<f32>> = group
                .iter()
                .map(|name| {
                    let method = method(name, Settings::default()).expect("it exists");
                    let raw = capture.explain(&*method, &*target).expect("explained").raw_maps();
                    let finished = postprocess(&raw, [224, 224], Arithmetic::Standard);
                    joined(&finished.expect("finite").maps)
                })
                .collect();
            for (name, picture) in group.iter().zip(&pictures).skip(1) {
                let difference = largest_difference(picture, &pictures[0]);
                let first = group[0];
                assert!(difference <= STRETCHED, "{first}, {name}, {along:?}: {difference}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 5 + 6 + 5 + 4, "so many are listed");
}

#[test]
fn methods_that_are_not_listed_as_equivalent_give_other_pictures() {
    let capture = capture(&["cat"], "head");
    let target = CosineSimilarity::to(concepts(&["rocket"]));
    let picture = |name: &str| {
        let method = method(name, Settings::default()).expect("it exists");
        let raw = capture.explain(&*method, &target).expect("explained").raw_maps();
        joined(&postprocess(&raw, [224, 224], Arithmetic::Standard).expect("finite").maps)
    };
    let reference = picture("grad-cam");
    for name in ["grad-cam-elementwise", "eigen-cam", "fem", "kpca-cam", "random-cam"] {
        assert!(largest_difference(&picture(name), &reference) > 0.05, "{name}");
    }
}

#[test]
fn a_bias_is_shared_out_by_contributions_and_not_by_grad_cam() {
    // Which is why the two are equivalent for an inner product and not for a logit.
    assert!(
        equivalent_methods(HeadKind::Average, AlongEmbedding::Proportional)[0]
            .contains(&"contributions")
    );
    assert!(
        !equivalent_methods(HeadKind::Average, AlongEmbedding::Straight)[0]
            .contains(&"contributions")
    );
    let classifier = NETWORK.classifier().expect("the classifier is embedded").clone();
    let target = ClassLogit::of(classifier, vec![281]).expect("the class exists");
    let capture = capture(&["cat"], "head");
    let [plain, shared] = ["grad-cam", "contributions"].map(|name| {
        let method = method(name, Settings::default()).expect("it exists");
        raw(&capture.explain(&*method, &target).expect("explained"))
    });
    let sum = |map: &[f32]| map.iter().sum::<f32>();
    assert!((sum(&plain) - sum(&shared)).abs() > 1e-4, "{} {}", sum(&plain), sum(&shared));
}

#[test]
fn scores_change_along_the_embedding_as_their_targets_say() {
    let (rocket, width) = (concepts(&["rocket"]), concepts(&["rocket"]).width());
    let classifier = NETWORK.classifier().expect("the classifier is embedded").clone();
    let of_class = |index| vec![index];
    let logit = ClassLogit::of(classifier.clone(), of_class(281)).expect("it exists");
    let mixed = Combination::new(
        0.0,
        vec![
            (1.0, Box::new(Dot::with(rocket.clone())) as Box<dyn Target>),
            (1.0, Box::new(CosineSimilarity::to(rocket.clone()))),
        ],
    );
    let targets: [(Box<dyn Target>, AlongEmbedding); 8] = [
        (Box::new(CosineSimilarity::to(rocket.clone())), AlongEmbedding::Constant),
        (Box::new(difference(CosineSimilarity::to(rocket.clone()))), AlongEmbedding::Constant),
        (Box::new(negation(Dot::with(rocket.clone()))), AlongEmbedding::Proportional),
        (Box::new(difference(Dot::with(rocket.clone()))), AlongEmbedding::Straight),
        (Box::new(logit), AlongEmbedding::Straight),
        (Box::new(mixed.expect("of one width")), AlongEmbedding::Curved),
        (Box::new(NegativeDistance::to(rocket)), AlongEmbedding::Curved),
        (
            Box::new(ClassSoftmax::of(classifier, of_class(281)).expect("it exists")),
            AlongEmbedding::Curved,
        ),
    ];
    let embedding = formula::unit("along", width);
    for (index, (target, along)) in targets.into_iter().enumerate() {
        assert_eq!(target.along_embedding(), along, "{index}");
        let scores = [1.0, 2.0, 3.0].map(|length| {
            let scaled = embedding.iter().map(|value| length * value).collect();
            values(&target.scores(tensor(scaled, [1, width])))[0]
        });
        let [first, second, third] = scores;
        let near = |a: f32, b: f32| (a - b).abs() <= 1e-4 * a.abs().max(b.abs()).max(1e-3);
        match along {
            AlongEmbedding::Constant => assert!(near(first, third), "{index}: {scores:?}"),
            AlongEmbedding::Proportional => {
                assert!(near(3.0 * first, third) && near(2.0 * first, second), "{scores:?}");
            }
            AlongEmbedding::Straight => {
                assert!(near(third - second, second - first), "{index}: {scores:?}");
            }
            AlongEmbedding::Curved => {}
        }
    }
}

#[test]
fn finer_cam_is_grad_cam_of_the_finer_target() {
    let classifier = NETWORK.classifier().expect("the classifier is embedded").clone();
    let classes = vec![281, 657];
    let finer =
        Finer::of(classifier.clone(), classes.clone(), Finer::STRENGTH).expect("they exist");
    let plain = ClassLogit::of(classifier, classes).expect("they exist");
    let capture = capture(&["cat", "astronaut"], "head");
    let by_target = capture.explain(&GradCam, &finer).expect("explained");
    for target in [&plain as &dyn Target, &finer] {
        let by_method = capture.explain(&FinerCam, target).expect("explained");
        assert_eq!(raw(&by_method), raw(&by_target));
        let scores = values(&target.scores(capture.embeddings()));
        assert_eq!(values(&by_method.scores), scores, "the score stays the target's own");
    }
}

#[test]
fn refine_cam_is_grad_cam_until_layers_are_multiplied() {
    let target = CosineSimilarity::to(concepts(&["rocket"]));
    let capture = capture(&["cat"], "head");
    let [refined, plain] = [&RefineCam as &dyn Method, &GradCam]
        .map(|method| raw(&capture.explain(method, &target).expect("explained")));
    assert_eq!(refined, plain);
    let smooth = EigenSmooth(RefineCam);
    assert_eq!((RefineCam.fusion(), smooth.fusion()), (Fusion::Product, Fusion::Product));
    assert_eq!(GradCam.fusion(), Fusion::Mean);
}

#[test]
fn ablation_in_closed_form_is_what_running_the_tail_gives() {
    let target = CosineSimilarity::to(concepts(&["rocket", "coffee"]));
    let capture = capture(&["cat", "astronaut"], "head");
    let closed = AblationCam::default();
    let closed = raw(&capture.explain(&closed, &target).expect("explained"));
    let run = AblationCam { always_runs: true, ..AblationCam::default() };
    let run = raw(&capture.explain(&run, &target).expect("explained"));
    // Weights are differences of scores of about one: an absolute rounding of 1e-7 each.
    assert_near("ablation", &closed, &run, 5e-3);
}

#[test]
fn finer_of_strength_zero_is_the_class_itself() {
    let classifier = NETWORK.classifier().expect("the classifier is embedded").clone();
    let capture = capture(&["cat"], "head");
    let finer = Finer::of(classifier.clone(), vec![281, 657], 0.0).expect("the classes exist");
    let plain = ClassLogit::of(classifier, vec![281, 657]).expect("the classes exist");
    let [finer, plain]: [&dyn Target; 2] = [&finer, &plain];
    let [finer, plain] =
        [finer, plain].map(|target| raw(&capture.explain(&GradCam, target).expect("explained")));
    assert_near("finer", &finer, &plain, 1e-5);
}

#[test]
fn score_cam_through_all_channels_is_score_cam_without_a_limit() {
    let images = activations("score", [1, 37, 5, 4]);
    let target = CosineSimilarity::to(concept("c", 37));
    let all = ScoreCam { top_channels: None, ..ScoreCam::default() };
    let many = ScoreCam { top_channels: Some(37), ..ScoreCam::default() };
    let few = ScoreCam { top_channels: Some(5), ..ScoreCam::default() };
    let [all, many, few] = [all, many, few]
        .map(|method| raw(&explain_pooled(&method, images.clone(), &target).expect("explained")));
    assert_near("all", &many, &all, 1e-6);
    assert!(largest_difference(&few, &all) > 0.0, "a limit leaves something out");
}

#[test]
fn a_principal_component_agrees_with_what_it_is_of() {
    for name in ["cat", "coffee", "rocket", "astronaut", "retina"] {
        let capture = capture(&[name], "block14");
        let target = CosineSimilarity::to(concepts(&["rocket"]));
        let map = raw(&capture.explain(&EigenCam, &target).expect("explained"));
        let layer = NETWORK.layer("block14").expect("it exists");
        let activations = capture.activations(layer).expect("captured").clone();
        let mut sums = values(&activations.sum_dim(1));
        let mean = sums.iter().sum::<f32>() / sums.len() as f32;
        sums.iter_mut().for_each(|sum| *sum -= mean);
        assert!(cosine(&map, &sums) >= 0.0, "{name}");
    }
}

#[test]
fn a_principal_component_of_one_channel_is_the_channel() {
    let images = activations("one", [2, 1, 4, 5]);
    let target = Dot::with(concept("c", 1));
    let plain = raw(&explain_pooled(&GradCam, images.clone(), &target).expect("explained"));
    let smooth = EigenSmooth(GradCam);
    let smooth = raw(&explain_pooled(&smooth, images, &target).expect("explained"));
    for (plain, smooth) in plain.chunks(20).zip(smooth.chunks(20)) {
        let mean = plain.iter().sum::<f32>() / 20.0;
        let centred: Vec<f32> = plain.iter().map(|value| value - mean).collect();
        assert_near("one channel", smooth, &centred, 1e-5);
    }
}

#[test]
fn element_wise_methods_are_what_grad_cam_is_without_its_negative_channels() {
    // Behind pooling: relu(w_c·A_c) = relu(w_c)·A_c for A ≥ 0.
    let images = activations("positive", [1, 12, 6, 5]);
    let target = CosineSimilarity::to(concept("c", 12));
    let gradients = target.gradients(images.clone().mean_dim(3).mean_dim(2).reshape([1, 12]));
    let weights = values(&gradients.expect("a cosine has one"));
    let activations = values(&images);
    let expected: Vec<f32> = (0..30)
        .map(|p| (0..12).map(|c| weights[c].max(0.0) / 30.0 * activations[c * 30 + p]).sum())
        .collect();
    for method in [&LayerCam as &dyn Method, &GradCamElementWise] {
        let map = raw(&explain_pooled(method, images.clone(), &target).expect("explained"));
        assert_near("element-wise", &map, &expected, 1e-4);
    }
}
