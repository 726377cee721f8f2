//! ResNet-18 and ResNet-50 with formula weights against pytorch-grad-cam 1.5.7.

use burn::tensor::Tensor;
use cam_core::{
    Arithmetic, Capture, Explanation, GradCam, Layer, Network, Route, Target,
    smooth_over_augmentations,
};
use cam_models::{ConvNet, Runtime};
use cam_targets::{
    ClassLogit, ClassSoftmax, Concepts, CosineSimilarity, Dot, NegativeDistance, difference,
};
use cam_tests::compare::{
    ACTIVATION, FINISHED_MAP, RAW_MAP, assert_matches, assert_reaches, joined, values,
};
use cam_tests::golden::Golden;
use cam_tests::networks::{INPUT, by_formula_on, images};

/// A network beside what the reference computed with it.
struct Case {
    network: ConvNet,
    forward: Golden,
    maps: Golden,
}

impl Case {
    fn new(architecture: &str, runtime: impl Into<Runtime>) -> Self {
        Self {
            network: by_formula_on(architecture, runtime),
            forward: Golden::open(&format!("{architecture}-forward")),
            maps: Golden::open(&format!("{architecture}-grad_cam")),
        }
    }

    fn layers(&self, names: &[&str]) -> Vec<Layer> {
        names.iter().map(|name| self.network.layer(name).expect("the layer exists")).collect()
    }

    fn capture(&self, image_names: &[&str], layers: &[&str]) -> Capture<'_> {
        let layers = self.layers(layers);
        Capture::new(&self.network, images(image_names), &layers)
            .expect("the images can be captured")
    }

    fn embedding(&self, image: &str) -> Vec<f32> {
        values(&self.network.embed(images(&[image])))
    }

    fn concept(&self) -> Concepts {
        let concept = self.embedding("concept");
        Concepts::new(concept.len(), vec![concept]).expect("the concept is sound")
    }

    fn assert_raw(&self, key: &str, explanation: &Explanation) {
        let key = format!("{key}.raw");
        assert_matches(&key, &explanation.layers[0].maps, &self.maps.get(&key), RAW_MAP);
    }

    fn assert_finished(&self, key: &str, explanation: &Explanation) {
        let finished =
            explanation.postprocess(INPUT, Arithmetic::PytorchGradCam).expect("maps are finite");
        let key = format!("{key}.cam");
        assert_reaches(&key, &joined(&finished.maps), &self.maps.get(&key).values, FINISHED_MAP);
    }

    /// Raw and finished map of one target at one layer.
    fn assert_explains(&self, key: &str, layer: &str, target: &dyn Target, route: Route) {
        let capture = self.capture(&["query"], &[layer]).with_route(route);
        let explanation = capture.explain(&GradCam, target).expect("the target can be explained");
        self.assert_raw(key, &explanation);
        if self.maps.names().contains(&format!("{key}.cam")) {
            self.assert_finished(key, &explanation);
        }
    }
}

fn embeddings_and_logits_match(case: &Case) {
    for image in ["query", "concept", "other"] {
        let expected = case.forward.get(&format!("embedding_{image}"));
        let what = format!("embedding of {image}");
        assert_reaches(&what, &case.embedding(image), &expected.values, ACTIVATION);
    }
    let classifier = case.network.classifier().expect("fc is kept");
    let logits = classifier.forward(case.network.embed(images(&["query"])));
    assert_matches("logits", &logits, &case.forward.get("logits_query"), ACTIVATION);
}

fn layer_activations_match(case: &Case) {
    let layers = case.layers(&["layer2", "layer4"]);
    let activations = case
        .network
        .forward_through(images(&["query"]), &layers)
        .into_iter()
        .map(|reached| reached.grid)
        .collect::<Vec<_>>();
    let first_channels = activations[0].clone().narrow(1, 0, 8);
    assert_matches(
        "activations of layer2",
        &first_channels,
        &case.forward.get("layer2_query_first8"),
        ACTIVATION,
    );
    assert_matches(
        "activations of layer4",
        &activations[1],
        &case.forward.get("layer4_query"),
        ACTIVATION,
    );
}

