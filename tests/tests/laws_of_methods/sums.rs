//! What maps add up to.

use cam_core::methods::{Cam, Contributions, IntegratedGradients, Occlusion, Rise};
use cam_core::{Network, Pair};
use cam_models::Runtime;
use cam_targets::{ClassLogit, ClassSoftmax, Contrast, CosineSimilarity, Dot, NegativeDistance};
use cam_tests::compare::{assert_near, values};
use cam_tests::embedded;
use cam_tests::networks::{by_formula_on, images};

use super::*;

#[test]
fn the_mean_of_cam_and_the_bias_are_the_logit() {
    let classifier = NETWORK.classifier().expect("the classifier is embedded").clone();
    let bias = values(classifier.bias.as_ref().expect("it has biases"));
    let classes = [281, 657, 967];
    let target = ClassLogit::of(classifier, classes.to_vec()).expect("the classes exist");
    let explanation = capture(&["cat"], "head").explain(&Cam, &target).expect("explained");
    let logits = values(&explanation.scores);
    let maps = raw(&explanation);
    for ((map, class), logit) in maps.chunks(49).zip(classes).zip(logits) {
        let sum = map.iter().sum::<f32>() / 49.0 + bias[class];
        assert!((sum - logit).abs() <= 1e-4 * logit.abs().max(1.0), "{class}: {sum} of {logit}");
    }
}

#[test]
fn contributions_sum_to_the_score_whatever_is_asked() {
    let classifier = NETWORK.classifier().expect("the classifier is embedded").clone();
    let (two, one) = (concepts(&["rocket", "cat"]), concepts(&["coffee"]));
    let targets: [Box<dyn Target>; 6] = [
        Box::new(CosineSimilarity::to(two.clone())),
        Box::new(Dot::with(two.clone())),
        Box::new(NegativeDistance::to(two.clone())),
        Box::new(Contrast::to_negatives(two, one).expect("of one width")),
        Box::new(ClassLogit::of(classifier.clone(), vec![281]).expect("it exists")),
        Box::new(ClassSoftmax::of(classifier, vec![281, 657]).expect("they exist")),
    ];
    let capture = capture(&["cat", "astronaut"], "head");
    for target in targets {
        let explanation = capture.explain(&Contributions, &*target).expect("explained");
        let scores = values(&explanation.scores);
        for (map, score) in raw(&explanation).chunks(49).zip(scores) {
            let sum: f32 = map.iter().sum();
            assert!((sum - score).abs() <= 1e-4 * score.abs().max(1.0), "{sum} of {score}");
        }
    }
}

#[test]
fn contributions_to_a_cosine_are_one_side_of_a_pair() {
    // Also where the image is the concept itself, and a gradient says nothing.
    for other in ["coffee", "cat"] {
        let target = CosineSimilarity::to(concepts(&[other]));
        let capture = capture(&["cat"], "head");
        let map = raw(&capture.explain(&Contributions, &target).expect("explained"));
        let layer = NETWORK.last_layer().expect("it has layers");
        let [a, b] =
            ["cat", other].map(|name| NETWORK.forward_to(embedded::images(&[name]), layer).grid);
        let head = NETWORK.head(layer).expect("pooling follows it");
        let pair = Pair::of(head, [&a, &b]).expect("a pair");
        assert_near(other, &map, &pair.maps()[0], 1e-4);
    }
}

#[test]
fn integrated_gradients_of_an_inner_product_sum_to_it() {
    let images = activations("line", [2, 3, 6, 5]);
    let target = Dot::with(concept("c", 3));
    let explanation = explain_pooled(&IntegratedGradients { steps: 1 }, images, &target);
    let explanation = explanation.expect("explained");
    let scores = values(&explanation.scores);
    for (map, score) in raw(&explanation).chunks(30).zip(scores) {
        assert_near("sum", &[map.iter().sum()], &[score], 1e-5);
    }
}

