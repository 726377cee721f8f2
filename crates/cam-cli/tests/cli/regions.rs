//! A rectangle of an image in an image's place: `street.jpg#xywh=10,20,100,80`.

use image::imageops;

use crate::support::{Place, photograph, tiny};

/// The same pixels, cut out by another library and written as a file.
fn cut_out(place: &Place, name: &str, [x, y, width, height]: [u32; 4]) {
    let whole = image::load_from_memory(&photograph("coffee")).expect("a picture").to_rgb8();
    let part = imageops::crop_imm(&whole, x, y, width, height).to_image();
    part.save(place.path(name)).expect("it can be written");
}

#[test]
fn a_part_of_an_image_is_asked_for_as_if_it_had_been_cut_out() {
    let place = Place::new();
    cut_out(&place, "part.png", [60, 50, 100, 80]);
    let score = |concept: &str| {
        let run = tiny(&place, &format!("explain cat.png --json --concept cup={concept}"));
        run.done().json()["queries"][0]["questions"][0]["score"].clone()
    };
    assert_eq!(score("coffee.png#xywh=60,50,100,80"), score("part.png"));
    assert_ne!(score("coffee.png"), score("part.png"));
}

#[test]
fn a_part_of_an_image_is_explained_as_if_it_had_been_cut_out() {
    let place = Place::new();
    cut_out(&place, "part.png", [0, 0, 224, 100]);
    let map = |query: &str, file: &str| {
        let words = format!("explain {query} --concept cat.png --map {file}");
        tiny(&place, &words).done();
        place.read(file)
    };
    assert_eq!(map("coffee.png#xywh=0,0,224,100", "a.npy"), map("part.png", "b.npy"));
}

#[test]
fn a_rectangle_beside_the_image_is_refused_with_the_images_size() {
    let place = Place::new();
    for rectangle in ["200,0,100,10", "0,0,0,0", "4000000000,0,4000000000,1"] {
        let run = tiny(&place, &format!("explain cat.png --concept coffee.png#xywh={rectangle}"));
        assert_eq!(run.code, 1, "{}", run.seen());
        assert!(run.err.contains("coffee.png") && run.err.contains("224×224"), "{}", run.err);
    }
}

#[test]
fn a_file_that_is_called_like_a_rectangle_is_that_file() {
    let place = Place::new();
    place.write("a#xywh=1,2,3,4", photograph("coffee"));
    let run = tiny(&place, "explain cat.png --json --concept a#xywh=1,2,3,4");
    assert_eq!(run.done().json()["concepts"][0]["window"][2], 224.0);
}
