//! What users feed a decoder: every format, every damage, and what is no picture at all.

use crate::support::*;
use cam_viz::{DecodeError, DecodeOptions, Format, Limits, Picture, Remark, decode};
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba};

fn read(bytes: &[u8]) -> Picture {
    decode(bytes, &DecodeOptions::default()).unwrap()
}

fn refused(bytes: &[u8]) -> DecodeError {
    decode(bytes, &DecodeOptions::default()).unwrap_err()
}

#[test]
fn lossless_formats_give_back_every_pixel() {
    for (format, image_format) in LOSSLESS {
        let picture = read(&encoded(image_format));
        assert_eq!((picture.format, &picture.pixels), (format, &sample()));
        assert_eq!(picture.remarks, [], "{format}");
    }
}

#[test]
fn a_jpeg_is_close_to_what_was_written() {
    let picture = read(&encoded(ImageFormat::Jpeg));
    assert_eq!((picture.format, picture.remarks.as_slice()), (Format::Jpeg, [].as_slice()));
    assert!(mean_difference(&picture.pixels, &sample()) < 25.0);
}

#[test]
fn half_a_jpeg_is_read_and_says_that_it_is_damaged() {
    let bytes = encoded(ImageFormat::Jpeg);
    let picture = read(&bytes[..bytes.len() * 3 / 4]);
    assert!(picture.damaged());
    assert_eq!(picture.pixels.dimensions(), sample().dimensions());
    assert!(picture.remarks[0].to_string().starts_with("damaged file"));
}

#[test]
fn random_damage_never_panics() {
    let limits = Limits { max_pixels: 200_000, memory: 8_000_000 };
    let options = DecodeOptions { limits, ..DecodeOptions::default() };
    let mut random = Random(1);
    for bytes in corpus() {
        for _ in 0..400 {
            let result = decode(&random.damaged(&bytes), &options);
            assert!(!matches!(result, Err(DecodeError::DecoderFault { .. })), "{result:?}");
        }
    }
}

#[test]
fn trailing_junk_changes_nothing() {
    for (format, image_format) in LOSSLESS {
        let mut bytes = encoded(image_format);
        bytes.extend(b"\0junk <html> junk".repeat(9));
        assert_eq!(read(&bytes).pixels, sample(), "{format}");
    }
    let whole = read(&encoded(ImageFormat::Jpeg));
    let mut bytes = encoded(ImageFormat::Jpeg);
    bytes.extend(b"\0junk".repeat(9));
    assert_eq!(read(&bytes), whole);
}

#[test]
fn eight_orientations_turn_the_picture_upright() {
    for exif in 1..=8 {
        let picture = read(&png_with_exif(&exif_block(exif)));
        assert_eq!(picture.pixels, turned(&sample(), exif), "EXIF {exif}");
        let expected: &[Remark] = if exif == 1 { &[] } else { &[Remark::Oriented { exif }] };
        assert_eq!(picture.remarks, expected);
    }
}

#[test]
fn a_jpegs_orientation_is_applied_too() {
    let plain = encoded(ImageFormat::Jpeg);
    for exif in 1..=8 {
        let picture = read(&jpeg_with_exif(&plain, &exif_block(exif)));
        assert_eq!(picture.pixels, turned(&read(&plain).pixels, exif), "EXIF {exif}");
    }
}

#[test]
fn a_tiffs_orientation_is_applied_too() {
    let picture = read(&tiff_with_orientation(&encoded(ImageFormat::Tiff), 6));
    assert_eq!(picture.pixels, turned(&sample(), 6));
}

#[test]
fn an_orientation_counts_wherever_it_stands() {
    for exif in 1..=8 {
        let picture = read(&png_with_late_exif(&exif_block(exif)));
        assert_eq!(picture.pixels, turned(&sample(), exif), "PNG, EXIF {exif}");
        let picture = read(&webp_with_exif(&exif_block(exif)));
        assert_eq!(picture.pixels, turned(&sample(), exif), "WebP, EXIF {exif}");
    }
}

