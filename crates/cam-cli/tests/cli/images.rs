//! Images that are not what they should be.

use std::collections::BTreeSet;

use image::RgbImage;

use crate::support::{Place, TINY, photograph, png, tiny, transparent_png, truncated_jpeg};

#[test]
fn what_is_no_image_is_told_apart() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).expect("a folder");
    place.write("empty.jpg", "");
    place.write("page.jpg", "<!DOCTYPE html><html><body>Not found</body></html>");
    place.write(
        "pointer.png",
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 94479\n",
    );
    place.write("text.png", "hello\n");
    place.write("paper.pdf", "%PDF-1.4\n");
    place.write("cut.png", &photograph("cat")[..40_000]);
    place.write("byte.png", "\u{1}");
    let names = [
        "missing.png",
        "folder",
        "empty.jpg",
        "page.jpg",
        "pointer.png",
        "text.png",
        "paper.pdf",
        "cut.png",
    ];
    let lines = names.map(|name| format!("explain {name} --concept coffee.png"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    insta::assert_snapshot!(place.transcript(&lines));
}

#[test]
fn a_concept_that_cannot_be_read_ends_the_run() {
    let place = Place::new();
    let lines = [
        "explain cat.png coffee.png --concept missing.png",
        "explain cat.png --concept name=missing.png",
        "explain cat.png --concept name=",
    ];
    insta::assert_snapshot!(place.transcript(&lines));
}

#[test]
fn a_truncated_jpeg_is_explained_and_marked_everywhere() {
    let place = Place::new();
    place.write("cut.jpg", truncated_jpeg());
    let words = "explain cut.jpg --concept coffee.png --json --out cut.png";
    let run = place.cam(words.split(' ').chain(TINY)).done();

    assert!(
        run.err.starts_with("cam: cut.jpg: damaged file, part of the pixels is made up"),
        "{}",
        run.err
    );
    let document = run.json();
    let query = &document["queries"][0];
    assert_eq!(query["damaged"], true);
    assert!(
        query["remarks"][0].as_str().is_some_and(|remark| remark.starts_with("damaged file")),
        "{query:#}"
    );
}

#[test]
fn a_damaged_image_is_marked_in_the_figure() {
    let place = Place::new();
    place.write("cut.jpg", truncated_jpeg());
    // The same pixels in a sound file of the same name, so that the figures differ in the mark alone.
    let pixels = image::load_from_memory(&truncated_jpeg()).expect("a lenient decoder").to_rgb8();
    place.write("sound/cut.png", png(&pixels));
    for (query, figure) in [("cut.jpg", "damaged.png"), ("sound/cut.png", "whole.png")] {
        let words = format!("explain {query} --concept coffee.png --out {figure}");
        place.cam(words.split(' ').chain(TINY)).done();
    }
    let [damaged, whole] = ["damaged.png", "whole.png"]
        .map(|name| image::load_from_memory(&place.read(name)).expect("a figure").to_rgb8());
    assert_eq!(damaged.dimensions(), whole.dimensions());
    let differing =
        damaged.enumerate_pixels().filter(|&(x, y, pixel)| pixel != whole.get_pixel(x, y));
    let (columns, rows): (BTreeSet<u32>, BTreeSet<u32>) = differing.map(|(x, y, _)| (x, y)).unzip();
    let reach = |range: &BTreeSet<u32>| {
        range.last().zip(range.first()).map_or(0, |(last, first)| last - first)
    };
    assert!(reach(&columns) > 50 && reach(&columns) < 224, "one line of text: {columns:?}");
    assert!(reach(&rows) > 5 && reach(&rows) < 40, "one line of text: {rows:?}");
}

#[test]
fn a_truncated_jpeg_as_a_concept_is_marked() {
    let place = Place::new();
    place.write("cut.jpg", truncated_jpeg());
    let words = "explain cat.png --concept cut.jpg --json";
    let document = place.cam(words.split(' ').chain(TINY)).done().json();
    assert_eq!(document["concepts"][0]["damaged"], true);
}

#[test]
fn strictness_refuses_a_truncated_jpeg() {
    let place = Place::new();
    place.write("cut.jpg", truncated_jpeg());
    for words in [
        "explain cut.jpg --concept coffee.png --strict",
        "explain cat.png --concept cut.jpg --strict",
    ] {
        let run = place.say(words).ends_with(1);
        assert!(run.err.starts_with("cam: cut.jpg: the JPEG is"), "{}", run.err);
    }
    place.say("embed cut.jpg --out e.npy --strict").ends_with(1);
    assert_eq!(place.names("").iter().filter(|name| name.ends_with(".npy")).count(), 0);
}

#[test]
fn quiet_leaves_results_and_errors() {
    let place = Place::new();
    place.write("glass.png", transparent_png());
    let words = "explain glass.png --concept coffee.png --out figure.png";
    let told = place.cam(words.split(' ').chain(TINY)).done();
    let quiet = place.cam(words.split(' ').chain(TINY).chain(["-q"])).done();

    assert_eq!(told.err, "cam: glass.png: transparency laid on a background of #ffffff\n");
    assert_eq!(quiet.err, "");
    assert_eq!(told.text().lines().count(), quiet.text().lines().count());
    let failed = place.say("explain missing.png --concept coffee.png -q").ends_with(1);
    assert_eq!(failed.err, "cam: missing.png: No such file or directory (os error 2)\n");
}

#[test]
fn an_image_larger_than_a_network_can_take_is_refused_with_the_remedy() {
    let place = Place::new();
    let run = place.say("explain cat.png --concept coffee.png --size 9999x9999").ends_with(2);
    let expected = "cam: 9999×9999 pixels are too many for the network's input, which has at most 16777216, \
                    as 4096x4096; choose a smaller size (--size)\n";
    assert!(run.err.starts_with(expected), "{}", run.err);
}

#[test]
fn a_concept_of_which_nothing_is_left_asks_for_a_larger_size() {
    let place = Place::new();
    let run = place.say("explain cat.png --concept coffee.png --size 1x1").ends_with(1);
    assert!(run.err.ends_with("; is the size of the input too small?\n"), "{}", run.err);
}

#[test]
fn the_smallest_and_the_longest_images_are_explained() {
    let place = Place::new();
    place.write("dot.png", png(&RgbImage::new(1, 1)));
    place.write("line.png", png(&RgbImage::new(1, 16_000)));
    for image in ["dot.png", "line.png"] {
        for size in ["64x64", "native"] {
            let words = format!(
                "explain {image} --concept coffee.png --weights tiny_basic.safetensors --size {size}"
            );
            place.say(&format!("{words} --overlay overlay.png")).done();
            assert_eq!(place.size("overlay.png"), place.size(image), "{words}");
        }
    }
}

/// A file among those that the decoders are tested with.
fn decoded_elsewhere(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../cam-viz/tests/data/tiff");
    std::fs::read(std::path::Path::new(folder).join(name)).expect("a picture of cam-viz")
}

/// The values of twelve bits that 8 bits have, in a file of sixteen: the picture of the photograph, dark.
fn twelve_bits_in_sixteen(grey: &image::GrayImage) -> Vec<u8> {
    let samples = grey.iter().map(|&byte| u16::from(byte) * 16).collect();
    let image =
        image::ImageBuffer::<image::Luma<u16>, _>::from_raw(grey.width(), grey.height(), samples);
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = image::DynamicImage::ImageLuma16(image.expect("as many samples"));
    image.write_to(&mut bytes, image::ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

/// A photograph in grey that has both black and white.
fn grey_cat() -> image::GrayImage {
    let mut grey = image::load_from_memory(&photograph("cat")).expect("a photograph").to_luma8();
    grey.put_pixel(0, 0, image::Luma([0]));
    grey.put_pixel(1, 0, image::Luma([255]));
    grey
}

#[test]
fn grey_of_every_kind_of_number_has_one_embedding() {
    let place = Place::new();
    let files =
        ["grey.png", "grey-float32.tif", "grey-float16.tif", "grey-signed-16.tif", "grey-32.tif"];
    files.iter().for_each(|file| place.write(file, decoded_elsewhere(file)));
    let words = format!("embed {} --out e.npy", files.join(" "));
    place.cam(words.split(' ').chain(TINY)).done();
    let (shape, values) = place.array("e.npy");
    let rows: Vec<&[f32]> = values.chunks(shape[1] as usize).collect();
    assert_eq!(rows.len(), files.len());
    assert!(rows.iter().all(|row| *row == rows[0]), "{rows:?}");
}

#[test]
fn multiplied_and_straight_opacity_show_the_same_picture() {
    let place = Place::new();
    let files = ["alpha-straight.tif", "alpha-multiplied-16.tif"];
    files.iter().for_each(|file| place.write(file, decoded_elsewhere(file)));
    let words = "embed alpha-straight.tif alpha-multiplied-16.tif --out e.npy";
    place.cam(words.split(' ').chain(TINY)).done();
    let (shape, values) = place.array("e.npy");
    let (a, b) = values.split_at(shape[1] as usize);
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    // Pixels differ by a rounding at most.
    assert!(dot(a, b) / (dot(a, a) * dot(b, b)).sqrt() > 0.9999);
}

#[test]
fn twelve_bits_in_sixteen_are_said_with_the_option_that_helps_and_it_helps() {
    let place = Place::new();
    let grey = grey_cat();
    place.write("deep.png", twelve_bits_in_sixteen(&grey));
    place.write("grey.png", png(&image::DynamicImage::ImageLuma8(grey).to_rgb8()));
    let embed = |words: &str| {
        let run = place.cam(format!("embed {words} --out e.npy").split(' ').chain(TINY)).done();
        (run.err, place.array("e.npy").1)
    };
    let (said, dark) = embed("deep.png");
    let remark = "cam: deep.png: uses only the lowest 6 % of the range (0 to 4080 of 65535): it will look black \
                  (stretching helps)\n";
    assert!(said.ends_with(remark), "{said}");
    let (said, stretched) = embed("deep.png --stretch");
    assert_eq!(said, "cam: deep.png: stretched: samples from 0 to 4080 became black to white\n");
    let (_, plain) = embed("grey.png");
    assert_eq!(stretched, plain);
    assert_ne!(dark, plain);
}

#[test]
fn an_index_of_stretched_images_is_searched_with_stretched_ones() {
    let place = Place::new();
    place.write("deep/cat.png", twelve_bits_in_sixteen(&grey_cat()));
    tiny(&place, "index deep --index i --stretch").done();
    let found = tiny(&place, "search deep/cat.png --index i --stretch").done().text();
    assert!(found.contains("1.000  cat.png"), "{found}");
    let refused = tiny(&place, "search deep/cat.png --index i").ends_with(1).err;
    assert!(refused.contains("stretched"), "{refused}");
}

#[test]
fn a_limit_on_images_names_the_option_that_raises_it() {
    let place = Place::new();
    // 224×224 pixels.
    let limits = [
        ("--max-pixels", "CAM_MAX_PIXELS", "50175", "50176", "are over the limit of 50175"),
        ("--memory", "CAM_MEMORY", "150K", "1M", "(--memory SIZE"),
    ];
    for (option, variable, small, enough, said) in limits {
        for words in [
            "embed cat.png --out e.npy",
            "explain cat.png --class 1 --json",
            "compare cat.png coffee.png --out c.png",
            "concept add things.safetensors cat cat.png",
            "factorize cat.png --out p.png",
        ] {
            let run = place.say(&format!("{words} {option} {small}")).ends_with(1);
            assert!(run.err.contains(said) && run.err.contains(option), "{words}: {}", run.err);
            assert!(run.err.contains(variable), "{words}: {}", run.err);
        }
        place.say(&format!("embed cat.png --out e.npy {option} {enough}")).done();
        let mut command = place.command(["embed", "cat.png", "--out", "e.npy"]);
        let output = command.env(variable, small).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(1), "{variable}");
    }
    for command in ["batch", "index", "search", "evaluate"] {
        let help = place.say(&format!("{command} --help")).done().text();
        assert!(help.contains("--max-pixels") && help.contains("--memory"), "{command}");
    }
}

#[test]
fn lanes_that_share_little_memory_embed_all_images_to_the_same_bytes() {
    let place = Place::new();
    let images = ["cat.png", "coffee.png"].repeat(8).join(" ");
    place.say(&format!("embed {images} --out a.npy --threads 4")).done();
    // Enough for one of them at a time.
    place.say(&format!("embed {images} --out b.npy --threads 4 --memory 400K")).done();
    assert_eq!(place.read("a.npy"), place.read("b.npy"));
}
