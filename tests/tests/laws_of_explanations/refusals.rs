//! What cannot be explained is refused by name.

use burn::tensor::Tensor;
use cam_core::{Arithmetic, Capture, Error, GradCam, Layer, Network, Route, postprocess};
use cam_targets::{Concepts, CosineSimilarity};
use cam_tests::device;
use cam_tests::pooled::Pooled;

use super::{NETWORK, capture, concepts, images, map};

#[test]
fn fewer_targets_than_images_are_refused() {
    let target = CosineSimilarity::to(concepts(&["rocket"]));
    let refused = capture(&["cat", "coffee"], "head").explain_each(&GradCam, &[&target]);
    assert_eq!(refused.err(), Some(Error::TargetCount { images: 2, targets: 1 }));
    let two = CosineSimilarity::to(concepts(&["rocket", "coffee"]));
    let refused = capture(&["cat"], "head").explain_each(&GradCam, &[&two]);
    assert_eq!(refused.err(), Some(Error::ManyQuestions { index: 0, questions: 2 }));
}

#[test]
fn a_concept_of_another_model_is_refused() {
    let concept = Concepts::new(512, vec![vec![1.0; 512]]).expect("sound in itself");
    let refused = capture(&["cat"], "head").explain(&GradCam, &CosineSimilarity::to(concept));
    assert_eq!(refused.err(), Some(Error::Width { embedding: 1280, target: 512 }));
}

#[test]
fn an_unknown_layer_is_answered_with_the_nearest_names() {
    let error = NETWORK.layer("blok10").expect_err("there is no such layer").to_string();
    assert!(error.contains("block10"), "{error}");
    assert_eq!(Capture::new(&*NETWORK, images(&["cat"]), &[]).err(), Some(Error::NoLayer));
}

#[test]
fn an_empty_batch_and_a_layer_without_closed_form_are_refused() {
    let layer = NETWORK.layer("block3").expect("the layer exists");
    let empty = Tensor::<4>::zeros([0, 3, 32, 32], &device());
    assert_eq!(Capture::new(&*NETWORK, empty, &[layer]).err(), Some(Error::EmptyBatch));
    let target = CosineSimilarity::to(concepts(&["rocket"]));
    let refused =
        capture(&["cat"], "block3").with_route(Route::ClosedForm).explain(&GradCam, &target);
    assert_eq!(refused.err(), Some(Error::NoClosedForm { layer: "block3".into() }));
}

#[test]
fn an_embedding_that_is_not_finite_is_reported_by_its_position() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut values = vec![1.0; 2 * 3 * 4];
        values[3 * 4 + 5] = bad;
        let plain = Pooled::new(3);
        let refused = Capture::new(&plain, map(values, [2, 3, 2, 2]), &[Layer::new(0)]);
        assert_eq!(refused.err(), Some(Error::NonFiniteEmbedding { image: 1 }));
    }
}

#[test]
fn a_layer_of_another_network_and_a_size_of_zero_are_refused() {
    let plain = Pooled::new(3);
    let images = map(vec![1.0; 12], [1, 3, 2, 2]);
    let refused = Capture::new(&plain, images.clone(), &[Layer::new(7)]).err();
    assert_eq!(refused, Some(Error::ForeignLayer { index: 7, layers: 1 }));
    let refused = postprocess(&[images], [0, 5], Arithmetic::Standard).err();
    assert_eq!(refused, Some(Error::EmptySize { size: [0, 5] }));
}
