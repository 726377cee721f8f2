//! Every method against pytorch-grad-cam 1.5.7, with its own constants.

use cam_core::methods::{EigenSmooth, GradCam, Settings, method};
use cam_core::{Arithmetic, Capture, Explanation, Method, Network, postprocess};
use cam_models::{ConvNet, Runtime};
use cam_targets::{Concepts, CosineSimilarity, Finer};
use cam_tests::compare::{
    FINISHED_MAP, RAW_MAP, assert_reaches, joined, largest_difference, magnitude, record_parity,
    values,
};
use cam_tests::device;
use cam_tests::golden::Golden;
use cam_tests::networks::{INPUT, by_formula_on, images};

struct Case {
    architecture: &'static str,
    network: ConvNet,
    target: CosineSimilarity,
}

impl Case {
    fn new(architecture: &'static str) -> Self {
        // The engine runs what it can; the direct sums are nearest to the reference's.
        let options = cam_engine::Options { exact: true, ..Default::default() };
        let network = by_formula_on(architecture, Runtime::engine(&device(), options));
        let concept = values(&network.embed(images(&["concept"])));
        let concepts = Concepts::new(concept.len(), vec![concept]).expect("the concept is sound");
        Self { architecture, network, target: CosineSimilarity::to(concepts) }
    }

    fn explain(&self, method: &dyn Method, layer: &str) -> Explanation {
        let layer = self.network.layer(layer).expect("the layer exists");
        let capture = Capture::new(&self.network, images(&["query"]), &[layer]);
        let capture = capture.expect("the image can be captured");
        capture.explain(method, &self.target).expect("the method explains")
    }

    /// Raw maps at the layers and the finished one at the last, as far as the reference has them.
    fn assert_matches(&self, name: &str, layers: &[&str], sign: Sign) {
        let settings = Settings { arithmetic: Arithmetic::PytorchGradCam, ..Settings::default() };
        let method = method(name, settings).expect("the method exists");
        let golden = Golden::open(&format!("{}-{}", self.architecture, file(name)));
        let mut compared = 0;
        for layer in layers {
            let explanation = self.explain(&*method, layer);
            let key = format!("{layer}.similarity.raw");
            if golden.names().contains(&key) {
                let expected = golden.get(&key).values;
                let found = values(&explanation.layers[0].maps);
                assert_near(&format!("{name} {key}"), &found, &expected, RAW_MAP, sign);
                compared += 1;
            }
            let key = format!("{layer}.similarity.cam");
            if golden.names().contains(&key) {
                let raw = explanation.raw_maps();
                let finished = |raw: &[_]| {
                    let finished = postprocess(raw, INPUT, Arithmetic::PytorchGradCam);
                    joined(&finished.expect("maps are finite").maps)
                };
                let turned: Vec<_> = raw.iter().map(|maps| maps.clone().neg()).collect();
                let expected = golden.get(&key).values;
                let both = match sign {
                    Sign::Given => vec![finished(&raw)],
                    Sign::Arbitrary => vec![finished(&raw), finished(&turned)],
                };
                let nearest = both.iter().map(|map| largest_difference(map, &expected));
                let nearest = nearest.fold(f32::INFINITY, f32::min);
                record_parity(&format!("{name} {key}"), nearest, FINISHED_MAP);
                assert!(nearest <= FINISHED_MAP, "{name} {key}: differs by {nearest}");
                compared += 1;
            }
        }
        assert!(compared > 0, "{name}: the reference has none of the layers {layers:?}");
    }
}

/// Whether the reference's sign means something.
#[derive(Clone, Copy)]
enum Sign {
    Given,
    Arbitrary,
}

fn file(name: &str) -> String {
    match name {
        "hires-cam" => "hires_cam".to_owned(),
        name => name.replace('-', "_"),
    }
}

#[track_caller]
fn assert_near(what: &str, found: &[f32], expected: &[f32], tolerance: f32, sign: Sign) {
    let scale = magnitude(expected).max(f32::MIN_POSITIVE);
    let turned: Vec<f32> = found.iter().map(|value| -value).collect();
    let difference = match sign {
        Sign::Given => largest_difference(found, expected),
        Sign::Arbitrary => {
            largest_difference(found, expected).min(largest_difference(&turned, expected))
        }
    };
    let difference = difference / scale;
    record_parity(what, difference, tolerance);
    assert!(difference <= tolerance, "{what}: differs by {difference:e} of {scale:e}");
}

