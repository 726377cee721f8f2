//! Laws of every way to upsample a map, and joint bilateral upsampling against the paper's formula in f64.

use cam_map::{Guide, Map, Upsample, Upsampling, Window};
use proptest::prelude::*;
use safetensors::SafeTensors;

const GOLDENS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/upsampling.safetensors");

/// Sums of some thirty products of f32, against the same in f64.
const ROUNDING: f32 = 3e-6;

/// Of the map's range, where all colours are strange: the exponent, up to 96, is rounded as an f32.
const STRANGE: f32 = 1e-4;

fn reference(name: &str) -> (Vec<usize>, Vec<f32>) {
    let file = std::fs::read(GOLDENS).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    let tensor = tensors.tensor(name).unwrap();
    let values = match tensor.dtype() {
        safetensors::Dtype::U8 => tensor.data().iter().map(|&byte| f32::from(byte)).collect(),
        _ => {
            let (values, _) = tensor.data().as_chunks::<4>();
            values.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
        }
    };
    (tensor.shape().to_vec(), values)
}

fn map_of(name: &str) -> Map {
    let (shape, values) = reference(name);
    Map::new(shape[1], shape[0], values).unwrap()
}

/// Noise, so that every colour is another.
fn noise(width: usize, height: usize) -> Guide {
    let part = |i: usize| (i * 7919 % 1009) as f32 / 1009.0;
    let pixels: Vec<_> =
        (0..width * height).map(|i| [part(3 * i), part(3 * i + 1), part(3 * i + 2)]).collect();
    Guide::new(width, height, &pixels).unwrap()
}

fn ways(guide: Guide) -> [Upsampling; 3] {
    Upsample::ALL.map(|way| way.with(|| Ok::<_, ()>(guide.clone())).unwrap())
}

fn largest_difference(a: &Map, b: &Map) -> f32 {
    assert_eq!(a.size(), b.size());
    a.values().iter().zip(b.values()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn guided_maps_equal_the_papers_formula_to_rounding() {
    for case in ["coarse", "fine", "odd"] {
        let (shape, guide) = reference(&format!("{case}.guide"));
        let (pixels, _) = guide.as_chunks::<3>();
        let pixels: Vec<_> = pixels.iter().map(|pixel| pixel.map(|byte| byte / 255.0)).collect();
        let guide = Guide::new(shape[1], shape[0], &pixels).unwrap();
        let expected = map_of(&format!("{case}.out"));
        let guided = Upsampling::Guided(guide.into());
        let found = map_of(&format!("{case}.map")).upsample(&guided, shape[1], shape[0]).unwrap();
        let difference = largest_difference(&found, &expected);
        assert!(difference < ROUNDING, "{case}: {difference}");
    }
}

#[test]
fn nearest_repeats_each_position() {
    let map = Map::new(3, 2, vec![0.1, -2.0, 3.0, 4.0, 5.5, 6.0]).unwrap();
    let large = map.upsample(&Upsampling::Nearest, 12, 10).unwrap();
    for (y, row) in large.values().chunks(12).enumerate() {
        let own = |x: usize| map.get(x / 4, y / 5).unwrap();
        assert!(row.iter().enumerate().all(|(x, &value)| value == own(x)), "{y}: {row:?}");
    }
}

#[test]
fn nearest_cuts_what_lies_beyond_the_picture() {
    // A picture of 4x2 pixels in an input of 4x4: one row above it, one below.
    let window = Window::of([0.0, -1.0, 4.0, 4.0], (4, 2)).unwrap();
    let map = Map::new(2, 4, (0..8).map(|i| i as f32).collect()).unwrap();
    let cut = map.upsample_onto(&Upsampling::Nearest, &window, 8, 4).unwrap();
    let [second, third] =
        [[2.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0, 3.0], [4.0, 4.0, 4.0, 4.0, 5.0, 5.0, 5.0, 5.0]];
    assert_eq!(cut.values(), [second, second, third, third].concat());
}

#[test]
fn bilinear_is_resizing_to_the_last_bit() {
    let map = Map::new(7, 5, (0..35).map(|i| (i * 37 % 101) as f32 / 7.0).collect()).unwrap();
    assert_eq!(map.upsample(&Upsampling::Bilinear, 41, 33), map.resize(41, 33));
    let window = Window::of([3.0, -2.0, 30.0, 40.0], (41, 33)).unwrap();
    let onto = map.upsample_onto(&Upsampling::Bilinear, &window, 41, 33);
    assert_eq!(onto, map.onto(&window, 41, 33));
}

#[test]
fn on_a_flat_guide_guided_is_smoothing_by_a_gaussian() {
    let map =
        Map::new(6, 5, (0..30).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect()).unwrap();
    let (width, height) = (48, 35);
    let flat = Guide::new(width, height, &vec![[0.2, 0.9, 0.4]; width * height]).unwrap();
    let found = map.upsample(&Upsampling::Guided(flat.into()), width, height).unwrap();
    let weight = |pixel: usize, side: usize, position: usize, positions: usize| {
        let place = (pixel as f64 + 0.5) * positions as f64 / side as f64 - 0.5;
        let off = place - position as f64;
        if off.abs() > 3.0 { 0.0 } else { (-off * off / 2.0).exp() }
    };
    let smoothed = (0..width * height).map(|pixel| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (index, &value) in map.values().iter().enumerate() {
            let across = weight(pixel % width, width, index % 6, 6);
            let weight = across * weight(pixel / width, height, index / 6, 5);
            sum += weight * f64::from(value);
            weights += weight;
        }
        (sum / weights) as f32
    });
    let smoothed = Map::new(width, height, smoothed.collect()).unwrap();
    assert!(largest_difference(&found, &smoothed) < ROUNDING);
}

#[test]
fn an_edge_in_the_guide_moves_the_maps_edge_to_it() {
    // Eight positions of eight pixels. The map's edge lies at pixel 32, the guide's at another, between the same middles.
    let map = Map::new(8, 1, vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]).unwrap();
    for edge in [29, 32, 35] {
        let pixels: Vec<_> =
            (0..64).map(|x| if x < edge { [0.1, 0.2, 0.6] } else { [0.9, 0.5, 0.1] }).collect();
        let guide = Guide::new(64, 1, &pixels).unwrap();
        let found = map.upsample(&Upsampling::Guided(guide.into()), 64, 1).unwrap();
        for (x, &value) in found.values().iter().enumerate() {
            let side = if x < edge { 0.0 } else { 1.0 };
            assert!((value - side).abs() < 1e-3, "edge at {edge}: {value} at {x}");
        }
    }
}

