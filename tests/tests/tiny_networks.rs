//! Tiny networks of every family against torch: activations, embeddings, logits and signed
//! Grad-CAM maps, at every cut and by both routes.
//!
//! The references were computed in f64; `fixtures/README.md` says how.

use burn::tensor::{Tensor, TensorData};
use cam_core::{Capture, Error, Explanation, GradCam, Layer, Network, Route, Target};
use cam_models::{ConvNet, Strictness, load};
use cam_targets::{ClassLogit, Concepts, CosineSimilarity, difference};
use cam_tests::compare::{assert_near, magnitude, values};
use cam_tests::device;
use cam_tests::golden::{self, Golden};
use cam_tests::networks::clean_layers;

/// Everything here is f32 against f64; no concept is so near that a map would cancel. As a
/// fraction of the reference's largest absolute value.
const TOLERANCE: f32 = 1e-4;

/// A reference below this is zero but for its own rounding.
const ZERO: f32 = 1e-12;

/// What rounding leaves of a map that is zero by algebra.
const ROUNDING: f32 = 1e-6;

/// The class whose maps the references hold.
const CLASS: usize = 3;

/// The batch of two with odd sides, and the image whose last activations are one position.
const INPUTS: [&str; 2] = ["odd", "even"];

/// A network beside what torch computed with it.
struct Case {
    name: &'static str,
    network: ConvNet,
    expected: Golden,
}

impl Case {
    fn new(name: &'static str) -> Self {
        let path = golden::path(&format!("fixtures/weights/{name}.safetensors"));
        let loaded =
            load(&path, Strictness::Exact, &device()).unwrap_or_else(|error| panic!("{error}"));
        let expected = Golden::at(golden::path("fixtures/expected.safetensors"));
        Self { name, network: loaded.network, expected }
    }

    fn images(&self, input: &str) -> Tensor<4> {
        let images = self.expected.get(&format!("input.{input}"));
        Tensor::from_data(TensorData::new(images.values, images.shape), &device())
    }

    /// The layers that the reference knows: the stem and every block.
    fn layers(&self) -> Vec<Layer> {
        let cuts = reference(self.name)["cuts"].clone();
        let names: Vec<String> = serde_json::from_value(cuts).expect("they are names");
        let layer = |name: &String| self.network.layer(name).expect("it is a layer");
        names.iter().map(layer).collect()
    }

    fn last(&self) -> Layer {
        self.network.last_layer().expect("there are layers")
    }

    fn layer_name(&self, layer: Layer) -> &str {
        &self.network.layers()[layer.index()].name
    }

    fn similarity(&self) -> CosineSimilarity {
        let concept = self.expected.get(&format!("{}.concept", self.name)).values;
        CosineSimilarity::to(
            Concepts::new(self.network.embedding_width(), vec![concept]).expect("a sound concept"),
        )
    }

    /// The logit of [`CLASS`], where there is a classifier.
    fn class(&self) -> Option<ClassLogit> {
        let classifier = self.network.classifier()?.clone();
        Some(ClassLogit::of(classifier, vec![CLASS]).expect("the class exists"))
    }

    fn explain(
        &self,
        input: &str,
        layers: &[Layer],
        target: &dyn Target,
        route: Route,
    ) -> Result<Explanation, Error> {
        let capture = Capture::new(&self.network, self.images(input), layers)
            .expect("captured")
            .with_route(route);
        capture.explain(&GradCam, target)
    }

    #[track_caller]
    fn assert_is<const D: usize>(&self, key: &str, found: &Tensor<D>) {
        let key = format!("{}.{key}", self.name);
        let expected = self.expected.get(&key);
        let (found, scale) = (values(found), magnitude(&expected.values));
        if scale < ZERO {
            assert!(
                magnitude(&found) < ROUNDING,
                "{key} is zero by algebra, not {:e}",
                magnitude(&found)
            );
        } else {
            assert_near(&key, &found, &expected.values, TOLERANCE);
        }
    }

    fn assert_maps_are(&self, input: &str, target: &str, explanation: &Explanation) {
        for layer in &explanation.layers {
            let key = format!("{input}.{}.{target}.raw", self.layer_name(layer.layer));
            let expected = self.expected.get(&format!("{}.{key}", self.name)).shape;
            let [images, questions, height, width] = layer.maps.dims();
            assert_eq!((questions, vec![images, height, width]), (1, expected), "{key}");
            self.assert_is(&key, &layer.maps);
        }
    }
}

/// What is known of a network without its weights.
fn reference(name: &str) -> serde_json::Value {
    let index = std::fs::read_to_string(golden::path("fixtures/expected.json"))
        .expect("the index is there");
    let index: serde_json::Value = serde_json::from_str(&index).expect("the index is JSON");
    index["networks"][name].clone()
}

fn the_cuts_are_those_of_the_reference(case: &Case) {
    let expected = reference(case.name);
    let clean = clean_layers(&case.network);
    let names = clean.iter().map(|&layer| case.layer_name(layer));
    let known: Vec<&str> = case.layers().into_iter().map(|layer| case.layer_name(layer)).collect();
    let found: Vec<&str> = names.filter(|name| known.contains(name)).collect();
    assert_eq!(serde_json::json!(found), expected["cuts"]);
    assert_eq!(case.network.embedding_width(), expected["width"]);
    let classes = case.network.classifier().map(|classifier| classifier.weight.dims()[0]);
    assert_eq!(serde_json::json!(classes), expected["classes"]);
}

