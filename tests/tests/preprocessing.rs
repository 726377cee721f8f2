//! From pixels to the network's input, against OpenCV and pytorch-grad-cam.

use burn::tensor::{Tensor, TensorData};
use cam_core::steps;
use cam_models::{Channels, Filter, InputImage, InputValues, PRESETS, Preprocessing, Rgb8};
use cam_tests::compare::{PIXEL, assert_matches, assert_near, values};
use cam_tests::golden::{self, Golden};
use cam_tests::{device, photographs};
use proptest::prelude::*;

fn pixels() -> Golden {
    Golden::open("pixels")
}

fn full_cat() -> Rgb8 {
    let bytes =
        std::fs::read(golden::path("golden/images/cat_full.png")).expect("the photograph is there");
    let picture = cam_viz::decode(&bytes, &cam_viz::DecodeOptions::default()).expect("it is sound");
    let (width, height) = picture.pixels.dimensions();
    Rgb8::new(width as usize, height as usize, picture.pixels.as_raw()).expect("it has pixels")
}

#[test]
fn the_opencv_filter_gives_opencv_s_pixels() {
    let resized = full_cat().resized(512, 512, Filter::OpenCv);
    let expected = pixels().get("resize_u8.cat_full.512x512").values;
    let found = resized.pixels().as_flattened();
    let differences = found.iter().zip(&expected).map(|(&a, &b)| (f32::from(a) - b).abs());
    let largest = differences.clone().fold(0.0, f32::max);
    let different = differences.filter(|&difference| difference > 0.0).count();
    assert!(largest <= 1.0, "differs by {largest} of 255");
    assert_eq!(different, 0, "{different} of {} bytes differ by one", expected.len());
}

#[test]
fn imagenet_normalisation_is_that_of_the_reference() {
    let tensor = photographs::tensor(&Preprocessing::imagenet(), &photographs::open("cat"));
    assert_matches("preprocess.cat", &tensor, &pixels().get("preprocess.cat"), PIXEL);
}

#[test]
fn efficientnet_lite_normalisation_is_exact() {
    let every_value: Vec<u8> = (0..=255).flat_map(|value| [value; 3]).collect();
    let image = Rgb8::new(256, 1, &every_value).expect("256 pixels");
    let found = values(&photographs::tensor(&Preprocessing::efficientnet_lite(224), &image));
    let expected: Vec<f32> = (0..3 * 256).map(|i| ((i % 256) as f32 - 127.0) / 128.0).collect();
    assert_eq!(found, expected);
}

#[test]
fn map_resizing_on_the_device_is_opencv_s() {
    let golden = pixels();
    for name in golden
        .names()
        .iter()
        .filter(|name| name.starts_with("resize_f32.") && name.ends_with(".in"))
    {
        let input = golden.get(name);
        let output = golden.get(&name.replace(".in", ".out"));
        let [height, width] = [input.shape[0], input.shape[1]];
        let map =
            Tensor::<4>::from_data(TensorData::new(input.values, [1, 1, height, width]), &device());
        let resized = steps::resize(map, [output.shape[0], output.shape[1]]);
        assert_matches(name, &resized, &output, PIXEL);
    }
}

#[test]
fn pixels_that_do_not_fill_the_image_are_refused() {
    assert_eq!(Rgb8::new(2, 2, &[0; 11]), None);
    assert_eq!(Rgb8::new(2, 2, &[0; 15]), None);
    assert_eq!(Rgb8::new(0, 7, &[]), None);
    assert_eq!(Rgb8::new(usize::MAX, 2, &[0; 12]), None);
}

#[test]
fn images_of_a_batch_are_brought_to_the_first_one_s_size() {
    let images =
        [photographs::open("cat"), photographs::open("coffee").resized(31, 57, Filter::Bicubic)];
    let batch = Preprocessing::imagenet().tensor(&images, &device()).expect("there are images");
    assert_eq!(batch.dims(), [2, 3, 224, 224]);
    assert!(Preprocessing::imagenet().tensor(&[], &device()).is_none());
}

/// One rounding of the mean, one of the deviation, two of the arithmetic.
const NORMALIZED: f32 = 4.0 * f32::EPSILON;

