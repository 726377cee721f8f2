//! Images do not see each other.

use cam_models::Precision;
use cam_tests::compare::{assert_near, values};

use crate::{cases, dense, with_images};

/// A product of matrices may be cut into other blocks.
const ROUNDING: f32 = 1e-6;

const IMAGES: usize = 3;

#[test]
fn images_together_give_what_they_give_one_by_one() {
    for case in cases::all() {
        let walk = case.executor(Precision::F32);
        let all: Vec<(Vec<f32>, &Vec<usize>)> = case
            .values
            .iter()
            .enumerate()
            .map(|(number, shape)| (case.scattered(number, &with_images(IMAGES, shape)), shape))
            .collect();
        let one_by_one = (0..IMAGES).flat_map(|image| {
            let given = all.iter().map(|(numbers, shape)| {
                let length = numbers.len() / IMAGES;
                let numbers = numbers[image * length..(image + 1) * length].to_vec();
                dense(numbers, &with_images(1, shape))
            });
            values(&walk.run(given.collect()).numbers())
        });
        let one_by_one: Vec<f32> = one_by_one.collect();
        let given =
            all.iter().map(|(numbers, shape)| dense(numbers.clone(), &with_images(IMAGES, shape)));
        let together = walk.run(given.collect());
        assert_eq!(together.images(), IMAGES, "{}", case.name);
        assert_near(&case.name, &values(&together.numbers()), &one_by_one, ROUNDING);
    }
}
