//! `cam index` and `cam search`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use image::RgbImage;
use image::imageops::{self, FilterType};

use crate::killing::Killer;
use crate::support::{Place, TINY, device_variables, photograph, png, tiny};

/// A seed's numbers, in 0..1.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn open(name: &str) -> RgbImage {
    image::load_from_memory(&photograph(name)).expect("a photograph").into_rgb8()
}

/// A crop of a photograph, small enough to be decoded in a moment.
fn crop(of: &RgbImage, random: &mut Random) -> RgbImage {
    let side = 80 + (random.next() * 100.0) as u32;
    let [x, y] = [0, 1].map(|_| (random.next() * f64::from(of.width() - side)) as u32);
    let crop = imageops::crop_imm(of, x, y, side, side).to_image();
    imageops::resize(&crop, 48, 32, FilterType::Triangle)
}

/// A folder `shelf` of small images.
pub fn shelf(count: usize) -> Place {
    let place = Place::new();
    let (cat, mut random) = (open("cat"), Random(5));
    for number in 0..count {
        let name = format!("shelf/{}/{number:02}.png", ["a", "b"][number % 2]);
        place.write(name, png(&crop(&cat, &mut random)));
    }
    place
}

/// Every file of an index but its lock. The header's last part is where the images are.
fn contents(place: &Place, index: &str) -> Vec<Vec<u8>> {
    ["entries.log", "vectors.f32", "maps.f16"]
        .map(|name| place.read(Path::new(index).join(name)))
        .into()
}

#[test]
fn a_folder_is_indexed_once_and_then_what_changed() {
    let place = shelf(6);
    place.write("shelf/broken.jpg", "no image");
    let run = tiny(&place, "index shelf --index i --json").ends_with(3).json();
    assert_eq!((&run["added"], &run["images"]), (&6.into(), &6.into()));
    assert_eq!(run["failures"][0]["image"], "broken.jpg");
    fs::remove_file(place.path("shelf/broken.jpg")).expect("removed");
    fs::remove_file(place.path("shelf/a/00.png")).expect("removed");
    place.write("shelf/b/01.png", photograph("coffee"));
    place.write("shelf/c/new.png", photograph("cat"));
    let run = tiny(&place, "index shelf --index i --json").done().json();
    let counts = ["added", "changed", "removed", "unchanged", "images"].map(|name| &run[name]);
    assert_eq!(counts, [1, 1, 1, 4, 6].map(|n: u64| serde_json::Value::from(n)).each_ref());
    place.say("index verify i").done();
    let found = tiny(&place, "search coffee.png --index i --top 9 --json").done();
    let lines: Vec<serde_json::Value> = found
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0]["path"], "b/01.png");
    assert!((lines[0]["cosine"].as_f64().expect("a number") - 1.0).abs() < 1e-5);
    let cosines: Vec<f64> = lines.iter().filter_map(|line| line["cosine"].as_f64()).collect();
    assert!(cosines.windows(2).all(|two| two[0] >= two[1]), "{cosines:?}");
}

#[test]
fn what_is_found_is_explained_from_the_index_even_where_the_image_is_gone() {
    let place = shelf(4);
    tiny(&place, "index shelf --index i").done();
    let explained =
        |more: &str| tiny(&place, &format!("search cat.png --index i --top 1 --explain {more}"));
    let line = explained("--json").done().json();
    let maps = ["query_map", "map"].map(|name| {
        let map = line[name].as_array().expect("a map");
        map.iter().filter_map(serde_json::Value::as_f64).sum::<f64>()
    });
    let cosine = line["cosine"].as_f64().expect("a number");
    // The maps in the index are rounded to f16.
    assert!(maps.iter().all(|sum| (sum - cosine).abs() < 1e-3), "{maps:?} of {cosine}");
    fs::remove_dir_all(place.path("shelf")).expect("removed");
    let run = explained("--html page.html --out f.png").ends_with(1);
    assert!(run.err.contains("No such file") && run.err.contains("drawn grey"), "{}", run.err);
    assert!(
        run.err.contains("say where their folder is, or index it again (--images)"),
        "{}",
        run.err
    );
    // Nothing is drawn with --json, and so nothing is missing.
    explained("--json").done();
    assert!(place.size("f.png").0 > 300);
    let page = String::from_utf8(place.read("page.html")).expect("text");
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    assert_eq!(page.matches("data:image/jpeg;base64,").count(), 2);
    assert!(!page.contains("http"), "the page needs nothing but itself");
}

