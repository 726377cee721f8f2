//! The programs that the book shows: not only do they compile, they do what the book says.

use burn::tensor::{Device, Tensor};
use cam_core::{Capture, GradCam, Layer, Target};
use cam_tests::compare::{assert_near, values};
use cam_tests::golden;
use cam_tests::pooled::Pooled;

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
    golden::path(&format!("../crates/cam-cli/photographs/{name}.png"))
}

#[test]
fn the_tutorial_writes_a_row_of_four_panels_for_each_concept() {
    let folder = tempfile::tempdir().expect("a folder");
    let figure = folder.path().join("figure.png");
    let (cat, coffee) = (photograph("cat"), photograph("coffee"));
    tutorial::run(&figure, "embedded", &photograph("astronaut"), &[&cat, &coffee])
        .expect("the tutorial runs");
    let picture = image::open(&figure).expect("a picture").into_rgb8();
    let panel = cam_viz::FigureStyle::default().cell_height;
    let (width, height) = picture.dimensions();
    assert!((4 * panel..5 * panel).contains(&width), "{width}");
    assert!((2 * panel..3 * panel).contains(&height), "{height}");
}

#[test]
fn one_capture_answers_many_questions() {
    let (cat, coffee) = (photograph("cat"), photograph("coffee"));
    many_questions::run(&photograph("astronaut"), &[&cat, &coffee]).expect("it runs");
}

#[test]
fn a_network_of_ones_own_is_explained_where_the_red_is() {
    let [left, right] = own_network::where_is_red().expect("it can be explained");
    assert!(left > 0.0 && (left + right).abs() < 1e-6, "{left} {right}");
}

#[test]
fn a_method_of_ones_own_makes_maps_and_a_pair_adds_up() {
    let (map, sum) =
        own_method::run(&photograph("cat"), &photograph("astronaut")).expect("it runs");
    assert_eq!(map.dims(), [1, 1, 7, 7]);
    // Weights without signs, of activations behind a ReLU.
    assert!(values(&map).iter().all(|value| *value >= 0.0));
    assert!((0.0..1.0).contains(&sum), "{sum}");
}

fn maps(target: &dyn Target) -> Vec<f32> {
    // An embedding that is given: what lies before it has no say.
    let network = Pooled::new(4);
    let positions = [0.3_f32, 1.0, 0.2, 0.0, 1.5, 0.7, 0.5, 2.0];
    let input = Tensor::<1>::from_floats(positions, &Device::default()).reshape([1, 4, 1, 2]);
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
