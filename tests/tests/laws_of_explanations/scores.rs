//! Cosines, and what is at their end.

use cam_core::{Arithmetic, Capture, GradCam, Layer};
use cam_targets::{Concepts, CosineSimilarity};
use cam_tests::compare::{assert_near, magnitude, values};
use cam_tests::photographs;
use cam_tests::pooled::Pooled;

use super::{capture, concepts, map};

#[test]
fn a_query_equal_to_the_concept_has_cosine_one_and_not_more() {
    let capture = capture(&["cat", "coffee", "retina"], "head");
    let explanation = capture
        .explain(&GradCam, &CosineSimilarity::to(concepts(&["cat", "coffee", "retina"])))
        .expect("explained");
    let cosines = values(&explanation.scores);
    for (i, row) in cosines.chunks(3).enumerate() {
        assert!(row.iter().all(|cosine| (-1.0..=1.0).contains(cosine)));
        assert!((row[i] - 1.0).abs() < 1e-6, "{}", row[i]);
    }
}

#[test]
fn an_image_explained_by_itself_says_nothing_rather_than_noise() {
    for name in photographs::NAMES {
        let capture = capture(&[name], "head");
        let target = CosineSimilarity::to(concepts(&[name]));
        let explanation = capture.explain(&GradCam, &target).expect("explained");
        let finished = explanation.postprocess([7, 7], Arithmetic::Standard).expect("finite");
        assert_eq!(finished.degenerate, [true], "{name}");
        // Noise may be negative all over by chance, and be flagged for that.
        assert_eq!(magnitude(&values(&explanation.layers[0].maps)), 0.0, "{name}");
    }
}

#[test]
fn embeddings_of_any_finite_scale_have_the_same_cosine() {
    let plain = Pooled::new(3);
    let concept = Concepts::new(3, vec![vec![1.0, 2.0, 2.0]]).expect("sound");
    let target = CosineSimilarity::to(concept);
    for scale in [1e-30_f32, 1e-10, 1.0, 1e25, 1e37] {
        let image = map([2.0, 1.0, 2.0].map(|value| value * scale).to_vec(), [1, 3, 1, 1]);
        let capture = Capture::new(&plain, image, &[Layer::new(0)]).expect("captured");
        let explanation = capture.explain(&GradCam, &target).expect("explained");
        let expected = if scale < 1e-8 { 8.0 / 9.0 * 3.0 * scale / 1e-8 } else { 8.0 / 9.0 };
        assert_near("cosine", &values(&explanation.scores), &[expected], 1e-5);
    }
}