const ALL_LAYERS: [&str; 3] = ["layer4", "layer3", "layer2"];

fn gradient_methods_match(case: &Case) {
    for name in [
        "grad-cam",
        "hires-cam",
        "grad-cam-elementwise",
        "grad-cam-plus-plus",
        "x-grad-cam",
        "layer-cam",
        "shapley-cam",
    ] {
        case.assert_matches(name, &ALL_LAYERS, Sign::Given);
    }
}

fn eigen_methods_match_but_for_the_reference_s_arbitrary_sign(case: &Case) {
    for name in ["eigen-cam", "eigen-grad-cam", "kpca-cam"] {
        case.assert_matches(name, &ALL_LAYERS, Sign::Arbitrary);
    }
}

fn eigen_smoothing_matches_but_for_the_sign(case: &Case) {
    let golden = Golden::open(&format!("{}-grad_cam", case.architecture));
    let expected = golden.get("layer4.similarity.eigen_smooth.cam").values;
    let raw = case.explain(&EigenSmooth(GradCam), "layer4").raw_maps();
    let differences = [1.0, -1.0].map(|sign| {
        let raw: Vec<_> = raw.iter().map(|maps| maps.clone() * sign).collect();
        let finished = postprocess(&raw, INPUT, Arithmetic::PytorchGradCam).expect("finite");
        largest_difference(&joined(&finished.maps), &expected)
    });
    let nearest = differences[0].min(differences[1]);
    record_parity("eigen smoothing of grad-cam layer4.similarity.cam", nearest, FINISHED_MAP);
    assert!(nearest <= FINISHED_MAP, "{differences:?}");
}

fn methods_without_gradients_match(case: &Case) {
    case.assert_matches("fem", &ALL_LAYERS, Sign::Given);
}

fn full_grad_matches(case: &Case) {
    case.assert_matches("full-grad", &["layer4"], Sign::Given);
}

/// A module of the tests for each network, so that a failure names its network.
macro_rules! on {
    ($module:ident, $architecture:literal) => {
        mod $module {
            use std::sync::LazyLock;

            use super::Case;

            static CASE: LazyLock<Case> = LazyLock::new(|| Case::new($architecture));

            #[test]
            fn gradient_methods_match() {
                super::gradient_methods_match(&CASE);
            }

            #[test]
            fn eigen_methods_match_but_for_the_reference_s_arbitrary_sign() {
                super::eigen_methods_match_but_for_the_reference_s_arbitrary_sign(&CASE);
            }

            #[test]
            fn eigen_smoothing_matches_but_for_the_sign() {
                super::eigen_smoothing_matches_but_for_the_sign(&CASE);
            }

            #[test]
            fn methods_without_gradients_match() {
                super::methods_without_gradients_match(&CASE);
            }

            #[test]
            fn full_grad_matches() {
                super::full_grad_matches(&CASE);
            }
        }
    };
}

on!(resnet18, "resnet18");
on!(resnet50, "resnet50");

#[test]
fn finer_cam_matches_on_resnet18() {
    let network = by_formula_on("resnet18", &device());
    let classifier = network.classifier().expect("fc is kept").clone();
    let logits = values(&classifier.forward(network.embed(images(&["query"]))));
    let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
    let target = Finer::of(classifier, vec![best.expect("there are classes")], 1.0);
    let layer = network.layer("layer4").expect("the layer exists");
    let capture = Capture::new(&network, images(&["query"]), &[layer]).expect("captured");
    let explanation = capture.explain(&GradCam, &target.expect("the class exists"));
    let raw = explanation.expect("explained").raw_maps();
    let finished = postprocess(&raw, INPUT, Arithmetic::PytorchGradCam).expect("finite");
    let expected = Golden::open("resnet18-finer_cam").get("layer4.finer.cam").values;
    assert_reaches("finer-cam layer4.cam", &joined(&finished.maps), &expected, FINISHED_MAP);
}

#[test]
fn score_cam_and_ablation_cam_match_on_resnet18() {
    let case = Case::new("resnet18");
    case.assert_matches("score-cam", &["layer4"], Sign::Given);
    case.assert_matches("ablation-cam", &["layer4"], Sign::Given);
}