#[test]
fn why_one_ranks_above_another_is_asked_by_rank_or_by_path() {
    let place = shelf(4);
    tiny(&place, "index shelf --index i").done();
    let by_rank = tiny(&place, "search cat.png --index i --why 1 2 --out a.png").done();
    let says = by_rank.text();
    let line = says.lines().find(|line| line.contains("similar to")).expect("the answer");
    let names: Vec<&str> = line.split(' ').filter(|word| word.ends_with(".png")).collect();
    let words = format!("search cat.png --index i --why {} {} --out b.png", names[0], names[1]);
    assert!(tiny(&place, &words).done().text().contains(line));
    assert_eq!(place.read("a.png"), place.read("b.png"));
    let run = tiny(&place, "search cat.png --index i --why 1 99").ends_with(2);
    assert!(run.err.contains("99 is neither a path"), "{}", run.err);
}

#[test]
fn an_index_is_refused_with_another_model_another_folder_and_where_there_is_none() {
    let place = shelf(2);
    tiny(&place, "index shelf --index i --no-maps").done();
    for (words, says) in [
        ("search cat.png --index i", "another network"),
        ("search cat.png --index nowhere", "holds no index"),
        ("index nowhere --index i", "nowhere"),
    ] {
        let run = place.say(words).ends_with(1);
        assert!(run.err.contains(says), "{says}: {}", run.err);
    }
    let run = tiny(&place, "index . --index i --no-maps").ends_with(1);
    assert!(run.err.contains("another folder of images"), "{}", run.err);
    let run = tiny(&place, "index shelf --index i").ends_with(1);
    assert!(run.err.contains("another choice of what is kept"), "{}", run.err);
    let run = tiny(&place, "search cat.png --index i --explain").ends_with(1);
    assert!(run.err.contains("keeps no feature maps"), "{}", run.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_is_an_error_and_the_next_run_goes_on() {
    let place = shelf(12);
    tiny(&place, "index shelf --index whole").done();
    let limited = format!("trap '' XFSZ; ulimit -f 1; exec {}", env!("CARGO_BIN_EXE_cam"));
    let arguments = ["index", "shelf", "--index", "i", "--threads", "1"];
    // A block is 512 bytes or 1024, by shell.
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{limited} \"$@\"")).arg("cam").args(arguments).args(TINY);
    command.envs(device_variables());
    let ended = command.current_dir(place.folder()).output().expect("a shell");
    let says = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{says}");
    assert!(says.contains("the index could not be written"), "{says}");
    tiny(&place, "index shelf --index i").done();
    assert_eq!(contents(&place, "i"), contents(&place, "whole"));
}

#[test]
fn an_index_survives_being_killed_at_any_moment() {
    let place = shelf(16);
    let mut killer = Killer::timed_by(&place, "index shelf --index whole", 2026);
    let expected = contents(&place, "whole");
    let mut campaigns = 0;
    while !killer.has_killed(100) {
        campaigns += 1;
        let index = format!("i{campaigns}");
        let words = format!("index shelf --index {index}");
        killer.kill_in_a_row(&words, || {
            // What is there can be read at any time.
            if place.exists(&format!("{index}/index.json")) {
                place.say(&format!("index verify {index}")).done();
            }
        });
        tiny(&place, &words).done();
        assert!(contents(&place, &index) == expected, "after {} kills", killer.kills);
    }
}

