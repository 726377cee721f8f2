//! Steps in fewer bits.

use cam_models::Precision;
use cam_tests::compare::{assert_near, values};
use cam_tests::device;

use crate::{cases, dense, with_images};

/// Four roundings to 8 bits.
const BF16: f32 = 1.6e-2;

/// The same to 11 bits.
const F16: f32 = 2e-3;

#[test]
fn steps_in_fewer_bits_give_nearly_the_same() {
    for (precision, tolerance) in [(Precision::F16, F16), (Precision::Bf16, BF16)] {
        if !precision.is_supported_by(&device()) {
            continue;
        }
        // Products of a dozen numbers are beyond f16.
        for case in cases::all().into_iter().filter(|case| !case.name.contains("product")) {
            let given = || {
                let shapes = case.values.iter().map(|shape| with_images(2, shape)).enumerate();
                shapes.map(|(number, shape)| dense(case.ramp(number, &shape), &shape)).collect()
            };
            let expected = values(&case.executor(Precision::F32).run(given()).numbers());
            let found = values(&case.executor(precision).run(given()).numbers());
            assert_near(&format!("{} in {precision}", case.name), &found, &expected, tolerance);
        }
    }
}