fn activations_at_every_block_match(case: &Case) {
    for input in INPUTS {
        let layers = case.layers();
        let activations = case
            .network
            .forward_through(case.images(input), &layers)
            .into_iter()
            .map(|reached| reached.grid)
            .collect::<Vec<_>>();
        for (layer, activations) in layers.into_iter().zip(&activations) {
            let info = &case.network.layers()[layer.index()];
            assert_eq!(activations.dims()[1], info.channels, "{}", info.name);
            if !["relu", "maxpool", "stem"].contains(&info.name.as_str()) {
                case.assert_is(&format!("{input}.{}", info.name), activations);
            }
        }
    }
}

fn embeddings_match(case: &Case) {
    for input in INPUTS {
        case.assert_is(&format!("{input}.embedding"), &case.network.embed(case.images(input)));
    }
}

fn logits_match(case: &Case) {
    let Some(classifier) = case.network.classifier() else { return };
    for input in INPUTS {
        let logits = classifier.forward(case.network.embed(case.images(input)));
        case.assert_is(&format!("{input}.logits"), &logits);
    }
}

fn the_scores_match(case: &Case) {
    for input in INPUTS {
        let scores = case.similarity().scores(case.network.embed(case.images(input)));
        case.assert_is(&format!("{input}.cosine"), &scores);
    }
}

fn similarity_maps_at_every_cut_match(case: &Case) {
    for input in INPUTS {
        let explanation = case.explain(input, &case.layers(), &case.similarity(), Route::Automatic);
        case.assert_maps_are(input, "similarity", &explanation.expect("explained"));
    }
}

fn similarity_maps_by_autodiff_alone_match_at_every_cut(case: &Case) {
    for input in INPUTS {
        let explanation = case.explain(input, &case.layers(), &case.similarity(), Route::Autodiff);
        case.assert_maps_are(input, "similarity", &explanation.expect("explained"));
    }
}

fn similarity_maps_in_closed_form_match_at_the_last_cut(case: &Case) {
    for input in INPUTS {
        let explanation =
            case.explain(input, &[case.last()], &case.similarity(), Route::ClosedForm);
        case.assert_maps_are(input, "similarity", &explanation.expect("explained"));
    }
}

fn the_closed_form_is_refused_by_name_where_there_is_none(case: &Case) {
    for layer in case.layers().into_iter().filter(|&layer| layer != case.last()) {
        let refused = case.explain("even", &[layer], &case.similarity(), Route::ClosedForm).err();
        assert_eq!(refused, Some(Error::NoClosedForm { layer: case.layer_name(layer).to_owned() }));
    }
}

fn class_maps_match_by_both_routes(case: &Case) {
    let Some(class) = case.class() else { return };
    for input in INPUTS {
        for route in [Route::ClosedForm, Route::Autodiff] {
            let explanation =
                case.explain(input, &[case.last()], &class, route).expect("explained");
            case.assert_maps_are(input, &format!("class{CLASS}"), &explanation);
        }
    }
}

fn the_map_of_the_difference_is_the_negative_of_the_similarity_at_every_cut(case: &Case) {
    let explained =
        |target: &dyn Target| case.explain("odd", &case.layers(), target, Route::Automatic);
    let similarity = explained(&case.similarity()).expect("explained");
    let difference = explained(&difference(case.similarity())).expect("explained");
    for (similarity, difference) in similarity.layers.iter().zip(&difference.layers) {
        let negative = values(&difference.maps.clone().neg());
        assert_near(case.layer_name(similarity.layer), &negative, &values(&similarity.maps), 1e-6);
    }
}

fn the_forward_pass_is_the_same_wherever_it_is_cut(case: &Case) {
    for input in INPUTS {
        let whole = values(&case.network.embed(case.images(input)));
        for layer in case.layers() {
            let activations = case.network.forward_to(case.images(input), layer).grid;
            let embedding = values(&case.network.forward_from(activations.into(), layer));
            assert_eq!(embedding, whole, "{} cut at {}", case.name, case.layer_name(layer));
        }
    }
}

fn an_image_does_not_depend_on_its_neighbours(case: &Case) {
    let batch = case.images("odd");
    let together = values(&case.network.embed(batch.clone()));
    let alone =
        (0..2).flat_map(|image| values(&case.network.embed(batch.clone().narrow(0, image, 1))));
    assert_near(case.name, &alone.collect::<Vec<_>>(), &together, 1e-6);
}

macro_rules! claims {
    ($network:ident: $($claim:ident),* $(,)?) => {
        mod $network {
            use std::sync::LazyLock;
            static CASE: LazyLock<super::Case> = LazyLock::new(|| super::Case::new(stringify!($network)));
            $(#[test] fn $claim() { super::$claim(&CASE); })*
        }
    };
}

macro_rules! for_each_network {
    ($($network:ident),*) => {
        $(claims! { $network:
            the_cuts_are_those_of_the_reference,
            activations_at_every_block_match,
            embeddings_match,
            logits_match,
            the_scores_match,
            similarity_maps_at_every_cut_match,
            similarity_maps_by_autodiff_alone_match_at_every_cut,
            similarity_maps_in_closed_form_match_at_the_last_cut,
            the_closed_form_is_refused_by_name_where_there_is_none,
            class_maps_match_by_both_routes,
            the_map_of_the_difference_is_the_negative_of_the_similarity_at_every_cut,
            the_forward_pass_is_the_same_wherever_it_is_cut,
            an_image_does_not_depend_on_its_neighbours,
        })*
    };
}

for_each_network!(tiny_basic, tiny_bottleneck, tiny_resnext, tiny_wide, tiny_headless, tiny_lite);
