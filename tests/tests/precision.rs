//! What convolutions in f16 and bf16 cost, on every backend that computes in them.
//!
//! Each comparison prints a line: the precision, what was compared, the difference, and the one that is allowed.

use cam_core::{Capture, GradCam, Network};
use cam_models::{ConvNet, NetworkError, Precision, Runtime, describe, load_embedded};
use cam_targets::{Concepts, CosineSimilarity};
use cam_tests::compare::{largest_difference, magnitude, relative_distance, values};
use cam_tests::networks::{by_formula_on, images};
use cam_tests::photographs::{open, tensor};
use cam_tests::{backend, device};

/// What rounding every activation and weight costs, through some 50 layers: of embeddings as a distance
/// relative to their length, of a raw map as a fraction of its largest value, by the layer.
struct Allowed {
    embedding: f64,
    last_map: f32,
    earlier_map: f32,
}

/// 11 bits: a rounding is 5e-4. At the earlier layer values near ReLU6's bounds let their gradient through
/// in one way and not in the other.
const F16: Allowed = Allowed { embedding: 5e-3, last_map: 2e-2, earlier_map: 0.1 };

/// The same where the sums of a convolution have 11 bits too: CubeCL's direct convolution, which runs where kernels
/// are not chosen by timing them, adds up in the numbers that it is given.
const F16_SUMS: Allowed = Allowed { embedding: 2e-2, ..F16 };

/// 8 bits: a rounding is 4e-3, eight times that of f16.
const BF16: Allowed = Allowed { embedding: 4e-2, last_map: 8e-2, earlier_map: 0.4 };

fn reduced() -> impl Iterator<Item = (Precision, Allowed)> {
    let is_untuned = backend::name() == "wgpu" && !cfg!(feature = "tuned");
    let all = [(Precision::F16, if is_untuned { F16_SUMS } else { F16 }), (Precision::Bf16, BF16)];
    all.into_iter().filter(|(precision, _)| precision.is_supported_by(&device()))
}

fn embedded(precision: Precision) -> ConvNet {
    let network = load_embedded(Runtime::burn(&device(), precision));
    network.expect("the embedded weights load").network
}

fn record(precision: Precision, what: &str, difference: f64, allowed: f64) {
    println!("precision\t{precision}\t{what}\t{difference:e}\t{allowed:e}");
    assert!(difference <= allowed, "{precision}: {what} differs by {difference:e}");
}

/// The raw map of a concept at a layer.
fn map(network: &ConvNet, layer: &str, concept: &Concepts) -> Vec<f32> {
    let layer = network.layer(layer).expect("the layer exists");
    let image = tensor(network.preprocessing(), &open("cat"));
    let capture = Capture::new(network, image, &[layer]).expect("captured");
    let target = CosineSimilarity::to(concept.clone());
    let explanation = capture.explain(&GradCam, &target).expect("explained");
    values(&explanation.layers[0].maps)
}

#[test]
fn embeddings_and_maps_of_a_photograph_keep_what_the_precision_allows() {
    let exact = embedded(Precision::F32);
    let embed = |network: &ConvNet, name| {
        values(&network.embed(tensor(network.preprocessing(), &open(name))))
    };
    let rocket = Concepts::new(exact.embedding_width(), vec![embed(&exact, "rocket")]);
    let rocket = rocket.expect("a photograph makes a concept");
    for (precision, allowed) in reduced() {
        let network = embedded(precision);
        let distance = relative_distance(&embed(&network, "cat"), &embed(&exact, "cat"));
        record(precision, "embedding", distance, allowed.embedding);
        for (layer, allowed) in [("head", allowed.last_map), ("block10", allowed.earlier_map)] {
            let expected = map(&exact, layer, &rocket);
            let difference = largest_difference(&map(&network, layer, &rocket), &expected);
            let difference = f64::from(difference / magnitude(&expected));
            record(precision, &format!("raw map at {layer}"), difference, f64::from(allowed));
        }
    }
}

#[test]
fn what_leaves_a_network_is_f32_in_every_precision() {
    for (precision, _) in reduced() {
        let network = embedded(precision);
        let images = tensor(network.preprocessing(), &open("cat"));
        let f32 = burn::tensor::DType::F32;
        assert_eq!(network.embed(images.clone()).dtype(), f32, "{precision}");
        let layer = network.layer("block10").expect("the layer exists");
        let activations = network.forward_to(images, layer).grid;
        assert_eq!(activations.dtype(), f32, "{precision}");
        let tracked = activations.autodiff().require_grad();
        let score = network.forward_from(tracked.clone().into(), layer).sum();
        let gradient = tracked.grad(&score.backward()).expect("the leaf is tracked");
        assert_eq!(gradient.dtype(), f32, "{precision}");
    }
}

#[test]
fn an_empty_tail_gives_what_it_was_given_beyond_the_range_of_f16() {
    for (precision, _) in reduced() {
        let network = embedded(precision);
        let last = network.last_layer().expect("there are layers");
        let activations =
            network.forward_to(tensor(network.preprocessing(), &open("cat")), last).grid;
        let embedding = values(&network.forward_from(activations.clone().into(), last));
        let large = values(&network.forward_from((activations * 1e6).into(), last));
        let back: Vec<f32> = large.iter().map(|value| value / 1e6).collect();
        assert!(relative_distance(&back, &embedding) < 1e-6, "{precision}");
    }
}

/// Of a score that is this much smaller, the gradients behind an average of 49 positions are about 2e-6,
/// where f16 has 5 bits left.
const SMALLER: f32 = 1e-4;

/// What 11 bits make of a gradient twice, through some 20 layers.
const TWO_ROUNDINGS: f64 = 1e-2;

#[test]
fn small_gradients_survive_the_way_through_f16() {
    if !Precision::F16.is_supported_by(&device()) {
        return;
    }
    let network = embedded(Precision::F16);
    let layer = network.layer("block10").expect("the layer exists");
    let activations = network.forward_to(tensor(network.preprocessing(), &open("cat")), layer).grid;
    let gradient = |factor: f32| {
        let leaf = activations.clone().autodiff().require_grad();
        let score = (network.forward_from(leaf.clone().into(), layer) * factor).sum();
        let gradient = leaf.grad(&score.backward()).expect("the leaf is tracked");
        values(&(gradient.without_autodiff() / factor))
    };
    let distance = relative_distance(&gradient(SMALLER), &gradient(1.0));
    assert!(distance < TWO_ROUNDINGS, "a distance of {distance:e}");
}

#[test]
fn a_deep_network_stays_finite_and_near() {
    let exact = by_formula_on("resnet18", Runtime::burn(&device(), Precision::F32));
    let expected = values(&exact.embed(images(&["query"])));
    for (precision, allowed) in reduced() {
        let network = by_formula_on("resnet18", Runtime::burn(&device(), precision));
        let found = values(&network.embed(images(&["query"])));
        let distance = relative_distance(&found, &expected);
        record(precision, "embedding, ResNet-18", distance, allowed.embedding);
    }
}

#[test]
fn a_precision_that_a_device_lacks_is_refused_with_a_remedy() {
    let description = describe("resnet18").expect("the architecture is known");
    for precision in Precision::ALL {
        let runtime = Runtime::burn(&device(), precision);
        match ConvNet::placeholder(description.clone(), runtime) {
            Ok(_) => assert!(precision.is_supported_by(&device())),
            Err(error @ NetworkError::Precision { .. }) => {
                assert!(!precision.is_supported_by(&device()));
                assert!(error.to_string().contains("run the network in f32"), "{error}");
            }
            Err(error) => panic!("{error}"),
        }
    }
}