#[test]
fn an_invalid_orientation_is_ignored_and_mentioned() {
    let plain = encoded(ImageFormat::Jpeg);
    let broken =
        [exif_block(0), exif_block(9), b"nonsense".to_vec(), b"II*\0\xff\xff\xff\xff".to_vec()];
    for block in broken {
        let picture = read(&jpeg_with_exif(&plain, &block));
        assert_eq!(picture.pixels, read(&plain).pixels);
        assert_eq!(picture.remarks, [Remark::UnreadableExif], "{block:02x?}");
    }
}

#[test]
fn transparency_is_laid_on_the_background() {
    let image = ImageBuffer::from_fn(3, 1, |x, _| Rgba([200, 100, 0, [0, 128, 255][x as usize]]));
    let bytes = encode(&DynamicImage::ImageRgba8(image), ImageFormat::Png);
    assert_eq!(read(&bytes).pixels.into_raw(), [255, 255, 255, 227, 177, 127, 200, 100, 0]);
    let options = DecodeOptions { background: [0, 0, 0], ..DecodeOptions::default() };
    let picture = decode(&bytes, &options).unwrap();
    assert_eq!(picture.pixels.into_raw(), [0, 0, 0, 100, 50, 0, 200, 100, 0]);
    assert_eq!(picture.remarks, [Remark::Flattened { background: [0, 0, 0] }]);
    assert_eq!(picture.remarks[0].to_string(), "transparency laid on a background of #000000");
}

#[test]
fn an_opaque_alpha_channel_needs_no_remark() {
    let bytes = encode(&DynamicImage::ImageRgb8(sample()).into_rgba8().into(), ImageFormat::Png);
    assert_eq!((read(&bytes).pixels, read(&bytes).remarks), (sample(), vec![]));
}

#[test]
fn grey_with_alpha_becomes_grey_on_the_background() {
    let image = ImageBuffer::from_fn(2, 1, |x, _| image::LumaA([90, [255, 0][x as usize]]));
    let bytes = encode(&DynamicImage::ImageLumaA8(image), ImageFormat::Png);
    assert_eq!(read(&bytes).pixels.into_raw(), [90, 90, 90, 255, 255, 255]);
}

#[test]
fn sixteen_bits_are_rounded_to_eight() {
    let image = ImageBuffer::from_raw(2, 1, vec![0u16, 128, 129, 65_535, 32_896, 65_407]).unwrap();
    let bytes = encode(&DynamicImage::ImageRgb16(image), ImageFormat::Png);
    assert_eq!(read(&bytes).pixels.into_raw(), [0, 0, 1, 255, 128, 255]);
    assert_eq!(read(&bytes).remarks, [Remark::ReducedDepth { bits: 16 }]);
    let grey = ImageBuffer::<Luma<u16>, _>::from_raw(1, 1, vec![25_700]).unwrap();
    let bytes = encode(&DynamicImage::ImageLuma16(grey), ImageFormat::Png);
    assert_eq!(read(&bytes).pixels.into_raw(), [100, 100, 100]);
}

#[test]
fn twelve_bits_in_sixteen_are_said_and_stretched_on_demand() {
    let image = ImageBuffer::from_raw(3, 1, vec![0u16, 2040, 4080]).unwrap();
    let bytes = encode(&DynamicImage::ImageLuma16(image), ImageFormat::Png);
    let narrow = Remark::NarrowRange { lowest: 0.0, highest: 4080.0, full: 65_535.0 };
    assert_eq!(read(&bytes).remarks, [Remark::ReducedDepth { bits: 16 }, narrow]);
    let options = DecodeOptions { stretch: true, ..DecodeOptions::default() };
    let picture = decode(&bytes, &options).unwrap();
    assert_eq!(picture.pixels.into_raw(), [0, 0, 0, 128, 128, 128, 255, 255, 255]);
    assert_eq!(picture.remarks, [Remark::Stretched { lowest: 0.0, highest: 4080.0 }]);
}

#[test]
fn every_format_is_stretched() {
    let dark = RgbImage::from_fn(16, 16, |x, _| Rgb([20 + 4 * (x / 8) as u8; 3]));
    let options = DecodeOptions { stretch: true, ..DecodeOptions::default() };
    let formats = LOSSLESS.iter().map(|&(_, format)| format).chain([ImageFormat::Jpeg]);
    for format in formats {
        let pixels = decode(&encode(&dark.clone().into(), format), &options).unwrap().pixels;
        assert_eq!((pixels[(0, 0)], pixels[(15, 15)]), (Rgb([0; 3]), Rgb([255; 3])), "{format:?}");
    }
}

