//! EfficientNet-Lite0 as embedded, on photographs, against its PyTorch port.

use std::sync::LazyLock;

use cam_core::{Arithmetic, Capture, GradCam, Network};
use cam_models::{ConvNet, load_embedded};
use cam_targets::{Concepts, CosineSimilarity};
use cam_tests::compare::{assert_matches, assert_reaches, cosine, joined, values};
use cam_tests::golden::Golden;
use cam_tests::photographs::{NAMES, collage, open, tensor};
use cam_tests::{device, photographs};

/// The embedded weights are rounded to f16: 11 bits, through 50 layers.
const HALF_PRECISION_COSINE: f64 = 0.999;

/// Maps inherit that rounding; as a fraction of the largest value.
const HALF_PRECISION_MAP: f32 = 2e-2;

/// Far from the end the map of a concept that is not in the picture is a small difference of large
/// numbers. The unrounded weights match to [`RAW_MAP`](cam_tests::compare::RAW_MAP): see
/// `pretrained.rs`.
const HALF_PRECISION_EARLIER_MAP: f32 = 5e-2;

static NETWORK: LazyLock<ConvNet> =
    LazyLock::new(|| load_embedded(&device()).expect("the embedded weights load").network);
static FORWARD: LazyLock<Golden> = LazyLock::new(|| Golden::open("efficientnet-lite0-forward"));

fn embedding(name: &str) -> Vec<f32> {
    values(&NETWORK.embed(tensor(NETWORK.preprocessing(), &open(name))))
}

fn similarity_to(name: &str) -> CosineSimilarity {
    let concept = FORWARD.get(&format!("embedding.{name}")).values;
    CosineSimilarity::to(Concepts::new(concept.len(), vec![concept]).expect("the concept is sound"))
}

fn position_of_largest(values: &[f32]) -> Option<usize> {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]))
}

#[test]
fn embeddings_of_photographs_point_where_the_reference_points() {
    for name in NAMES {
        let expected = FORWARD.get(&format!("embedding.{name}")).values;
        let cosine = cosine(&embedding(name), &expected);
        assert!(cosine >= HALF_PRECISION_COSINE, "{name}: {cosine}");
    }
}

#[test]
fn the_most_likely_class_of_each_photograph_is_the_reference_s() {
    let classifier = NETWORK.classifier().expect("the classifier is embedded");
    for name in NAMES {
        let embedding = NETWORK.embed(tensor(NETWORK.preprocessing(), &open(name)));
        let logits = values(&classifier.forward(embedding));
        let expected = FORWARD.get(&format!("logits.{name}")).values;
        assert_eq!(position_of_largest(&logits), position_of_largest(&expected), "{name}");
    }
}

#[test]
fn each_concept_of_a_collage_is_found_in_its_own_quadrant() {
    let order = ["cat", "coffee", "rocket", "astronaut"];
    let golden = Golden::open("efficientnet-lite0-collage");
    let image = tensor(NETWORK.preprocessing(), &collage(order));
    let layer = NETWORK.layer("head").expect("the layer exists");
    let capture = Capture::new(&*NETWORK, image, &[layer]).expect("the collage can be captured");
    for (quadrant, name) in order.into_iter().enumerate() {
        let explanation = capture.explain(&GradCam, &similarity_to(name)).expect("explained");
        let map = values(&explanation.layers[0].maps);
        let expected = golden.get(&format!("{name}.similarity.raw"));
        let what = format!("collage, {name}, head.raw");
        assert_reaches(&what, &map, &expected.values, HALF_PRECISION_MAP);
        let cosine = golden.get(&format!("{name}.cosine")).values;
        assert_reaches("cosine", &values(&explanation.scores), &cosine, 1e-3);
        let share = share_in(quadrant, &map, expected.shape[1]);
        assert!(share >= 0.95, "{name}: {share} of its positive mass is in its quadrant");
    }
}

/// Share of the positive mass in one quarter of a square map.
fn share_in(quadrant: usize, map: &[f32], side: usize) -> f32 {
    let inside = |i: usize| {
        (i / side) / (side / 2) == quadrant / 2 && (i % side) / (side / 2) == quadrant % 2
    };
    let mass = |keep: &dyn Fn(usize) -> bool| -> f32 {
        map.iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, value)| value.max(0.0)).sum()
    };
    mass(&inside) / mass(&|_| true)
}

#[test]
fn two_earlier_layers_match_the_reference() {
    let golden = Golden::open("efficientnet-lite0-earlier-layers");
    let cat = photographs::tensor(NETWORK.preprocessing(), &open("cat"));
    for name in ["block10", "block15"] {
        let layer = NETWORK.layer(name).expect("the layer exists");
        let capture =
            Capture::new(&*NETWORK, cat.clone(), &[layer]).expect("the cat can be captured");
        let explanation = capture.explain(&GradCam, &similarity_to("rocket")).expect("explained");
        let raw = golden.get(&format!("{name}.grad_cam.raw"));
        assert_matches(
            &format!("cat, rocket, {name}.raw"),
            &explanation.layers[0].maps,
            &raw,
            HALF_PRECISION_EARLIER_MAP,
        );
        let finished =
            explanation.postprocess([224, 224], Arithmetic::PytorchGradCam).expect("finite");
        let cam = golden.get(&format!("{name}.grad_cam.cam"));
        let what = format!("cat, rocket, {name}.cam");
        assert_reaches(&what, &joined(&finished.maps), &cam.values, HALF_PRECISION_EARLIER_MAP);
    }
}
