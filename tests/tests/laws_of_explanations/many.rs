//! Many at once, as one by one.

use cam_core::GradCam;
use cam_targets::CosineSimilarity;
use cam_tests::compare::{assert_near, values};

use super::{CANCELLATION, capture, concepts, raw};

#[test]
fn a_batch_is_explained_as_its_images_one_by_one() {
    let target = CosineSimilarity::to(concepts(&["rocket", "coffee"]));
    for layer in ["head", "block14"] {
        let together = raw(&capture(&["cat", "astronaut", "retina"], layer), &target);
        let alone: Vec<f32> = ["cat", "astronaut", "retina"]
            .iter()
            .flat_map(|name| raw(&capture(&[name], layer), &target))
            .collect();
        assert_near(layer, &together, &alone, CANCELLATION);
    }
}

#[test]
fn many_questions_at_once_are_answered_as_one_by_one() {
    let names = ["rocket", "coffee", "retina"];
    for layer in ["head", "block14"] {
        let capture = capture(&["cat"], layer);
        let together =
            capture.explain(&GradCam, &CosineSimilarity::to(concepts(&names))).expect("explained");
        let alone = names.map(|name| {
            capture.explain(&GradCam, &CosineSimilarity::to(concepts(&[name]))).expect("explained")
        });
        let scores: Vec<f32> =
            alone.iter().flat_map(|explanation| values(&explanation.scores)).collect();
        let maps: Vec<f32> =
            alone.iter().flat_map(|explanation| values(&explanation.layers[0].maps)).collect();
        assert_near("scores", &values(&together.scores), &scores, 1e-6);
        assert_near(layer, &values(&together.layers[0].maps), &maps, CANCELLATION);
    }
}