#[test]
fn a_search_answers_while_an_index_is_being_written() {
    let place = shelf(80);
    // The first image is there before the search begins.
    tiny(&place, "index shelf/a --index i").done();
    fs::create_dir(place.path("shelf/a/more")).expect("a folder");
    for number in 0..40 {
        let name = format!("{number:02}.png", number = 2 * number + 1);
        fs::copy(place.path(format!("shelf/b/{name}")), place.path(format!("shelf/a/more/{name}")))
            .expect("copied");
    }
    let arguments = "index shelf/a --index i".split_whitespace().chain(TINY);
    let mut writing = place.command(arguments);
    let mut writing = writing.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut found = Vec::new();
    loop {
        let ended = writing.try_wait().expect("it can be asked").is_some();
        let run = tiny(&place, "search shelf/a/00.png --index i --top 500 --json").done();
        found.push(run.text().lines().count());
        let first: serde_json::Value =
            serde_json::from_str(run.text().lines().next().expect("a line")).expect("JSON");
        assert_eq!(first["path"], "00.png");
        if ended {
            break;
        }
    }
    assert!(found.windows(2).all(|two| two[0] <= two[1]), "{found:?}");
    assert_eq!((found[0] >= 40, found.last()), (true, Some(&80)), "{found:?}");
}

/// A pattern of colours that is nobody's photograph.
fn generated(random: &mut Random) -> RgbImage {
    let waves: Vec<[f64; 4]> = (0..3).map(|_| std::array::from_fn(|_| random.next())).collect();
    RgbImage::from_fn(96, 96, |x, y| {
        let value = |[a, b, c, d]: [f64; 4]| {
            let phase = (f64::from(x) * a + f64::from(y) * b) * 0.4 + 6.3 * c;
            (127.5 + 127.5 * phase.sin() * d) as u8
        };
        image::Rgb([value(waves[0]), value(waves[1]), value(waves[2])])
    })
}

#[test]
fn a_crop_a_mirror_image_and_a_recompression_find_their_photograph_and_where_it_was_cut() {
    let names = ["cat", "coffee", "rocket", "astronaut", "retina"];
    let place = Place::new();
    let mut random = Random(1);
    for number in 0..40 {
        place.write(format!("shelf/{number:02}.png"), png(&generated(&mut random)));
    }
    for name in names {
        place.write(format!("shelf/{name}.png"), photograph(name));
    }
    place.say("index shelf --index i").done();
    let mut overlaps = Vec::new();
    for name in names {
        let image = open(name);
        let [x, y, side] = [30, 50, 140];
        let cut = imageops::crop_imm(&image, x, y, side, side).to_image();
        place.write("crop.png", png(&cut));
        place.write("mirrored.png", png(&imageops::flip_horizontal(&image)));
        let mut jpeg = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 30);
        encoder.encode_image(&image).expect("encoded");
        place.write("recompressed.jpg", jpeg);
        for query in ["crop.png", "mirrored.png", "recompressed.jpg"] {
            let words = format!("search {query} --index i --top 1 --explain --json");
            let found = place.say(&words).done().json();
            assert_eq!(found["path"], format!("{name}.png"), "{query}");
            if query == "crop.png" {
                let map = found["map"].as_array().expect("a map");
                let map: Vec<f64> = map.iter().filter_map(serde_json::Value::as_f64).collect();
                overlaps.push(overlap(&map, [x, y, side]));
            }
        }
    }
    let mean = overlaps.iter().sum::<f64>() / overlaps.len() as f64;
    println!("intersection over union with the crop: mean {mean:.2}, {overlaps:.2?}");
    // The crop covers 0.39 of the photograph: a map that is high everywhere has as much.
    assert!(mean > 0.45, "{overlaps:?}");
}

/// Intersection over union of where a 7×7 map is above its mean, and a square of a photograph.
fn overlap(map: &[f64], [x, y, side]: [u32; 3]) -> f64 {
    let mean = map.iter().sum::<f64>() / map.len() as f64;
    let (mut both, mut either) = (0.0, 0.0);
    for (position, value) in map.iter().enumerate() {
        let middle = |index: usize| index as u32 * 32 + 16;
        let (across, down) = (middle(position % 7), middle(position / 7));
        let inside = (x..x + side).contains(&across) && (y..y + side).contains(&down);
        let high = *value > mean;
        both += f64::from(u8::from(inside && high));
        either += f64::from(u8::from(inside || high));
    }
    both / either
}