#[test]
fn sixteen_bits_of_grey_with_opacity_are_laid_on_the_background() {
    let samples = vec![25_700u16, 65_535, 0, 0, 65_535, 32_896];
    let image = ImageBuffer::<LumaA<u16>, _>::from_raw(3, 1, samples).unwrap();
    let picture = read(&encode(&DynamicImage::ImageLumaA16(image), ImageFormat::Png));
    assert_eq!(picture.pixels.into_raw(), [[100; 3], [255; 3], [255; 3]].as_flattened());
}

#[test]
fn palettes_of_every_depth_are_looked_up() {
    for (depth, packed) in [
        (png::BitDepth::One, vec![0b0100_0000]),
        (png::BitDepth::Two, vec![0b0001_0000]),
        (png::BitDepth::Four, vec![0x01]),
        (png::BitDepth::Eight, vec![0, 1]),
    ] {
        let picture = read(&palette_png(depth, &packed, None));
        assert_eq!(picture.pixels.into_raw(), [10, 20, 30, 200, 210, 220], "{depth:?}");
        let clear = read(&palette_png(depth, &packed, Some(&[0, 255])));
        assert_eq!(clear.pixels.into_raw(), [255, 255, 255, 200, 210, 220], "{depth:?}");
    }
}

#[test]
fn floating_point_samples_are_clipped_and_nan_does_not_panic() {
    let samples = [f32::NAN, 0.5, 7.0, -1.0, f32::INFINITY, 1.0];
    let picture = read(&tiff((2, 1), 32, 3, &samples.map(f32::to_le_bytes).concat()));
    assert_eq!(picture.pixels.into_raw(), [0, 128, 255, 0, 255, 255]);
    let clipped = Remark::Clipped { lowest: -1.0, highest: 7.0, full: 1.0, percent: 50.0 };
    assert_eq!(picture.remarks, [Remark::Float, clipped, Remark::NotFinite { samples: 2 }]);
}

#[test]
fn printing_colours_come_out_as_colours() {
    for name in ["cmyk.jpg", "ycck.jpg", "cmyk.tif"] {
        let picture = read(&data(name));
        assert!(picture.remarks.contains(&Remark::Cmyk), "{name}");
        assert_red_and_green(&picture.pixels, name);
    }
}

#[test]
fn rare_kinds_are_read() {
    for name in ["progressive.jpg", "restarts.jpg", "palette.tif"] {
        assert_red_and_green(&read(&data(name)).pixels, name);
    }
    let grey = read(&data("grey.jpg")).pixels;
    assert!(grey.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]));
}

#[test]
fn kinds_that_are_not_read_are_named() {
    for (bytes, detail) in [
        (data("arithmetic.jpg"), "arithmetic coding"),
        (twelve_bit_jpeg(), "over 8 bits per sample"),
    ] {
        let error = refused(&bytes);
        assert!(matches!(error, DecodeError::UnsupportedKind { .. }), "{error}");
        assert!(error.to_string().contains(detail), "{error}");
    }
}

#[test]
fn only_the_first_frame_is_used() {
    let gif = read(&animated_gif());
    assert_eq!((gif.pixels, gif.remarks), (sample(), vec![Remark::Animated]));
    let webp = read(&animated_webp());
    assert_eq!((webp.pixels, webp.remarks), (sample(), vec![Remark::Animated]));
    let png = read(&animated_png());
    assert_eq!((png.pixels, png.remarks), (sample(), vec![Remark::Animated]));
    let tiff = read(&data("pages.tif"));
    assert_eq!(tiff.remarks, [Remark::SeveralPages]);
    assert_red_and_green(&tiff.pixels, "pages.tif");
}

#[test]
fn the_smallest_and_the_longest_pictures_are_read() {
    for (width, height) in [(1, 1), (1, 16_000), (16_000, 1)] {
        let image = RgbImage::from_pixel(width, height, Rgb([9, 8, 7]));
        let bytes = encode(&image.clone().into(), ImageFormat::Png);
        assert_eq!(read(&bytes).pixels, image);
    }
}

