//! Known extremes of the measures, and what pytorch-grad-cam 1.5.7 measures.

use cam_metrics::{
    ARCC_PERCENTILES, Confidence, Error, Image, Map, Perturbation, Region, RoadSettings,
    SensitivitySettings, arcc, baselines, best_overlap, coherency, complexity, deletion, impute,
    insertion, pearson, points_inside, road, sensitivity, share_inside, spearman,
};
use cam_random::Random;
use serde_json::Value;

const HEIGHT: usize = 40;
const WIDTH: usize = 56;
const SIZE: [usize; 2] = [HEIGHT, WIDTH];

/// f32 sums in another order; the filling is solved to 1e-5.
const TOLERANCE: f32 = 1e-4;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/metrics.json")).expect("the golden file is JSON")
}

fn number(value: &Value) -> f32 {
    value.as_f64().expect("a number") as f32
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().expect("a list").iter().map(number).collect()
}

#[track_caller]
fn assert_near(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= TOLERANCE, "{what}: {found} {expected}");
    }
}

fn positions() -> impl Iterator<Item = (f64, f64)> {
    (0..HEIGHT * WIDTH).map(|at| ((at / WIDTH) as f64, (at % WIDTH) as f64))
}

/// The golden script's image.
fn image() -> Image {
    let planes = (0..3).flat_map(|c| {
        let c = f64::from(c);
        positions().map(move |(y, x)| {
            ((0.37 * x + 0.5 * c).sin() + (0.23 * y * (c + 1.0)).cos() + 0.01 * x) as f32
        })
    });
    Image::new(3, SIZE, planes.collect()).expect("a sound image")
}

/// Its map.
fn heat(shift: f64) -> Map {
    let values: Vec<f64> = positions()
        .map(|(y, x)| {
            let near = (-((x - 20.0 - shift).powi(2) / 180.0 + (y - 17.0).powi(2) / 90.0)).exp();
            near + 1e-3 * (y * WIDTH as f64 + x) / (HEIGHT * WIDTH) as f64
        })
        .collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let values = values.iter().map(|value| ((value - least) / (most - least)) as f32);
    Map::new(WIDTH, HEIGHT, values.collect()).expect("a sound map")
}

