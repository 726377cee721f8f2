//! Where results lie: under names of their own, and never among the images.

use crate::batch::{BATCH, batch, shelf};
use crate::support::{Place, photograph, tiny};

#[test]
fn pictures_of_one_name_in_two_folders_are_all_drawn() {
    let place = Place::new();
    place.write("shelf/a/1.png", photograph("cat"));
    place.write("shelf/a_1.png", photograph("coffee"));
    tiny(&place, "concept add set.safetensors cup coffee.png").done();
    let words = format!("{BATCH} --as centroid --pictures");
    for _ in 0..2 {
        assert!(tiny(&place, &words).done().text().contains("2 pictures"));
        assert_eq!(place.names("o/pictures"), ["a", "a_1.png.cup.jpg", "scale.txt"]);
        assert_eq!(place.names("o/pictures/a"), ["1.png.cup.jpg"]);
    }
    let [first, second] =
        ["a/1.png", "a_1.png"].map(|n| place.read(format!("o/pictures/{n}.cup.jpg")));
    assert_ne!(first, second);
    // Where no name can be had, it is said before any image is run.
    tiny(&place, "concept add set.safetensors cup.png.cup cat.png").done();
    place.write("shelf/a_1.png.cup.png", photograph("cat"));
    let run = tiny(&place, &words.replace("--out o", "--out other")).ends_with(2);
    assert!(
        run.err.contains("pictures of a_1.png and a_1.png.cup.png would have one name"),
        "{}",
        run.err
    );
    assert!(!place.exists("other"), "nothing was run");
}

#[test]
fn shards_have_pictures_of_their_own() {
    let place = shelf(6);
    for part in 1..=2 {
        batch(&place, "o", &format!("--pictures --shard {part}/2")).done();
    }
    let drawn = [1, 2].map(|part| place.names(&format!("o/pictures-{part}-of-2")).len() - 1);
    assert_eq!(drawn[0] + drawn[1], 12, "two for each image, beside the scales");
}

#[test]
fn results_inside_the_folder_are_no_images_the_next_time() {
    let place = shelf(3);
    let (mut counts, mut indexed) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let summary = batch(&place, "shelf/out", "--pictures --json").done().json();
        counts.push(summary["images"].as_u64());
        // Those of another command are left out too.
        let document = tiny(&place, "index shelf --index shelf/index --json").done().json();
        indexed.push(document["images"].as_u64());
    }
    assert_eq!(counts, [Some(3); 3]);
    assert_eq!(indexed, [Some(3); 3]);
    let pictures = place.names("shelf/out/pictures");
    assert_eq!(pictures.len(), 7, "{pictures:?}");
    for words in [
        format!("{} --pictures", BATCH.replace("--out o", "--out shelf")),
        BATCH.replace("batch shelf", "batch o/pictures/old"),
        "index shelf --index shelf".to_owned(),
    ] {
        place.write("o/pictures/old/a.png", photograph("cat"));
        let run = tiny(&place, &words).ends_with(2);
        assert!(run.err.contains("results would lie among the images"), "{words}: {}", run.err);
    }
    let run = place.say("evaluate shelf --out shelf/../shelf").ends_with(2);
    assert!(run.err.contains("results would lie among the images"), "{}", run.err);
}