#[test]
fn bombs_are_refused_by_their_headers() {
    for bytes in [
        png_header(65_535, 65_535),
        bmp_header(65_535, 65_535),
        gif_header(65_535, 65_535),
        jpeg_header(65_535, 65_535),
        webp_header(16_384, 16_384),
    ] {
        let limits = Limits { max_pixels: 200_000_000, ..Limits::default() };
        let options = DecodeOptions { limits, ..DecodeOptions::default() };
        let error = decode(&bytes, &options).unwrap_err();
        assert!(matches!(error, DecodeError::OverLimit { .. }), "{error}");
    }
}

#[test]
fn the_limit_error_gives_the_numbers() {
    let error = refused(&png_header(30_000, 20_000));
    assert_eq!(
        error.to_string(),
        "the PNG is 30000x20000: its 600000000 pixels are over the limit of 500000000; scale it down or \
         raise the limit"
    );
    let limits = Limits { memory: 100_000_000, ..Limits::default() };
    let options = DecodeOptions { limits, ..DecodeOptions::default() };
    let error = decode(&jpeg_header(10_000, 5_000), &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the JPEG is 10000x5000: decoding it takes 150 MB of memory, and 100 MB are allowed; scale it down \
         or allow more"
    );
}

#[test]
fn what_telephones_make_is_within_the_limits() {
    // 12000x9000 and 16320x12240 pixels; these headers have no such data behind them.
    for (width, height) in [(12_000, 9_000), (16_320, 12_240)] {
        let found = cam_viz::decode::header(&jpeg_header(width, height), &DecodeOptions::default());
        let found = found.unwrap();
        assert_eq!(found.memory, 3 * u64::from(width) * u64::from(height));
    }
}

#[test]
fn each_limit_is_held() {
    let bytes = encoded(ImageFormat::Bmp);
    let with = |max_pixels, memory| {
        let limits = Limits { max_pixels, memory };
        decode(&bytes, &DecodeOptions { limits, ..DecodeOptions::default() })
    };
    let pixels = u64::from(WIDTH * HEIGHT);
    assert!(with(pixels, 6 * pixels).is_ok());
    let result = with(pixels - 1, 6 * pixels);
    assert!(matches!(result, Err(DecodeError::OverLimit { .. })), "{result:?}");
    let result = with(pixels, 6 * pixels - 1);
    assert!(matches!(result, Err(DecodeError::OverMemory { .. })), "{result:?}");
}

#[test]
fn pictures_without_pixels_are_errors() {
    for bytes in [png_header(0, 9), gif_header(9, 0), bmp_header(0, 9), jpeg_header(9, 0)] {
        let error = refused(&bytes);
        assert!(matches!(error, DecodeError::NoPixels { .. }), "{error}");
    }
}

#[test]
fn nothing_is_told_from_something_else() {
    assert_eq!(refused(b""), DecodeError::Empty);
    for byte in 0..=255 {
        assert!(matches!(refused(&[byte]), DecodeError::UnknownFormat { .. }));
    }
    let error = refused(b"\x01\x02 what?");
    assert!(error.to_string().contains("(the file begins 01 02 20 77"), "{error}");
}

#[test]
fn web_pages_are_told_from_pictures() {
    for page in
        ["<!DOCTYPE html><p>", "\u{feff}\n <HTML>", "<?xml version=\"1.0\"?><html>", "<head>"]
    {
        assert_eq!(refused(page.as_bytes()), DecodeError::Html, "{page}");
    }
}

#[test]
fn a_git_lfs_pointer_names_the_remedy() {
    let pointer = b"version https://git-lfs.example/spec/v1\noid sha256:4d7a\nsize 12345\n";
    assert_eq!(refused(pointer), DecodeError::GitLfsPointer);
    assert!(refused(pointer).to_string().contains("git lfs pull"));
}

#[test]
fn formats_that_are_not_read_are_named() {
    for (bytes, expected) in [
        (&b"\0\0\0\x20ftypavif\0\0\0\0"[..], "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "MP4 video"),
        (b"<svg xmlns=\"\">", "SVG"),
        (b"<?xml version=\"1.0\"?>\n<!-- x --><svg>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"\xff\x0a\0\0", "JPEG XL"),
        (b"8BPS\0\x01", "Photoshop"),
    ] {
        assert_eq!(refused(bytes), DecodeError::UnsupportedFormat { name: expected });
    }
}