/// Its score: tanh of a weighted sum that looks at the middle left.
fn score(images: &[Image]) -> Result<Vec<f32>, Error> {
    let weights: Vec<f64> = (0..3)
        .flat_map(|c| {
            positions().map(move |(y, x)| {
                (-((x - 18.0).powi(2) + (y - 20.0).powi(2)) / 200.0).exp()
                    * (1.0 + 0.2 * f64::from(c))
            })
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    let score = |image: &Image| {
        let pairs = image.values().iter().zip(&weights);
        (pairs.map(|(x, w)| f64::from(*x) * w / sum).sum::<f64>() * 2.0).tanh() as f32
    };
    Ok(images.iter().map(score).collect())
}

/// A score that is the mean of the right half's first plane, and the map that knows so.
fn right_half(images: &[Image]) -> Result<Vec<f32>, Error> {
    let mean = |image: &Image| {
        let plane = image.planes().next().expect("there is a plane");
        let right = plane.iter().enumerate().filter(|(at, _)| at % WIDTH >= WIDTH / 2);
        right.map(|(_, value)| value).sum::<f32>() / (HEIGHT * WIDTH / 2) as f32
    };
    Ok(images.iter().map(mean).collect())
}

fn right_map() -> Map {
    let right = positions().map(|(_, x)| if x >= (WIDTH / 2) as f64 { 1.0 } else { 0.0 });
    Map::new(WIDTH, HEIGHT, right.collect()).expect("a sound map")
}

/// Bright on the right, dark on the left.
fn two_halves() -> Image {
    let plane = positions().map(|(_, x)| if x >= (WIDTH / 2) as f64 { 1.0 } else { -1.0 });
    Image::new(1, SIZE, plane.collect()).expect("a sound image")
}

#[test]
fn inputs_are_those_of_the_golden_script() {
    let golden = golden();
    let corner = |values: &[f32]| -> Vec<f32> {
        let planes = values.chunks(HEIGHT * WIDTH);
        planes.flat_map(|plane| [plane[0], plane[1], plane[WIDTH], plane[WIDTH + 1]]).collect()
    };
    assert_near("image", &corner(image().values()), &numbers(&golden["image_corner"]));
    assert_near("map", &corner(heat(0.0).values()), &numbers(&golden["heat_corner"]));
    assert_near("score", &score(&[image()]).expect("scored"), &[number(&golden["score"])]);
}

#[test]
fn road_matches_the_reference_at_every_percentile() {
    let golden = golden();
    let settings = RoadSettings { noise: 0.0, ..RoadSettings::default() };
    let measured = road(&image(), &heat(0.0), settings, &mut score).expect("measured");
    assert_near("most", &measured.most_relevant_first, &numbers(&golden["most"]));
    assert_near("least", &measured.least_relevant_first, &numbers(&golden["least"]));
}

#[test]
fn deletion_and_insertion_match_an_independent_implementation() {
    let golden = golden();
    let steps = Perturbation { steps: 20, seed: 0 };
    let deleted = deletion(&image(), &heat(0.0), steps, &mut score).expect("measured");
    assert_near("deletion", &deleted.scores, &numbers(&golden["deletion"]["scores"]));
    assert_near("area", &[deleted.area()], &[number(&golden["deletion"]["area"])]);
    let inserted = insertion(&image(), &heat(0.0), steps, &mut score).expect("measured");
    assert_near("insertion", &inserted.scores, &numbers(&golden["insertion"]["scores"]));
    assert_near("area", &[inserted.area()], &[number(&golden["insertion"]["area"])]);
}

#[test]
fn confidence_and_the_parts_of_arcc_match_the_reference() {
    let golden = golden();
    let measured = Confidence::measure(&image(), &heat(0.0), &mut score).expect("measured");
    let increase = f32::from(u8::from(measured.increased()));
    assert_near("drop", &[measured.drop()], &[number(&golden["drop"])]);
    assert_near("increase", &[increase], &[number(&golden["increase"])]);
    let inverted = Confidence::measure(&image(), &heat(0.0).inverted(), &mut score);
    let inverted = inverted.expect("measured").drop();
    assert_near("inverted", &[inverted], &[number(&golden["inverted_drop"])]);
    assert_near(
        "complexity",
        &[complexity(&heat(0.0)).expect("finite")],
        &[number(&golden["complexity"])],
    );
    let coherency = coherency(&heat(0.0), &heat(9.0)).expect("neither is constant");
    assert_near("coherency", &[coherency], &[number(&golden["coherency"])]);
    let spearman = spearman(&heat(0.0), &heat(9.0)).expect("neither is constant");
    assert_near("spearman", &[spearman], &[number(&golden["spearman"])]);
}

#[test]
fn a_perfect_map_beats_its_inverse_in_every_measure() {
    let (image, map) = (two_halves(), right_map());
    let inverse = map.inverted();
    let steps = Perturbation::default();
    let area = |map: &Map| {
        deletion(&image, map, steps, &mut right_half).map(|curve| curve.area()).expect("measured")
    };
    assert!(area(&map) < area(&inverse));
    let area = |map: &Map| {
        insertion(&image, map, steps, &mut right_half).map(|curve| curve.area()).expect("measured")
    };
    assert!(area(&map) > area(&inverse));
    let combined = |map: &Map| {
        let measured = road(&image, map, RoadSettings::default(), &mut right_half);
        measured.expect("measured").combined()
    };
    assert!(combined(&map) > 0.1, "{}", combined(&map));
    assert!(combined(&inverse) < -0.1, "{}", combined(&inverse));
    let drop =
        |map: &Map| Confidence::measure(&image, map, &mut right_half).expect("measured").drop();
    assert_eq!((drop(&map), drop(&inverse)), (0.0, 1.0));
}

#[test]
fn a_constant_map_is_no_better_than_chance() {
    let constant = Map::new(WIDTH, HEIGHT, vec![0.5; HEIGHT * WIDTH]).expect("a sound map");
    let (image, settings) = (two_halves(), RoadSettings::default());
    let combined = road(&image, &constant, settings, &mut right_half).expect("measured").combined();
    assert!(combined.abs() < 0.02, "{combined}");
    let region = Region::cell(SIZE, [2, 2], 3);
    assert_near("share", &[share_inside(&constant, &region).expect("positive")], &[0.25]);
    assert_near("points", &[points_inside(&constant, &region).expect("positive")], &[0.25]);
    assert_eq!(pearson(&constant, &right_map()), Err(Error::Constant));
    assert_eq!(spearman(&right_map(), &constant), Err(Error::Constant));
}

#[test]
fn all_mass_in_the_region_is_one_and_none_is_zero() {
    let region = Region::cell(SIZE, [1, 2], 1);
    assert_eq!(share_inside(&right_map(), &region), Ok(1.0));
    assert_eq!(points_inside(&right_map(), &region), Ok(1.0));
    assert_eq!(share_inside(&right_map().inverted(), &region), Ok(0.0));
    assert_eq!(points_inside(&right_map().inverted(), &region), Ok(0.0));
    let nothing = Map::new(WIDTH, HEIGHT, vec![-1.0; HEIGHT * WIDTH]).expect("a sound map");
    assert_eq!(share_inside(&nothing, &region), Err(Error::NothingPositive));
    assert_eq!(points_inside(&nothing, &region), Err(Error::NothingPositive));
}

#[test]
fn the_best_overlap_is_that_of_the_best_threshold() {
    let region = Region::of(SIZE, |y, x| (10..30).contains(&y) && (15..40).contains(&x));
    let map = heat(0.0);
    let overlap = |threshold: f32| {
        let pixels = map.values().iter().map(|&value| value >= threshold).zip(region.inside());
        let (both, either) = pixels.fold((0, 0), |(both, either), (shown, &inside)| {
            (both + u32::from(shown && inside), either + u32::from(shown || inside))
        });
        both as f32 / either as f32
    };
    let best = map.values().iter().map(|&value| overlap(value)).fold(0.0, f32::max);
    assert_eq!(best_overlap(&map, &region), Ok(best));
    assert!((0.4..0.9).contains(&best), "{best}");
}

#[test]
fn the_best_overlap_is_one_for_the_region_itself_and_its_share_for_a_constant_map() {
    let region = Region::cell(SIZE, [1, 2], 1);
    assert_eq!(best_overlap(&right_map(), &region), Ok(1.0));
    assert_eq!(best_overlap(&right_map().inverted(), &region), Ok(region.share()));
    let constant = Map::new(WIDTH, HEIGHT, vec![0.5; WIDTH * HEIGHT]).expect("a sound map");
    assert_eq!(best_overlap(&constant, &region), Ok(0.5));
}

#[test]
fn a_map_of_another_size_than_the_region_is_an_error() {
    let region = Region::cell([HEIGHT, WIDTH + 1], [1, 1], 0);
    let error = Err(Error::Region { map: SIZE, region: [HEIGHT, WIDTH + 1] });
    for measured in [share_inside, points_inside, best_overlap].map(|m| m(&heat(0.0), &region)) {
        assert_eq!(measured, error);
    }
}

#[test]
fn cells_of_a_grid_tile_the_image() {
    let (size, grid) = ([11, 7], [3, 2]);
    let everything = Map::new(size[1], size[0], vec![1.0; 77]).expect("a sound map");
    let shares = (0..6).map(|i| share_inside(&everything, &Region::cell(size, grid, i)));
    let sum: f32 = shares.map(|share| share.expect("positive")).sum();
    assert!((sum - 1.0).abs() < 1e-6, "{sum}");
}

#[test]
fn a_ramp_is_filled_as_a_ramp() {
    // Every pixel of a ramp is the mean of its neighbours, away from the border.
    let ramp: Vec<f32> = positions().map(|(y, x)| (0.3 * x - 0.2 * y) as f32).collect();
    let image = Image::new(1, SIZE, ramp.clone()).expect("a sound image");
    let inside = |(y, x): (f64, f64)| (8.0..30.0).contains(&y) && (10.0..45.0).contains(&x);
    let known: Vec<bool> = positions().map(|position| !inside(position)).collect();
    let filled = impute(&image, &known).expect("filled");
    let worst = filled.values().iter().zip(&ramp).map(|(a, b)| (a - b).abs());
    assert!(worst.fold(0.0, f32::max) < 1e-3);
}

#[test]
fn a_single_known_pixel_fills_everything_with_itself() {
    let mut known = vec![false; HEIGHT * WIDTH];
    known[777] = true;
    let image = image();
    let filled = impute(&image, &known).expect("filled");
    for (plane, original) in filled.planes().zip(image.planes()) {
        let off = plane.iter().map(|value| (value - original[777]).abs()).fold(0.0, f32::max);
        assert!(off < 1e-2, "{off}");
    }
    let nothing = vec![false; HEIGHT * WIDTH];
    assert_eq!(impute(&image, &nothing), Err(Error::NothingKnown));
    assert_eq!(impute(&image, &vec![true; HEIGHT * WIDTH]), Ok(image));
}

#[test]
fn the_same_seed_measures_the_same_and_another_nearly() {
    let measure = |seed| {
        let settings = RoadSettings { seed, ..RoadSettings::default() };
        road(&image(), &right_map(), settings, &mut score).expect("measured")
    };
    assert_eq!(measure(1), measure(1));
    assert_ne!(measure(1), measure(2));
    assert!((measure(1).combined() - measure(2).combined()).abs() < 0.05);
}

#[test]
fn arcc_is_low_where_one_virtue_is_missing() {
    let settings = RoadSettings { percentiles: &ARCC_PERCENTILES, ..RoadSettings::default() };
    let faithful = road(&two_halves(), &right_map(), settings, &mut right_half).expect("measured");
    let good = arcc(&right_map(), &right_map(), faithful.combined()).expect("not constant");
    assert_eq!((good.coherency, good.complexity), (1.0, 0.5));
    let unstable = arcc(&right_map(), &right_map().inverted(), faithful.combined());
    assert!(unstable.expect("not constant").mean() < 0.01);
    let unfaithful = arcc(&right_map(), &right_map(), -0.3).expect("not constant").mean();
    assert!(unfaithful < 0.01 && good.mean() > 0.3, "{unfaithful} {}", good.mean());
}

#[test]
fn sensitivity_is_zero_for_a_map_that_never_changes() {
    let settings = SensitivitySettings::default();
    let mut same = |images: &[Image]| -> Result<Vec<Map>, Error> {
        Ok(images.iter().map(|_| right_map()).collect())
    };
    assert_eq!(sensitivity(&two_halves(), &right_map(), settings, &mut same), Ok(0.0));
    let mut edges = |images: &[Image]| images.iter().map(baselines::edges).collect();
    let map = baselines::edges(&image()).expect("an image");
    let moved = sensitivity(&image(), &map, settings, &mut edges).expect("measured");
    assert!(moved > 0.0 && moved < 1.0, "{moved}");
    let zero = Map::new(WIDTH, HEIGHT, vec![0.0; HEIGHT * WIDTH]).expect("a sound map");
    let refused = sensitivity(&image(), &zero, settings, &mut same);
    assert_eq!(refused, Err(Error::NothingPositive));
}

#[test]
fn baselines_know_nothing_of_the_score() {
    assert_eq!(baselines::random(SIZE, 3), baselines::random(SIZE, 3));
    let centre = baselines::centre([5, 7]).expect("a size");
    assert_eq!(centre.values()[2 * 7 + 3], 1.0);
    let edges = baselines::edges(&two_halves()).expect("an image");
    let beside = |at: usize| (at % WIDTH).abs_diff(WIDTH / 2) <= 1;
    let steep = edges.values().iter().enumerate().filter(|(_, value)| **value > 0.0);
    assert!(steep.map(|(at, _)| at).all(beside));
}

#[test]
fn what_does_not_fit_is_refused() {
    let image = image();
    let small = Map::new(2, 2, vec![1.0; 4]).expect("a sound map");
    let refused = deletion(&image, &small, Perturbation::default(), &mut score);
    assert_eq!(refused, Err(Error::Size { map: [2, 2], image: SIZE }));
    assert!(matches!(Image::new(3, [0, 4], vec![]), Err(Error::Empty { .. })));
    assert_eq!(
        baselines::centre([0, 4]).map_err(|e| e.to_string()).err().as_deref(),
        Some("a map of 4x0 has no pixels: both sides must be at least 1")
    );
    let mut silent = |_: &[Image]| -> Result<Vec<f32>, Error> { Ok(vec![]) };
    let refused = Confidence::measure(&image, &heat(0.0), &mut silent);
    assert_eq!(refused, Err(Error::Scores { expected: 2, found: 0 }));
    let settings = RoadSettings { percentiles: &[100.0], ..RoadSettings::default() };
    let refused = road(&image, &heat(0.0), settings, &mut score);
    assert_eq!(refused, Err(Error::Percentile { value: 100.0 }));
}

#[test]
fn no_measure_gives_nan_for_a_map_that_is_not_finite() {
    let image = image();
    let mut values = heat(0.0).into_values();
    values[7] = f32::NAN;
    let nan = Map::new(WIDTH, HEIGHT, values).expect("a map may hold anything");
    let region = Region::cell(SIZE, [1, 1], 0);
    let mut explain = |_: &[Image]| -> Result<Vec<Map>, Error> { Ok(vec![heat(0.0)]) };
    let refused = [
        deletion(&image, &nan, Perturbation::default(), &mut score).err(),
        insertion(&image, &nan, Perturbation::default(), &mut score).err(),
        Confidence::measure(&image, &nan, &mut score).err(),
        road(&image, &nan, RoadSettings::default(), &mut score).err(),
        sensitivity(&image, &nan, SensitivitySettings::default(), &mut explain).err(),
        arcc(&heat(0.0), &nan, 0.0).err(),
        complexity(&nan).err(),
        pearson(&heat(0.0), &nan).err(),
        spearman(&nan, &heat(0.0)).err(),
        share_inside(&nan, &region).err(),
        points_inside(&nan, &region).err(),
        best_overlap(&nan, &region).err(),
    ];
    for (measure, refused) in refused.into_iter().enumerate() {
        assert!(
            matches!(refused, Some(Error::NonFinite { position: 7, .. })),
            "{measure}: {refused:?}"
        );
    }
}

#[test]
fn an_image_of_one_pixel_can_be_measured() {
    let image = Image::new(1, [1, 1], vec![2.0]).expect("a sound image");
    let map = Map::new(1, 1, vec![1.0]).expect("a sound map");
    let mut first = |images: &[Image]| -> Result<Vec<f32>, Error> {
        Ok(images.iter().map(|image| image.values()[0]).collect())
    };
    let deleted = deletion(&image, &map, Perturbation::default(), &mut first).expect("measured");
    assert_eq!((deleted.scores[0], deleted.scores[50]), (2.0, 0.0));
    let measured = road(&image, &map, RoadSettings::default(), &mut first).expect("measured");
    assert_eq!(measured.combined(), 0.0);
    assert_eq!(Confidence { whole: -1.0, masked: 0.0 }.relative_drop(), None);
}

#[test]
fn random_numbers_are_spread_as_they_should_be() {
    let mut random = Random::new(0);
    let normal: Vec<f32> = (0..20_000).map(|_| random.normal()).collect();
    let mean = normal.iter().sum::<f32>() / 20_000.0;
    let square = normal.iter().map(|value| value * value).sum::<f32>() / 20_000.0;
    assert!(mean.abs() < 0.03 && (square - 1.0).abs() < 0.05, "{mean} {square}");
}
