//! Parity with OpenCV and pytorch-grad-cam, from the goldens, and laws of resizing.

use cam_viz::{Colormap, DecodeOptions, Map, OverlayStyle, decode, overlay, overlay_compat};
use image::RgbImage;
use proptest::prelude::*;
use safetensors::SafeTensors;

const GOLDENS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/pixels.safetensors");
const CAT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cam-explain/photographs/cat.png");

fn golden_bytes(name: &str) -> (Vec<usize>, Vec<u8>) {
    let file = std::fs::read(GOLDENS).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    let tensor = tensors.tensor(name).unwrap();
    (tensor.shape().to_vec(), tensor.data().to_vec())
}

fn golden_map(name: &str) -> Map {
    let (shape, bytes) = golden_bytes(name);
    let floats = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
    Map::new(shape[1], shape[0], floats.collect()).unwrap()
}

fn cat() -> RgbImage {
    decode(&std::fs::read(CAT).unwrap(), &DecodeOptions::default()).unwrap().pixels
}

fn largest_difference(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn resized_maps_equal_opencv_to_a_millionth() {
    for size in ["1x1", "5x4", "7x7", "9x13", "16x16"] {
        let input = golden_map(&format!("resize_f32.{size}.in"));
        let expected = golden_map(&format!("resize_f32.{size}.out"));
        let resized = input.resize(expected.width(), expected.height()).unwrap();
        for (a, b) in resized.values().iter().zip(expected.values()) {
            assert!((a - b).abs() <= 1e-6, "{size}: {a} instead of {b}");
        }
    }
}

#[test]
fn colour_tables_equal_opencv() {
    for map in [Colormap::Jet, Colormap::Turbo, Colormap::Viridis, Colormap::Inferno] {
        let (shape, expected) = golden_bytes(&format!("{map}_rgb"));
        assert_eq!(shape, [256, 3]);
        assert_eq!(map.table().as_flattened(), expected, "{map}");
    }
}

#[test]
fn compat_overlays_equal_the_reference() {
    let mask = golden_map("overlay.mask");
    for image_weight in [0.5, 0.2] {
        let (_, expected) = golden_bytes(&format!("overlay.cat.{image_weight}"));
        let style = OverlayStyle { colormap: Colormap::Jet, image_weight };
        let drawn = overlay_compat(&cat(), &mask, &style).unwrap();
        let difference = largest_difference(drawn.as_raw(), &expected);
        assert_eq!(difference, 0, "weight {image_weight}");
    }
}

#[test]
fn overlays_mix_by_the_weight() {
    let mask = golden_map("overlay.mask");
    let style = OverlayStyle { colormap: Colormap::Viridis, image_weight: 0.25 };
    let drawn = overlay(&cat(), &mask, &style).unwrap();
    for ((pixel, image), &value) in drawn.pixels().zip(cat().pixels()).zip(mask.values()) {
        let color = Colormap::Viridis.color(value);
        for ((&drawn, &image), color) in pixel.0.iter().zip(&image.0).zip(color) {
            let exact = 0.75 * f64::from(color) + 0.25 * f64::from(image);
            assert!((f64::from(drawn) - exact).abs() <= 0.5);
        }
    }
}

prop_compose! {
    fn any_map()(width in 1usize..12, height in 1usize..12)(
        // Nearly equal values on purpose: that is where interpolation leaves the range.
        values in prop::collection::vec(
            prop_oneof![-1e3f32..1e3, Just(1.0), Just(1.0 + f32::EPSILON), Just(-0.0)],
            width * height,
        ),
        width in Just(width),
        height in Just(height),
    ) -> Map {
        Map::new(width, height, values).unwrap()
    }
}

fn mirrored(map: &Map) -> Map {
    let rows = map.values().chunks_exact(map.width()).flat_map(|row| row.iter().rev().copied());
    Map::new(map.width(), map.height(), rows.collect()).unwrap()
}

fn upside_down(map: &Map) -> Map {
    let rows = map.values().chunks_exact(map.width()).rev().flatten().copied();
    Map::new(map.width(), map.height(), rows.collect()).unwrap()
}

fn assert_close(a: &Map, b: &Map, tolerance: f32) {
    for (a, b) in a.values().iter().zip(b.values()) {
        assert!((a - b).abs() <= tolerance, "{a} and {b}");
    }
}

proptest! {
    #[test]
    fn a_constant_map_stays_constant(value in -1e3f32..1e3, w in 1usize..9, h in 1usize..9, to_w in 1usize..40, to_h in 1usize..40) {
        let map = Map::new(w, h, vec![value; w * h]).unwrap().resize(to_w, to_h).unwrap();
        prop_assert!(map.values().iter().all(|v| (v - value).abs() <= value.abs() * 5e-7));
    }

    #[test]
    fn resizing_stays_within_the_range(map in any_map(), to_w in 1usize..40, to_h in 1usize..40) {
        let resized = map.resize(to_w, to_h).unwrap();
        let slack = 2e-7 * map.max().abs().max(map.min().abs());
        prop_assert!(resized.min() >= map.min() - slack && resized.max() <= map.max() + slack);
    }

    #[test]
    fn resizing_and_mirroring_commute(map in any_map(), to_w in 1usize..40, to_h in 1usize..40) {
        let tolerance = 1e-5 * map.max().abs().max(map.min().abs()).max(1.0);
        let resized = map.resize(to_w, to_h).unwrap();
        assert_close(&mirrored(&map).resize(to_w, to_h).unwrap(), &mirrored(&resized), tolerance);
        assert_close(&upside_down(&map).resize(to_w, to_h).unwrap(), &upside_down(&resized), tolerance);
    }
}
