//! The programs that the book shows: not only do they compile, they do what the book says.

use burn::tensor::Tensor;
use cam_core::methods::CATALOGUE;
use cam_core::{Capture, GradCam, Layer, Network as _, Route, Target};
use cam_targets::{Concepts, CosineSimilarity};
use cam_tests::compare::{assert_near, values};
use cam_tests::pooled::Pooled;
use cam_tests::{device, golden};

#[path = "../examples/any_backend.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod any_backend;
#[path = "../examples/burn_module.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod burn_module;
#[path = "../examples/in_memory.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod in_memory;
#[path = "../examples/many_questions.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod many_questions;
#[path = "../examples/own_method.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod own_method;
#[path = "../examples/own_network.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod own_network;
#[path = "../examples/own_target.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod own_target;
#[path = "../examples/tutorial.rs"]
#[expect(dead_code, reason = "its `main` is the program's")]
mod tutorial;

use own_target::{Rather, RatherInClosedForm};

/// Closed form against autodiff, both in f32, as a fraction of the largest value.
const ROUNDING: f32 = 1e-5;

fn photograph(name: &str) -> std::path::PathBuf {
    golden::path(&format!("../crates/cam-explain/photographs/{name}.png"))
}

#[test]
fn every_method_has_a_page() {
    let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/methods");
    for info in CATALOGUE {
        assert!(pages.join(format!("{}.md", info.name)).is_file(), "{}", info.name);
    }
}

#[test]
fn the_tutorial_writes_a_row_of_four_panels_for_each_concept() {
    let folder = tempfile::tempdir().expect("a folder");
    let figure = folder.path().join("figure.png");
    let (cat, coffee) = (photograph("cat"), photograph("coffee"));
    tutorial::run(&figure, "efficientnet-lite0", &photograph("astronaut"), &[&cat, &coffee])
        .expect("the tutorial runs");
    let picture = image::open(&figure).expect("a picture").into_rgb8();
    let panel = cam_viz::FigureStyle::default().cell_height;
    let (width, height) = picture.dimensions();
    assert!((4 * panel..5 * panel).contains(&width), "{width}");
    assert!((2 * panel..3 * panel).contains(&height), "{height}");
}

#[test]
fn a_few_lines_find_a_cup_on_any_backend() {
    let path = |name| photograph(name).display().to_string();
    let explain =
        |concept| any_backend::explain(None, &path("coffee"), &path(concept)).expect("it runs");
    let (answer, itself) = (explain("cat"), explain("coffee"));
    assert!(answer.score < 0.6 && (itself.score - 1.0).abs() < 1e-4, "{}", answer.number);
    assert_eq!((answer.raw[0].width(), answer.raw[0].height()), (7, 7));
    // A cosine knows no scale, so that behind an average the raw map sums to zero.
    let map = answer.raw[0].values();
    let largest = map.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    assert!(largest > 0.0 && map.iter().sum::<f32>().abs() < 1e-3 * largest * 49.0);
}

#[test]
fn bytes_in_memory_are_enough_for_the_same_answer_and_a_picture() {
    let [coffee, cat] = ["coffee", "cat"].map(photograph);
    let path = |path: &std::path::Path| path.display().to_string();
    let expected = any_backend::explain(None, &path(&coffee), &path(&cat)).expect("it runs").score;
    let [coffee, cat] = [coffee, cat].map(|path| std::fs::read(path).expect("a photograph"));
    let network = in_memory::network().expect("the embedded weights load");
    let (cosine, png) = in_memory::explain(&network, &coffee, &cat).expect("it runs");
    assert!((cosine - expected).abs() < 1e-5, "{cosine} {expected}");
    let [photograph, drawn] =
        [&coffee, &png].map(|bytes| image::load_from_memory(bytes).expect("a picture").into_rgb8());
    assert_eq!(drawn.dimensions(), photograph.dimensions());
    assert_ne!(drawn, photograph);
    let refused = in_memory::explain(&network, b"<!DOCTYPE html>", &cat).expect_err("a page");
    assert!(refused.to_string().contains("HTML"), "{refused}");
}

#[test]
fn a_network_of_burn_s_modules_is_explained_at_each_layer() {
    let found = burn_module::explain(&device()).expect("it can be explained");
    let [first, second] = found.as_slice() else { panic!("two layers") };
    assert_eq!((first.0.as_str(), first.1), ("first", [16, 24]));
    assert_eq!((second.0.as_str(), second.1), ("second", [8, 12]));
    assert!((-1.0..=1.0).contains(&first.2) && first.2 == second.2);
}

#[test]
fn a_module_s_gradient_by_autodiff_is_its_head_s_in_closed_form() {
    let network = burn_module::Explainable::new(burn_module::Stages::new(&device()));
    let image = burn::tensor::Distribution::Uniform(-1.0, 1.0);
    let image = Tensor::<4>::random([2, 3, 32, 48], image, &device());
    let last = network.last_layer().expect("there is one");
    let concept = Concepts::new(16, vec![(0..16).map(|i| (i as f32).sin()).collect()]);
    let target = CosineSimilarity::to(concept.expect("a concept"));
    let map = |route| {
        let capture = Capture::new(&network, image.clone(), &[last]).expect("captured");
        let explained = capture.with_route(route).explain(&GradCam, &target).expect("explained");
        values(&explained.layers[0].maps)
    };
    let expected = map(Route::ClosedForm);
    assert_near("routes", &map(Route::Autodiff), &expected, 1e-4);
}

#[test]
fn one_capture_answers_many_questions() {
    let (cat, coffee) = (photograph("cat"), photograph("coffee"));
    many_questions::run(&device(), &photograph("astronaut"), &[&cat, &coffee]).expect("it runs");
}

#[test]
fn a_network_of_ones_own_is_explained_where_the_red_is() {
    let [left, right] = own_network::where_is_red(&device()).expect("it can be explained");
    assert!(left > 0.0 && (left + right).abs() < 1e-6, "{left} {right}");
}

#[test]
fn a_method_of_ones_own_makes_maps_and_a_pair_adds_up() {
    let (map, sum) =
        own_method::run(&device(), &photograph("cat"), &photograph("astronaut")).expect("it runs");
    assert_eq!(map.dims(), [1, 1, 7, 7]);
    // Weights without signs, of activations behind a ReLU.
    assert!(values(&map).iter().all(|value| *value >= 0.0));
    assert!((0.0..1.0).contains(&sum), "{sum}");
}

fn maps(target: &dyn Target) -> Vec<f32> {
    // An embedding that is given: what lies before it has no say.
    let network = Pooled::new(4);
    let positions = [0.3_f32, 1.0, 0.2, 0.0, 1.5, 0.7, 0.5, 2.0];
    let input = Tensor::<1>::from_floats(positions, &device()).reshape([1, 4, 1, 2]);
    let explained = Capture::new(&network, input, &[Layer::new(0)])
        .and_then(|capture| capture.explain(&GradCam, target));
    let maps = explained.map(|explanation| explanation.layers[0].maps.clone());
    maps.map(|maps| values(&maps)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_target_of_ones_own_is_explained_alike_by_autodiff_and_in_closed_form() {
    let rather = || Rather::than_the_others(own_target::concepts().expect("three concepts"), 0.1);
    let (by_autodiff, closed) = (maps(&rather()), maps(&RatherInClosedForm(rather())));
    assert_near("maps", &closed, &by_autodiff, ROUNDING);
}
