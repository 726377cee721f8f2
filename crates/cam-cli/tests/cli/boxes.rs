//! `--boxes`.

use serde_json::Value;

use crate::support::{Place, png, tiny, wide_cat};

const EXPLAIN: &str = "explain cat.png --concept coffee.png --difference";

/// The boxes of each question: left, top, width and height, and the other numbers.
fn boxes(document: &Value) -> Vec<Vec<([u64; 4], [f64; 3])>> {
    let questions = document["queries"][0]["questions"].as_array().expect("questions").iter();
    let of = |question: &Value| {
        let boxes = question["boxes"].as_array().expect("boxes").iter().map(|found| {
            let sides = ["left", "top", "width", "height"];
            let sides = sides.map(|name| found[name].as_u64().expect("pixels"));
            let numbers = ["area", "max", "mean"].map(|name| found[name].as_f64().expect("f64"));
            (sides, numbers)
        });
        boxes.collect()
    };
    questions.map(of).collect()
}

#[test]
fn boxes_hold_what_reaches_the_threshold_of_each_map() {
    let place = Place::new();
    let document = tiny(&place, &format!("{EXPLAIN} --boxes 0.5 --json --map m.npy")).done().json();
    let (shape, values) = place.array("m.npy");
    let [_, height, width] = shape[..] else { panic!("{shape:?}") };
    let pixels = (width * height) as usize;
    let scale = [224.0 / width as f64, 224.0 / height as f64];
    for (boxes, map) in boxes(&document).iter().zip(values.chunks(pixels)) {
        let reaching = (0..pixels).filter(|&index| map[index] >= 0.5);
        for index in reaching.clone() {
            let at = [index % width as usize, index / width as usize];
            let [x, y] = [0, 1].map(|side| ((at[side] as f64 + 0.5) * scale[side]) as u64);
            let holds = |[left, top, width, height]: [u64; 4]| {
                (left..left + width).contains(&x) && (top..top + height).contains(&y)
            };
            assert!(boxes.iter().any(|&(sides, _)| holds(sides)), "{x} {y}");
        }
        let area: f64 = boxes.iter().map(|(_, [area, ..])| area).sum();
        assert!((area - reaching.count() as f64 / pixels as f64).abs() < 1e-6, "{area}");
        let masses: Vec<f64> = boxes.iter().map(|(_, [area, _, mean])| area * mean).collect();
        assert!(masses.windows(2).all(|two| two[0] >= two[1] - 1e-6), "{masses:?}");
        for &([left, top, width, height], [_, max, mean]) in boxes {
            assert!(left + width <= 224 && top + height <= 224 && width * height > 0);
            assert!((0.5..=1.0).contains(&mean) && mean <= max && max <= 1.0);
        }
    }
}

#[test]
fn at_one_there_is_the_maximum_and_without_the_option_there_are_no_boxes() {
    let place = Place::new();
    let document = tiny(&place, &format!("{EXPLAIN} --boxes 1 --json")).done().json();
    for boxes in boxes(&document) {
        assert!(!boxes.is_empty() && boxes.iter().all(|(_, [_, max, mean])| max + mean == 2.0));
    }
    let document = tiny(&place, &format!("{EXPLAIN} --json")).done().json();
    assert_eq!(document["queries"][0]["questions"][0].get("boxes"), None);
}

#[test]
fn boxes_of_a_part_of_the_picture_lie_in_that_part() {
    let place = Place::new();
    place.write("wide.png", png(&wide_cat(200, 60)));
    let words = "explain wide.png --concept coffee.png --fit crop --boxes 0.2 --json";
    let document = tiny(&place, words).done().json();
    let window = &document["queries"][0]["window"];
    let [left, width] = [0, 2].map(|side: usize| window[side].as_f64().expect("pixels"));
    assert!(left > 0.0);
    for ([x, _, across, _], _) in boxes(&document).concat() {
        assert!(x as f64 >= left - 0.5 && (x + across) as f64 <= left + width + 0.5);
    }
}

#[test]
fn boxes_are_drawn_on_overlays_and_figures() {
    let place = Place::new();
    tiny(&place, &format!("{EXPLAIN} --overlay o-{{concept}}.png --out f.png")).done();
    tiny(&place, &format!("{EXPLAIN} --overlay b-{{concept}}.png --out b.png --boxes 0.5")).done();
    let open = |name: &str| image::load_from_memory(&place.read(name)).expect("a PNG").to_rgb8();
    assert_ne!(open("f.png"), open("b.png"));
    let (plain, boxed) = (open("o-coffee.png"), open("b-coffee.png"));
    let changed = plain.pixels().zip(boxed.pixels()).filter(|(plain, boxed)| plain != boxed);
    let colors: Vec<[u8; 3]> = changed.map(|(_, boxed)| boxed.0).collect();
    assert!(colors.iter().all(|color| [[255; 3], [20; 3]].contains(color)) && !colors.is_empty());
}

#[test]
fn boxes_that_nobody_would_see_are_refused() {
    let place = Place::new();
    let run = tiny(&place, &format!("{EXPLAIN} --raw r.npy --boxes 0.5")).ends_with(2);
    assert!(run.err.contains("--boxes are drawn or listed"), "{}", run.err);
    for threshold in ["0", "1.1", "nan", "half"] {
        tiny(&place, &format!("{EXPLAIN} --json --boxes {threshold}")).ends_with(2);
    }
}