#[test]
fn a_pixel_like_none_of_its_neighbours_gets_the_mean_of_the_near_ones() {
    let mut pixels = vec![[0.0; 3]; 40];
    pixels[20] = [1.0; 3];
    let map = Map::new(4, 1, vec![1.0, 2.0, 4.0, 8.0]).unwrap();
    let by = |pixels: &[[f32; 3]]| {
        let guide = Guide::new(40, 1, pixels).unwrap();
        map.upsample(&Upsampling::Guided(guide.into()), 40, 1).unwrap()
    };
    let (strange, plain) = (by(&pixels), by(&[[0.0; 3]; 40]));
    assert!(largest_difference(&strange, &plain) < ROUNDING * 8.0);
}

#[test]
fn a_map_of_more_positions_than_pixels_is_a_mean_of_near_ones() {
    let map = Map::new(100, 1, (0..100).map(|i| i as f32).collect()).unwrap();
    let guide = Upsampling::Guided(noise(2, 1).into());
    // The middles of the halves.
    let Some([left, right]) = map.upsample(&guide, 2, 1).unwrap().values().first_chunk().copied()
    else {
        panic!("two pixels")
    };
    assert!((left - 24.5).abs() < 3.0 && (right - 74.5).abs() < 3.0, "{left}, {right}");
}

#[test]
fn a_map_as_fine_as_its_guide_stays_as_it_is() {
    let map = Map::new(9, 4, (0..36).map(|i| i as f32).collect()).unwrap();
    for way in ways(noise(9, 4)) {
        assert_eq!(map.upsample(&way, 9, 4).unwrap(), map, "{}", way.kind());
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    for way in Upsample::ALL {
        assert_eq!(way.to_string().parse(), Ok(way));
    }
    let error = "Bicubic".parse::<Upsample>().unwrap_err().to_string();
    assert!(Upsample::ALL.iter().all(|way| error.contains(way.name())), "{error}");
}

fn maps() -> impl Strategy<Value = Map> {
    (1_usize..9, 1_usize..9).prop_flat_map(|(width, height)| {
        let values = prop::collection::vec(-100.0_f32..100.0, width * height);
        values.prop_map(move |values| Map::new(width, height, values).unwrap())
    })
}

proptest! {
    #[test]
    fn values_stay_within_the_maps_range(map in maps(), width in 1_usize..40, height in 1_usize..40) {
        for way in ways(noise(width, height)) {
            let found = map.upsample(&way, width, height).unwrap();
            prop_assert_eq!(found.size(), [height, width]);
            prop_assert!(found.is_finite());
            // What is interpolated linearly is rounded.
            let rounding = if way.kind() == Upsample::Bilinear { 1e-4 } else { 0.0 };
            prop_assert!(found.min() >= map.min() - rounding && found.max() <= map.max() + rounding);
        }
    }

    #[test]
    fn a_constant_map_stays_constant(
        value in -9.0_f32..9.0, from in (1_usize..9, 1_usize..9), to in (1_usize..40, 1_usize..40)
    ) {
        let map = Map::new(from.0, from.1, vec![value; from.0 * from.1]).unwrap();
        for way in ways(noise(to.0, to.1)) {
            let found = map.upsample(&way, to.0, to.1).unwrap();
            let rounding = if way.kind() == Upsample::Bilinear { 1e-5 } else { 0.0 };
            prop_assert!(found.values().iter().all(|found| (found - value).abs() <= rounding));
        }
    }

    #[test]
    fn mirrored_pictures_have_mirrored_maps(map in maps(), width in 9_usize..40, height in 9_usize..40) {
        for way in ways(noise(width, height)) {
            // A pixel whose middle lies between two positions takes the second, whichever that is.
            if way.kind() == Upsample::Nearest && width % map.width() != 0 {
                continue;
            }
            let found = map.mirrored().upsample(&way.mirrored(), width, height).unwrap();
            let mirrored = map.upsample(&way, width, height).unwrap().mirrored();
            prop_assert!(largest_difference(&found, &mirrored) < STRANGE * 200.0);
        }
    }
}