fn every_target_matches_at_the_last_layer_by_every_route(case: &Case) {
    let classifier = case.network.classifier().expect("fc is kept").clone();
    let targets: [(&str, Box<dyn Target>); 5] = [
        ("layer4.similarity", Box::new(CosineSimilarity::to(case.concept()))),
        ("layer4.difference", Box::new(difference(CosineSimilarity::to(case.concept())))),
        ("layer4.dot", Box::new(Dot::with(case.concept()))),
        ("layer4.neg_l2", Box::new(NegativeDistance::to(case.concept()))),
        ("layer4.class7", Box::new(ClassLogit::of(classifier, vec![7]).expect("class 7 exists"))),
    ];
    let tail = case.network.engine().map(|_| Route::Tail);
    for route in [Route::ClosedForm, Route::Autodiff].into_iter().chain(tail) {
        for (key, target) in &targets {
            case.assert_explains(key, "layer4", target, route);
        }
    }
}

fn the_softmax_of_a_class_matches(case: &Case) {
    let classifier = case.network.classifier().expect("fc is kept").clone();
    let target = ClassSoftmax::of(classifier, vec![7]).expect("class 7 exists");
    let explanation =
        case.capture(&["query"], &["layer4"]).explain(&GradCam, &target).expect("explained");
    case.assert_finished("layer4.softmax7", &explanation);
}

fn earlier_layers_match(case: &Case) {
    let tail = case.network.engine().map(|_| Route::Tail);
    for (layer, route) in ["layer3", "layer2"].into_iter().flat_map(|layer| {
        [Route::Autodiff].into_iter().chain(tail).map(move |route| (layer, route))
    }) {
        let similarity = CosineSimilarity::to(case.concept());
        case.assert_explains(&format!("{layer}.similarity"), layer, &similarity, route);
        let difference = difference(similarity);
        case.assert_explains(&format!("{layer}.difference"), layer, &difference, route);
    }
}

fn two_layers_averaged_match(case: &Case) {
    let capture = case.capture(&["query"], &["layer3", "layer4"]);
    let explanation =
        capture.explain(&GradCam, &CosineSimilarity::to(case.concept())).expect("explained");
    case.assert_finished("layer3+layer4.similarity", &explanation);
}

fn a_batch_with_a_target_for_each_image_matches(case: &Case) {
    let similarity = CosineSimilarity::to(case.concept());
    let difference = difference(CosineSimilarity::to(case.concept()));
    let capture = case.capture(&["query", "other"], &["layer4"]);
    let explanation =
        capture.explain_each(&GradCam, &[&similarity, &difference]).expect("explained");
    case.assert_finished("layer4.batch", &explanation);
}

fn smoothing_over_augmentations_matches(case: &Case) {
    let target = CosineSimilarity::to(case.concept());
    let layers = case.layers(&["layer4"]);
    let explain = |images: Tensor<4>| {
        let explanation =
            Capture::new(&case.network, images, &layers)?.explain(&GradCam, &target)?;
        explanation.postprocess(INPUT, Arithmetic::PytorchGradCam)
    };
    let maps = smooth_over_augmentations(&images(&["query"]), |copy, _| explain(copy))
        .expect("all six copies can be explained");
    assert_reaches(
        "layer4.similarity.aug_smooth.cam",
        &joined(&maps.maps),
        &case.maps.get("layer4.similarity.aug_smooth.cam").values,
        FINISHED_MAP,
    );
}

macro_rules! claims {
    ($($claim:ident),* $(,)?) => {
        $(#[test] fn $claim() { super::$claim(&CASE); })*
    };
}

macro_rules! claims_of {
    ($network:ident, $architecture:literal, $runtime:expr) => {
        mod $network {
            use std::sync::LazyLock;
            static CASE: LazyLock<super::Case> =
                LazyLock::new(|| super::Case::new($architecture, $runtime));
            claims!(
                embeddings_and_logits_match,
                layer_activations_match,
                every_target_matches_at_the_last_layer_by_every_route,
                the_softmax_of_a_class_matches,
                earlier_layers_match,
                two_layers_averaged_match,
                a_batch_with_a_target_for_each_image_matches,
                smoothing_over_augmentations_matches,
            );
        }
    };
}

claims_of!(resnet18, "resnet18", &cam_tests::device());
claims_of!(resnet50, "resnet50", &cam_tests::device());
claims_of!(resnet18_in_the_engine, "resnet18", cam_tests::engine());
claims_of!(resnet50_in_the_engine, "resnet50", cam_tests::engine());
claims_of!(resnet50_in_the_exact_engine, "resnet50", cam_tests::exact_engine());