#[test]
fn what_is_normalised_on_the_device_is_what_is_normalised_before() {
    // Of sizes whose bytes fill whole integers, and of others.
    for (width, height) in [(224, 224), (31, 57), (1, 1)] {
        let images = ["cat", "retina", "rocket"].map(|name| {
            let filter = Preprocessing::imagenet().filter;
            photographs::open(name).resized(width, height, filter)
        });
        for preprocessing in [Preprocessing::imagenet(), Preprocessing::efficientnet_lite(224)] {
            for count in 1..=3 {
                let before = preprocessing.tensor(&images[..count], &device()).expect("images");
                let there = preprocessing.tensor_on_device(&images[..count], &device());
                let there = there.expect("images");
                assert_eq!(there.dims(), before.dims());
                assert_near("normalised", &values(&there), &values(&before), NORMALIZED);
            }
        }
    }
    assert!(Preprocessing::imagenet().tensor_on_device(&[], &device()).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_plain_image_stays_plain_at_any_size(
        color: [u8; 3], from in (1usize..40, 1usize..40), to in (1usize..40, 1usize..40),
    ) {
        let image = Rgb8::new(from.0, from.1, &color.repeat(from.0 * from.1)).expect("it has pixels");
        for filter in Filter::ALL {
            let resized = image.resized(to.0, to.1, filter);
            prop_assert_eq!(resized.size(), to);
            prop_assert!(resized.pixels().iter().all(|pixel| *pixel == color), "{:?}", filter);
        }
    }

    #[test]
    fn min_max_stretches_any_map_to_the_unit_range(
        scale in -30f32..30.0, offset in -10f32..10.0, seed in prop::collection::vec(0f32..1.0, 12),
    ) {
        let scale = 10f32.powf(scale);
        let map: Vec<f32> = seed.iter().map(|value| (value + offset) * scale).collect();
        let constant = map.iter().all(|value| *value == map[0]);
        let tensor = Tensor::<4>::from_data(TensorData::new(map, [1, 1, 3, 4]), &device());
        let found = values(&steps::min_max(tensor));
        prop_assert!(found.iter().all(|value| (0.0..=1.0).contains(value)), "{:?}", found);
        prop_assert_eq!(found.contains(&1.0), !constant);
        prop_assert!(found.contains(&0.0));
    }
}

#[test]
fn a_constant_map_becomes_zeros_and_not_nan() {
    let map = Tensor::<4>::full([1, 2, 3, 3], 0.7, &device());
    assert_near("min_max", &values(&steps::min_max(map)), &[0.0; 18], 0.0);
}

#[test]
fn blue_comes_first_where_the_network_takes_it_so() {
    let image = photographs::open("cat").resized(9, 7, Filter::Bilinear);
    let plain =
        Preprocessing { mean: [1.0, 2.0, 3.0], deviation: [4.0, 5.0, 6.0], ..Preprocessing::raw() };
    let reversed = Preprocessing { channels: Channels::Bgr, ..plain.clone() };
    let rgb = values(&photographs::tensor(&plain, &image));
    let expected: Vec<f32> = rgb.chunks(63).rev().flatten().copied().collect();
    assert_eq!(values(&photographs::tensor(&reversed, &image)), expected);
    let there = reversed.tensor_on_device(&[image], &device()).expect("an image");
    assert_near("reversed", &values(&there), &expected, NORMALIZED);
}

#[test]
fn the_picture_of_what_a_network_takes_is_the_one_it_was_made_of() {
    let image = photographs::open("cat").resized(9, 7, Filter::Bilinear);
    for preset in PRESETS {
        let preprocessing = preset.preprocessing();
        let taken = values(&photographs::tensor(&preprocessing, &image));
        assert_eq!(preprocessing.picture((9, 7), &taken).as_ref(), Some(&image), "{}", preset.name);
    }
    let beyond = Preprocessing::unit().picture((1, 1), &[-1.0, 0.5, 7.0]);
    assert_eq!(beyond.expect("a pixel").pixels(), [[0, 128, 255]]);
    assert_eq!(Preprocessing::unit().picture((2, 1), &[0.0; 3]), None);
}

#[test]
fn values_beside_pixels_are_taken_as_they_are() {
    let loaded = cam_models::load_embedded(&device()).expect("it is whole");
    let network = loaded.network;
    let image = photographs::open("cat").resized(40, 32, Filter::Bilinear);
    let own = values(&photographs::tensor(network.preprocessing(), &image));
    let given: Vec<f32> = own.iter().map(|value| value + 1.0).collect();
    let prepared = InputValues::new(40, 32, given.clone()).expect("they fill it");
    let images = [InputImage::Values(prepared), image.into()];
    let both = network.inputs(&images).expect("of one size");
    assert_eq!(both.dims(), [2, 3, 32, 40]);
    assert_near("both", &values(&both), &[given, own].concat(), NORMALIZED);
    assert!(network.inputs(&[]).is_none());
    assert_eq!(InputValues::new(40, 32, vec![0.0; 3]), None);
}