#[test]
fn integrated_gradients_of_a_network_sum_to_what_the_image_adds() {
    let network = by_formula_on("resnet18", Runtime::engine(&device(), Default::default()));
    let concept = Concepts::from_embeddings(network.embed(images(&["concept"]))).expect("sound");
    let image = images(&["query"]);
    let layer = network.last_layer().expect("it has layers");
    let capture = Capture::new(&network, image.clone(), &[layer]).expect("captured");
    let blank = network.embed(image.zeros_like());
    let targets: [Box<dyn Target>; 2] =
        [Box::new(CosineSimilarity::to(concept.clone())), Box::new(NegativeDistance::to(concept))];
    for target in targets {
        let method = IntegratedGradients { steps: 64 };
        let explanation = capture.explain(&method, &*target).expect("explained");
        let sum: f32 = raw(&explanation).iter().sum();
        let added = values(&explanation.scores)[0] - values(&target.scores(blank.clone()))[0];
        // The middle of 64 parts of a path with thousands of bends.
        assert!((sum - added).abs() <= 0.02 * added.abs(), "{sum} of {added}");
    }
}

#[test]
fn pixels_and_biases_account_for_all_of_an_inner_product() {
    // Between bends the embedding is linear in pixels and biases: s = x·∂s/∂x + Σ b·∂s/∂z. It is
    // what FullGrad shows, with absolute values in place of signs.
    let network = by_formula_on("resnet18", Runtime::engine(&device(), Default::default()));
    let concept = values(&network.embed(images(&["concept"])));
    let vectors = tensor(concept.clone(), [1, concept.len()]);
    let image = images(&["query"]);
    let recorded = network.recorded(&image).expect("the engine records");
    let pixels = recorded.pull_back(vectors.clone().unsqueeze_dim(1));
    let pixels: f32 = (pixels.squeeze_dim::<4>(1) * image.clone()).sum().into_scalar();
    let biases = network.bias_gradients(image.clone(), vectors.clone()).expect("it tells");
    let biases: f32 = biases
        .into_iter()
        .map(|part| {
            let channels = part.bias.dims()[0];
            (part.gradients * part.bias.reshape([1, channels, 1, 1])).sum().into_scalar::<f32>()
        })
        .sum();
    let score: f32 = (network.embed(image) * vectors).sum().into_scalar();
    let sum = pixels + biases;
    assert!((sum - score).abs() <= 1e-3 * score.abs(), "{pixels} + {biases} = {sum} of {score}");
}

#[test]
fn occlusion_of_an_inner_product_is_highest_where_the_concept_is() {
    // One bright pixel in the channel that counts: exactly the patches over it lose its share.
    let mut pixels = vec![0.0; 2 * 12 * 12];
    pixels[7 * 12 + 3] = 5.0;
    let target = Dot::with(Concepts::new(2, vec![vec![1.0, 0.25]]).expect("sound"));
    let image = tensor(pixels, [1, 2, 12, 12]);
    let map = raw(&explain_pooled(&Occlusion::default(), image, &target).expect("explained"));
    let loss = 5.0 / 144.0;
    assert_near("over the pixel", &[map[7 * 12 + 3]], &[loss], 1e-5);
    for (place, value) in map.iter().enumerate() {
        let (y, x) = (place / 12, place % 12);
        let may_hide_it = y.abs_diff(7) < 2 && x.abs_diff(3) < 2;
        assert!(may_hide_it || value.abs() <= 1e-7, "{y}, {x}: {value}");
    }
}

#[test]
fn rise_finds_the_one_pixel_that_counts() {
    let mut pixels = vec![0.0; 14 * 14];
    pixels[4 * 14 + 9] = 10.0;
    let target = Dot::with(Concepts::new(1, vec![vec![1.0]]).expect("sound"));
    let method = Rise { masks: 600, ..Rise::default() };
    let map = raw(&explain_pooled(&method, tensor(pixels, [1, 1, 14, 14]), &target).expect("ok"));
    let highest = (0..map.len()).max_by(|&a, &b| map[a].total_cmp(&map[b])).expect("pixels");
    let (y, x) = (highest / 14, highest % 14);
    assert!(y.abs_diff(4) <= 2 && x.abs_diff(9) <= 2, "found at {y}, {x}");
}
