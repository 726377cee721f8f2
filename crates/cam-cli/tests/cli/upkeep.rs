//! `cam index compact`.

use std::fs;

use crate::gallery::shelf;
use crate::killing::Killer;
use crate::support::{Place, tiny};

/// A shelf with an index, and then without a half of its images; and an index of what is left.
fn halved(images: usize) -> Place {
    let place = shelf(images);
    tiny(&place, "index shelf --index i").done();
    for number in (0..images).filter(|number| number % 4 < 2) {
        let name = format!("shelf/{}/{number:02}.png", ["a", "b"][number % 2]);
        fs::remove_file(place.path(name)).expect("removed");
    }
    tiny(&place, "index shelf --index anew").done();
    place
}

fn found(place: &Place, index: &str) -> String {
    let words = format!("search cat.png --index {index} --top 99 --json");
    tiny(place, &words).done().text().to_owned()
}

/// The numbers of an index that was compacted once are those of one that never was.
fn assert_compacted(place: &Place, index: &str) {
    for (name, expected) in [("vectors.1.f32", "vectors.f32"), ("maps.1.f16", "maps.f16")] {
        assert!(place.read(format!("{index}/{name}")) == place.read(format!("anew/{expected}")));
        assert!(!place.exists(&format!("{index}/{expected}")));
    }
}

#[test]
fn compacting_gives_back_what_images_left_behind() {
    let place = halved(8);
    tiny(&place, "index shelf --index i").done();
    let run = place.say("index compact i --json").done().json();
    let kept = place.read("anew/vectors.f32").len() + place.read("anew/maps.f16").len();
    assert!(run["reclaimed"].as_u64().expect("bytes") as usize > kept, "{run}");
    assert_compacted(&place, "i");
    assert_eq!(found(&place, "i"), found(&place, "anew"));
    let run = place.say("index compact i").done();
    assert!(run.text().contains("0.0 MB reclaimed"), "{}", run.text());
    place.say("index verify i").done();
}

#[test]
fn an_index_survives_being_killed_at_any_moment_of_its_compaction() {
    let place = halved(16);
    let expected = found(&place, "anew");
    let copy = |to: &str| {
        fs::create_dir(place.path(to)).expect("made");
        for name in ["index.json", "entries.log", "vectors.f32", "maps.f16"] {
            let [from, to] = ["i", to].map(|index| place.path(format!("{index}/{name}")));
            fs::copy(from, to).expect("copied");
        }
    };
    tiny(&place, "index shelf --index i").done();
    copy("whole");
    let mut killer = Killer::timed_by(&place, "index compact whole", 11);
    let mut campaigns = 0;
    while !killer.has_killed(60) {
        campaigns += 1;
        let index = format!("i{campaigns}");
        copy(&index);
        let words = format!("index compact {index}");
        killer.kill_in_a_row(&words, || {
            place.say(&format!("index verify {index}")).done();
        });
        place.say(&words).done();
        assert_eq!(found(&place, &index), expected, "after {} kills", killer.kills);
        assert_compacted(&place, &index);
    }
}
