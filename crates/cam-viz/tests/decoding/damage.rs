//! Files that are not whole: each is an error, or read and marked, and refused where damage is.

use crate::support::*;
use cam_viz::decode::header;
use cam_viz::{DecodeError, DecodeOptions, Limits, Picture, Remark, decode};
use image::ImageFormat;

fn strict() -> DecodeOptions {
    DecodeOptions { strict: true, ..DecodeOptions::default() }
}

/// A picture that is read and marked, and refused where damage is.
#[track_caller]
fn marked(bytes: &[u8], what: &str) -> Picture {
    let picture = decode(bytes, &DecodeOptions::default());
    let picture = picture.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(picture.damaged(), "{what}: {:?}", picture.remarks);
    let error = decode(bytes, &strict()).unwrap_err();
    assert!(matches!(error, DecodeError::Damaged { .. }), "{what}: {error}");
    picture
}

fn jpegs() -> [(&'static str, Vec<u8>); 4] {
    [
        ("baseline", encoded(ImageFormat::Jpeg)),
        ("progressive", data("progressive.jpg")),
        ("restarts", data("restarts.jpg")),
        ("grey", data("grey.jpg")),
    ]
}

/// Where the data of the first scan begin.
fn scan(jpeg: &[u8]) -> usize {
    let at = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    at + 2 + usize::from(jpeg[at + 3])
}

#[test]
fn whole_files_of_every_kind_are_not_marked() {
    for bytes in corpus() {
        let Ok(picture) = decode(&bytes, &DecodeOptions::default()) else { continue };
        assert!(!picture.damaged(), "{:?}: {:?}", picture.format, picture.remarks);
        assert_eq!(decode(&bytes, &strict()).unwrap(), picture);
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error_or_marked() {
    let animations = [animated_gif(), animated_webp(), animated_png()];
    let files = LOSSLESS.iter().map(|&(_, format)| encoded(format)).chain(animations);
    for bytes in files.chain(jpegs().map(|(_, bytes)| bytes)) {
        for len in 0..bytes.len() {
            if let Ok(picture) = decode(&bytes[..len], &DecodeOptions::default()) {
                let what = format!("{} cut to {len} of {}", picture.format, bytes.len());
                marked(&bytes[..len], &what);
            }
        }
    }
}

#[test]
fn pages_of_a_tiff_behind_the_end_are_marked_where_their_directory_is() {
    let bytes = data("pages.tif");
    let whole = decode(&bytes, &strict()).unwrap();
    let directories = end_of_directories(&bytes);
    for len in 0..bytes.len() {
        // What a further page holds is not looked at.
        if let Ok(picture) = decode(&bytes[..len], &DecodeOptions::default()) {
            assert_eq!(picture.pixels, whole.pixels, "cut to {len} of {}", bytes.len());
            assert_eq!(picture.damaged(), len < directories, "cut to {len}: {:?}", picture.remarks);
        }
    }
}

/// Behind the last byte of the three directories of a classic TIFF file.
fn end_of_directories(bytes: &[u8]) -> usize {
    let number = |at: usize, len: usize| {
        bytes[at..at + len].iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte))
    };
    let mut next = 4;
    let ends = [(); 3].map(|()| {
        let start = number(next, 4);
        next = start + 2 + 12 * number(start, 2);
        next + 4
    });
    ends.into_iter().max().unwrap_or_default()
}

#[test]
fn an_animation_cut_behind_its_first_frame_keeps_that_frame() {
    for bytes in [animated_gif(), animated_webp(), animated_png()] {
        let picture = marked(&bytes[..bytes.len() - 20], "cut by 20 bytes");
        assert_eq!(picture.pixels, sample(), "{}", picture.format);
        assert!(matches!(picture.remarks[0], Remark::Unsound { .. }), "{:?}", picture.remarks);
    }
}

#[test]
fn an_end_marker_before_the_last_block_is_damage() {
    for (name, bytes) in jpegs() {
        let first = scan(&bytes);
        // The last bytes may hold nothing but the filling of the last one.
        for len in first..bytes.len() - 4 {
            let early = [&bytes[..len], b"\xff\xd9"].concat();
            if let Ok(picture) = decode(&early, &DecodeOptions::default()) {
                assert!(picture.damaged(), "{name}: an end marker at {len} of {}", bytes.len());
            }
        }
    }
}

#[test]
fn a_picture_without_data_is_damage_all_over() {
    for (name, bytes) in jpegs() {
        let empty = [&bytes[..scan(&bytes)], b"\xff\xd9"].concat();
        let picture = marked(&empty, name);
        let detail = picture.remarks[0].damage().unwrap();
        assert!(detail.starts_with("the data end at row 0 of"), "{name}: {detail}");
    }
}

#[test]
fn a_header_that_is_larger_or_smaller_than_its_data_is_damage() {
    for (name, bytes) in jpegs() {
        let frame = bytes.windows(2).position(|pair| matches!(pair, [0xff, 0xc0 | 0xc2])).unwrap();
        for side in [frame + 5, frame + 7] {
            let stored = u16::from_be_bytes([bytes[side], bytes[side + 1]]);
            let others = [stored * 2, stored * 10, stored + 16, stored - 16];
            for other in others.into_iter().filter(|&other| other > 0) {
                let mut lying = bytes.clone();
                lying[side..side + 2].copy_from_slice(&other.to_be_bytes());
                marked(&lying, &format!("{name}: {other} in place of {stored}"));
            }
        }
    }
}

#[test]
fn a_missing_restart_interval_is_damage() {
    let bytes = data("restarts.jpg");
    let is_restart = |pair: &[u8]| pair[0] == 0xff && (0xd0..=0xd7).contains(&pair[1]);
    let markers = bytes.windows(2).enumerate().filter(|(_, pair)| is_restart(pair));
    let markers: Vec<usize> = markers.map(|(at, _)| at).collect();
    assert!(markers.len() > 1, "{markers:?}");
    for pair in markers.windows(2) {
        let hole = [&bytes[..pair[0]], &bytes[pair[1]..]].concat();
        let picture = marked(&hole, "an interval is missing");
        let detail = picture.remarks[0].damage().unwrap();
        assert!(detail.starts_with("a restart marker is missing at row"), "{detail}");
    }
}

#[test]
fn scans_that_are_missing_at_the_end_are_damage() {
    let bytes = data("progressive.jpg");
    let scans = bytes.windows(2).enumerate().filter(|(_, pair)| *pair == [0xff, 0xda]);
    for (at, _) in scans.skip(1) {
        let coarse = [&bytes[..at], b"\xff\xd9"].concat();
        let picture = marked(&coarse, "scans are missing");
        assert!(picture.remarks[0].to_string().contains("scans are missing"));
    }
}

#[test]
fn what_follows_the_end_marker_is_no_damage() {
    for (name, bytes) in jpegs() {
        let followed = [bytes.as_slice(), b"\0\xff\xd8 what a telephone adds", &bytes].concat();
        assert_eq!(decode(&followed, &strict()), decode(&bytes, &strict()), "{name}");
    }
}

#[test]
fn few_bytes_that_announce_many_pixels_are_found_out_before_pixels_are_allocated() {
    let mut bytes = jpeg_header(10_000, 10_000);
    bytes.truncate(scan(&bytes) + 8);
    let error = decode(&bytes, &strict()).unwrap_err();
    assert!(error.to_string().contains("the data end at row 0 of 10000"), "{error}");
}

#[test]
fn a_wrong_checksum_is_marked_and_the_pixels_are_those_of_the_file() {
    let bytes = encoded(ImageFormat::Png);
    let data = bytes.windows(4).position(|name| name == b"IDAT").unwrap();
    let len = u32::from_be_bytes(bytes[data - 4..data].try_into().unwrap()) as usize;
    // The chunk's own checksum, and that of the pixels, under one of the chunk that is right.
    let mut chunk = bytes.clone();
    chunk[data + 4 + len] ^= 1;
    let mut pixels = bytes.clone();
    pixels[data + 3 + len] ^= 1;
    let checksum = crc(&pixels[data..data + 4 + len]).to_be_bytes();
    pixels[data + 4 + len..data + 8 + len].copy_from_slice(&checksum);
    for (bytes, what) in [(chunk, "CRC"), (pixels, "Adler-32")] {
        let picture = marked(&bytes, what);
        assert_eq!(picture.pixels, sample(), "{what}");
        assert!(matches!(picture.remarks[0], Remark::Unsound { .. }), "{what}");
    }
}

/// CRC-32, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn the_header_says_what_decoding_takes() {
    let pixels = u64::from(WIDTH * HEIGHT);
    for (needed, bytes) in [
        // RGB8, and the decoder's row.
        (3 * pixels + 3 * u64::from(WIDTH), encoded(ImageFormat::Png)),
        (3 * pixels, encoded(ImageFormat::Jpeg)),
        // The canvas with its opacity, and a frame.
        ((4 + 4) * pixels, encoded(ImageFormat::Gif)),
    ] {
        let found = header(&bytes, &DecodeOptions::default()).unwrap();
        assert_eq!((found.width, found.height, found.memory), (WIDTH, HEIGHT, needed));
        for (memory, is_enough) in [(needed, true), (needed - 1, false)] {
            let limits = Limits { memory, ..Limits::default() };
            let decoded = decode(&bytes, &DecodeOptions { limits, ..DecodeOptions::default() });
            assert_eq!(decoded.is_ok(), is_enough, "{decoded:?}");
        }
    }
}
