//! `--upsample`: what lies between the positions of a map.

use std::collections::BTreeMap;

use crate::batch::{BATCH, batch, shelf};
use crate::support::{Place, is_engine, png, tiny, wide_cat};

const EXPLAIN: &str = "explain cat.png --concept coffee.png";

const WAYS: [&str; 3] = ["nearest", "bilinear", "guided"];

/// The finished map of the only question.
fn map(place: &Place, words: &str) -> (usize, Vec<f32>) {
    tiny(place, &format!("{words} --map m.npy")).done();
    let (shape, values) = place.array("m.npy");
    (shape[2] as usize, values)
}

#[test]
fn nearest_shows_each_position_as_it_was_computed() {
    let place = Place::new();
    let (width, found) = map(&place, &format!("{EXPLAIN} --raw r.npy --upsample nearest"));
    let (shape, raw) = place.array("r.npy");
    let (rows, columns) = (shape[1] as usize, shape[2] as usize);
    let (across, down) = (width / columns, found.len() / width / rows);
    let positive: Vec<f32> = raw.iter().map(|value| value.max(0.0)).collect();
    let largest = positive.iter().copied().fold(0.0, f32::max);
    let smallest = positive.iter().copied().fold(largest, f32::min);
    for (index, value) in found.iter().enumerate() {
        let (x, y) = (index % width, index / width);
        let own = positive[y / down * columns + x / across];
        assert_eq!(*value, (own - smallest) / (largest - smallest), "{x} {y}");
    }
}

#[test]
fn a_raw_map_and_a_score_are_the_same_however_it_is_upsampled() {
    let place = Place::new();
    let runs = WAYS.map(|way| {
        let words = format!("{EXPLAIN} --json --raw r.npy --map m.npy --upsample {way}");
        let document = tiny(&place, &words).done().json();
        assert_eq!(document["upsample"], way);
        let question = document["queries"][0]["questions"][0].clone();
        (
            place.read("r.npy"),
            question["score"].clone(),
            question["mass"].clone(),
            place.read("m.npy"),
        )
    });
    for (index, run) in runs.iter().enumerate() {
        assert_eq!((&run.0, &run.1), (&runs[0].0, &runs[0].1));
        let others = runs[..index].iter();
        assert!(others.clone().all(|other| other.2 != run.2 && other.3 != run.3), "{index}");
    }
    let plain = tiny(&place, &format!("{EXPLAIN} --json --map m.npy")).done().json();
    assert_eq!((&plain["upsample"], place.read("m.npy")), (&"bilinear".into(), runs[1].3.clone()));
}

#[test]
fn a_guided_map_has_the_same_bits_on_any_number_of_threads() {
    if !is_engine() {
        return;
    }
    let place = Place::new();
    let words = "explain cat.png --concept coffee.png --upsample guided --weights tiny_basic.safetensors \
                 --map m.npy";
    let maps = [1, 2, 5].map(|threads| {
        place.say(&format!("{words} --threads {threads}")).done();
        place.read("m.npy")
    });
    assert!(maps.iter().all(|map| *map == maps[0]));
}

#[test]
fn every_way_goes_with_padding_cropping_augmentations_and_the_signed_colours() {
    let place = Place::new();
    place.write("wide.png", png(&wide_cat(200, 60)));
    for more in [
        "--fit pad",
        "--fit crop",
        "--fit keep",
        "--tta",
        "--layer layer3.0,layer4.0",
        "--colormap diverging",
    ] {
        let drawn = WAYS.map(|way| {
            let words = format!("explain wide.png --concept coffee.png --overlay o.png {more}");
            tiny(&place, &format!("{words} --upsample {way}")).done();
            place.read("o.png")
        });
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2] && drawn[2] != drawn[0], "{more}");
    }
}

#[test]
fn boxes_of_nearest_lie_on_the_edges_of_positions() {
    let place = Place::new();
    let words = format!("{EXPLAIN} --raw r.npy --boxes 0.5 --json --upsample nearest");
    let document = tiny(&place, &words).done().json();
    let boxes = document["queries"][0]["questions"][0]["boxes"].as_array().expect("boxes").clone();
    assert!(!boxes.is_empty());
    // Three by two positions on 224×224 pixels.
    let edges = [[0, 75, 149, 224], [0, 112, 224, 224]];
    for found in boxes {
        let of = |name: &str| found[name].as_u64().expect("pixels");
        let across = [of("left"), of("left") + of("width")];
        let down = [of("top"), of("top") + of("height")];
        assert!(across.iter().all(|edge| edges[0].contains(edge)), "{found}");
        assert!(down.iter().all(|edge| edges[1].contains(edge)), "{found}");
    }
}

/// All files of the pictures' folder.
fn pictures(place: &Place, out: &str) -> BTreeMap<String, Vec<u8>> {
    let names = place.names(&format!("{out}/pictures")).into_iter();
    names.map(|name| (name.clone(), place.read(format!("{out}/pictures/{name}")))).collect()
}

#[test]
fn a_batch_draws_its_pictures_again_in_another_way_and_keeps_its_numbers() {
    let place = shelf(2);
    batch(&place, "o", "--pictures").done();
    let (before, numbers) = (pictures(&place, "o"), place.read("o/results.jsonl"));
    batch(&place, "o", "--pictures --upsample guided").done();
    assert_eq!(place.read("o/results.jsonl"), numbers);
    batch(&place, "fresh", "--pictures --upsample guided").done();
    let guided = pictures(&place, "o");
    assert!(guided == pictures(&place, "fresh") && guided != before);
    batch(&place, "o", "--pictures").done();
    assert!(pictures(&place, "o") == before);
}

#[test]
fn where_it_would_have_no_effect_it_is_refused() {
    let place = shelf(1);
    tiny(&place, "index shelf --index i").done();
    let refused = [
        (
            format!("{EXPLAIN} --compat pytorch-grad-cam"),
            "leave out --upsample guided, or --compat",
        ),
        (format!("{EXPLAIN} --method rise --samples 2"), "as fine as the network's input"),
        ("compare cat.png coffee.png --json".to_owned(), "ask for it with --out"),
        (BATCH.to_owned(), "add --pictures"),
        ("search cat.png --index i".to_owned(), "add --explain, --out or --html"),
    ];
    for (words, remedy) in refused {
        let run = tiny(&place, &format!("{words} --upsample guided")).ends_with(2);
        assert!(run.err.contains("--upsample") && run.err.contains(remedy), "{words}: {}", run.err);
    }
    let run = tiny(&place, &format!("{EXPLAIN} --upsample bicubic")).ends_with(2);
    assert!(run.err.contains("nearest, bilinear, guided"), "{}", run.err);
    for words in
        ["video --frame-size 2x2 --concepts set.safetensors --out o", "evaluate shelf --out s"]
    {
        tiny(&place, &format!("{words} --upsample guided")).ends_with(2);
    }
}
