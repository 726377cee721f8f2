//! TIFF files of every kind that is read, held against pixels that no reader of TIFF made.
//!
//! `make_tiffs.py` writes `KIND-HOW.tif` from the arrays that it writes `KIND.png` from.

use std::path::{Path, PathBuf};

use cam_viz::{DecodeError, DecodeOptions, Picture, Remark, decode};
use image::RgbImage;

/// Rounding of samples that were themselves rounded before: of premultiplied colours, of halves.
const ONCE_MORE: u8 = 1;
/// At low opacity, premultiplied colours of 8 bits have few steps; on white each is one at most.
const MULTIPLIED: u8 = 1;
/// What JPEG at quality 97 leaves of a slope of 6 a pixel, and differences of colours that four pixels share.
const LOSSY: u8 = 14;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiff")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn options(stretch: bool) -> DecodeOptions {
    DecodeOptions { stretch, ..DecodeOptions::default() }
}

fn read(name: &str) -> Picture {
    let read = decode(&bytes(name), &options(false));
    read.unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The files of a kind, without the ending.
fn files(kind: &str) -> Vec<String> {
    let names = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name());
    let names = names.filter_map(|name| Some(name.to_str()?.strip_suffix(".tif")?.to_owned()));
    let mut names: Vec<_> = names.filter(|name| name.starts_with(&format!("{kind}-"))).collect();
    names.sort();
    names
}

fn farthest(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.iter().zip(b.iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

/// Every file of a kind shows the pixels of the kind, to a tolerance.
fn assert_shown(kind: &str, count: usize, tolerance: u8) {
    let expected = read(&format!("{kind}.png")).pixels;
    let files = files(kind);
    assert!(files.len() >= count, "{} files of {kind}", files.len());
    for file in files.iter().filter(|file| *file != "grey-signed-8") {
        let difference = farthest(&read(&format!("{file}.tif")).pixels, &expected);
        assert!(difference <= tolerance, "{file}: {difference}");
    }
}

#[test]
fn colours_come_back_from_every_compression_order_and_layout() {
    assert_shown("rgb", 25, 0);
}

#[test]
fn grey_of_every_depth_and_kind_of_number_comes_back() {
    assert_shown("grey", 27, 0);
    let signed = read("grey-signed-8.tif").pixels;
    assert_eq!(signed, read("grey-signed-8.png").pixels);
}

#[test]
fn samples_of_less_than_a_byte_fill_the_range() {
    for kind in ["shallow2", "shallow4"] {
        assert_shown(kind, 3, 0);
    }
}

#[test]
fn bits_and_fax_codes_are_black_and_white_the_right_way_round() {
    assert_shown("bits", 9, 0);
    assert_shown("wide", 4, 0);
}

#[test]
fn opacity_is_laid_on_white_whether_colours_were_multiplied_or_not() {
    assert_shown("alpha", 8, MULTIPLIED);
    assert_shown("greyalpha", 1, 0);
    for file in files("alpha") {
        let remarks = read(&format!("{file}.tif")).remarks;
        assert!(remarks.contains(&Remark::Flattened { background: [255; 3] }), "{file}");
    }
}

#[test]
fn palettes_of_four_and_eight_bits_are_looked_up() {
    assert_shown("palette", 4, 0);
}

#[test]
fn printing_colours_are_what_inks_leave_of_white() {
    assert_shown("cmyk", 2, ONCE_MORE);
    assert!(read("cmyk-8.tif").remarks.contains(&Remark::Cmyk));
}

#[test]
fn brightness_and_differences_become_colours() {
    assert_shown("smooth", 12, LOSSY);
}

#[test]
fn what_is_not_read_is_named() {
    for (how, detail) in [
        ("zstandard", "Zstandard compression"),
        ("lzma", "LZMA compression"),
        ("jpeg-2000", "JPEG 2000 compression"),
        ("complex", "complex numbers"),
        ("mask", "a transparency mask"),
        ("lab", "CIE L*a*b* colours"),
        ("icc-lab", "ICC L*a*b* colours"),
        ("filter-array", "a raw colour filter array"),
        ("inks", "inks other than CMYK"),
        ("different-bits", "channels of different bits"),
        ("old-jpeg", "old-style JPEG compression"),
    ] {
        let error = decode(&bytes(&format!("refused-{how}.tif")), &options(false)).unwrap_err();
        assert!(matches!(error, DecodeError::UnsupportedKind { .. }), "{how}: {error}");
        assert!(error.to_string().contains(&format!("({detail})")), "{how}: {error}");
    }
    assert_eq!(files("refused").len(), 11);
}

#[test]
fn channels_that_are_no_colours_are_mentioned() {
    let unused = |name: &str| read(name).remarks;
    let said = Remark::UnusedChannels { unused: 1, channels: 4 };
    assert_eq!(unused("rgb-unused-channel-predictor.tif"), [said]);
    assert_eq!(
        unused("grey-unused-channel.tif"),
        [Remark::UnusedChannels { unused: 1, channels: 2 }]
    );
}

#[test]
fn stretching_spreads_whole_floating_and_negative_samples_alike() {
    let expected = read("stretch.png").pixels;
    for (file, lowest, highest) in
        [("16", 100.0, 115.0), ("float", 50_000.0, 65_000.0), ("signed", -8.0, 7.0)]
    {
        let picture = decode(&bytes(&format!("stretch-{file}.tif")), &options(true)).unwrap();
        assert_eq!(picture.pixels, expected, "{file}");
        assert_eq!(picture.remarks, [Remark::Stretched { lowest, highest }], "{file}");
    }
}

#[test]
fn what_stretching_would_help_is_said() {
    for (file, says) in [
        ("16", "uses only the lowest 1 % of the range (100 to 115 of 65535): it will look black"),
        ("float", "samples reach from 50000 to 65000, and 100 % of them lie outside 0 to 1"),
        ("signed", "samples reach from -8 to 7, and 50 % of them lie outside 0 to 32767"),
    ] {
        let remarks = read(&format!("stretch-{file}.tif")).remarks;
        let helped: Vec<_> = remarks.iter().filter(|said| said.is_helped_by_stretching()).collect();
        assert!(helped[0].to_string().starts_with(says), "{file}: {remarks:?}");
    }
    assert!(!read("grey-16-big-endian.tif").remarks[0].is_helped_by_stretching());
}

#[test]
fn every_truncation_is_an_error_or_the_whole_picture() {
    for kind in ["rgb", "grey", "bits", "alpha", "palette", "smooth"] {
        for file in files(kind) {
            let whole = bytes(&format!("{file}.tif"));
            let expected = read(&format!("{file}.tif")).pixels;
            for len in (0..whole.len()).step_by(13) {
                if let Ok(picture) = decode(&whole[..len], &options(false)) {
                    assert_eq!(picture.pixels, expected, "{file} cut to {len} of {}", whole.len());
                }
            }
        }
    }
}

/// The first strip of a file whose directory comes first, as tifffile writes them.
fn first_strip(tiff: &[u8]) -> std::ops::Range<usize> {
    let number = |at: usize, len: usize| {
        tiff[at..at + len]
            .iter()
            .rev()
            .fold(0, |value: usize, &byte| value << 8 | usize::from(byte))
    };
    let directory = number(4, 4);
    let entries = (0..number(directory, 2)).map(|index| directory + 2 + 12 * index);
    let find = |tag: usize| entries.clone().find(|&at| number(at, 2) == tag).unwrap();
    let first = |at: usize| {
        let (size, count) = (if number(at + 2, 2) == 3 { 2 } else { 4 }, number(at + 4, 4));
        if size * count > 4 { number(number(at + 8, 4), size) } else { number(at + 8, size) }
    };
    let (start, len) = (first(find(273)), first(find(279)));
    start..start + len
}

#[test]
fn a_wrong_checksum_is_an_error() {
    let mut file = bytes("rgb-deflate.tif");
    let strip = first_strip(&file);
    // The Adler sum is the last four bytes of a zlib stream.
    file[strip.end - 1] ^= 1;
    let error = decode(&file, &options(false)).unwrap_err();
    assert!(matches!(error, DecodeError::Corrupt { .. }), "{error}");
}

#[test]
fn no_changed_byte_of_a_deflated_strip_gives_other_pixels() {
    let (file, expected) = (bytes("rgb-deflate.tif"), read("rgb.png").pixels);
    for at in first_strip(&file) {
        let mut changed = file.clone();
        changed[at] ^= 0x10;
        if let Ok(picture) = decode(&changed, &options(false)) {
            assert_eq!(picture.pixels, expected, "byte {at}");
        }
    }
}

#[test]
fn fax_codes_that_end_early_are_marked_and_refused_on_demand() {
    // The mark of an end, twice 000000000001, in place of all rows.
    let mut file = bytes("bits-group4.tif");
    let strip = first_strip(&file);
    file[strip.start..strip.start + 3].copy_from_slice(&[0x00, 0x10, 0x01]);
    let picture = decode(&file, &options(false)).unwrap();
    assert!(picture.damaged());
    // What the codes call white is zero, and so is black here, as Pillow writes it.
    assert!(picture.pixels.iter().all(|&byte| byte == 0));
    let strict = DecodeOptions { strict: true, ..options(false) };
    let error = decode(&file, &strict).unwrap_err();
    assert!(matches!(error, DecodeError::Damaged { .. }), "{error}");
}

#[test]
fn white_is_zero_is_stretched_the_right_way_round() {
    let straight = decode(&bytes("grey-16-big-endian.tif"), &options(true)).unwrap();
    let inverted = decode(&bytes("grey-16-white-is-zero.tif"), &options(true)).unwrap();
    assert_eq!(inverted.pixels, straight.pixels);
}
