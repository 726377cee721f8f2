//! Files made for the tests of decoding.

use std::io::Cursor;

use cam_viz::Format;
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageEncoder, ImageFormat, Rgb, RgbImage};

pub const WIDTH: u32 = 23;
pub const HEIGHT: u32 = 17;

pub const LOSSLESS: [(Format, ImageFormat); 5] = [
    (Format::Png, ImageFormat::Png),
    (Format::Gif, ImageFormat::Gif),
    (Format::Bmp, ImageFormat::Bmp),
    (Format::Tiff, ImageFormat::Tiff),
    (Format::WebP, ImageFormat::WebP),
];

/// No symmetry, no repetition, and few enough colours for a GIF.
pub fn sample() -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let mixed = (x * 7 + y * 13 + x * y) % 97;
        Rgb([(mixed * 2) as u8, (255 - mixed) as u8, if mixed % 5 == 0 { 200 } else { 20 }])
    })
}

pub fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    // `image` writes TIFF with a feature that nobody else needs.
    if format == ImageFormat::Tiff {
        return tiff((image.width(), image.height()), 8, 1, image.to_rgb8().as_raw());
    }
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn encoded(format: ImageFormat) -> Vec<u8> {
    encode(&sample().into(), format)
}

pub fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// One valid file of every kind.
pub fn corpus() -> Vec<Vec<u8>> {
    let mut files: Vec<_> = LOSSLESS.iter().map(|&(_, format)| encoded(format)).collect();
    files.push(encoded(ImageFormat::Jpeg));
    for name in [
        "progressive.jpg",
        "restarts.jpg",
        "cmyk.jpg",
        "ycck.jpg",
        "grey.jpg",
        "pages.tif",
        "cmyk.tif",
        "bilevel.tif",
        "palette.tif",
    ] {
        files.push(data(name));
    }
    files.extend(tiffs());
    files.push(jpeg_with_exif(&encoded(ImageFormat::Jpeg), &exif_block(6)));
    files.extend([animated_gif(), animated_webp(), animated_png()]);
    files
}

/// One TIFF file of every kind.
fn tiffs() -> Vec<Vec<u8>> {
    let folder = format!("{}/tests/data/tiff", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "tif"));
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

pub fn mean_difference(a: &RgbImage, b: &RgbImage) -> f64 {
    let sum: u32 = a.iter().zip(b.iter()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    f64::from(sum) / a.as_raw().len() as f64
}

/// The two halves that `make_data.py` draws, as far as printing colours and JPEG keep them.
pub fn assert_red_and_green(image: &RgbImage, name: &str) {
    let close = |x: u32, expected: [u8; 3]| {
        let pixel = image.get_pixel(x, 8).0;
        let far = pixel.iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(far <= 12, "{name}: {pixel:?} instead of {expected:?}");
    };
    close(2, [200, 30, 20]);
    close(13, [20, 160, 60]);
}

/// What a viewer shows of stored pixels, from the definition of the eight values.
pub fn turned(stored: &RgbImage, exif: u8) -> RgbImage {
    let (w, h) = stored.dimensions();
    let (width, height) = if exif < 5 { (w, h) } else { (h, w) };
    RgbImage::from_fn(width, height, |x, y| {
        let (sx, sy) = match exif {
            1 => (x, y),
            2 => (w - 1 - x, y),
            3 => (w - 1 - x, h - 1 - y),
            4 => (x, h - 1 - y),
            5 => (y, x),
            6 => (y, h - 1 - x),
            7 => (w - 1 - y, h - 1 - x),
            8 => (w - 1 - y, x),
            _ => unreachable!(),
        };
        *stored.get_pixel(sx, sy)
    })
}

/// A little-endian EXIF block with one entry.
pub fn exif_block(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0".to_vec();
    block.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    block.extend([0; 4]);
    block
}

pub fn png_with_exif(block: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.set_exif_metadata(block.to_vec()).unwrap();
    let image = sample();
    encoder.write_image(image.as_raw(), WIDTH, HEIGHT, image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub fn jpeg_with_exif(jpeg: &[u8], block: &[u8]) -> Vec<u8> {
    let len = (2 + 6 + block.len()) as u16;
    [&jpeg[..2], b"\xff\xe1", &len.to_be_bytes(), b"Exif\0\0", block, &jpeg[2..]].concat()
}

/// Appends a copy of the first directory with one more entry, and points the header at it.
pub fn tiff_with_orientation(tiff: &[u8], orientation: u16) -> Vec<u8> {
    let number = |at: usize, len: usize| {
        tiff[at..at + len].iter().rev().fold(0usize, |value, &byte| value << 8 | usize::from(byte))
    };
    let directory = number(4, 4);
    let entries = &tiff[directory + 2..][..12 * number(directory, 2)];
    let mut entry = vec![0x12, 0x01, 3, 0, 1, 0, 0, 0];
    entry.extend([orientation as u8, 0, 0, 0]);
    let mut all: Vec<&[u8]> = entries.chunks(12).collect();
    all.push(&entry);
    all.sort_by_key(|entry| u16::from_le_bytes([entry[0], entry[1]]));
    let mut bytes = tiff.to_vec();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    let at = (bytes.len() as u32).to_le_bytes();
    bytes[4..8].copy_from_slice(&at);
    bytes.extend((all.len() as u16).to_le_bytes());
    bytes.extend(all.concat());
    bytes.extend([0; 4]);
    bytes
}

pub fn palette_png(depth: png::BitDepth, packed: &[u8], alpha: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(depth);
    encoder.set_palette(vec![10, 20, 30, 200, 210, 220]);
    if let Some(alpha) = alpha {
        encoder.set_trns(alpha.to_vec());
    }
    encoder.write_header().unwrap().write_image_data(packed).unwrap();
    bytes
}

pub fn animated_gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    let first = DynamicImage::ImageRgb8(sample()).into_rgba8();
    let other = image::RgbaImage::from_pixel(WIDTH, HEIGHT, image::Rgba([1, 2, 3, 255]));
    encoder.encode_frames([first, other.clone(), other].map(Frame::new)).unwrap();
    drop(encoder);
    bytes
}

pub fn animated_png() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(sample().as_raw()).unwrap();
    writer.write_image_data(&vec![7; 3 * (WIDTH * HEIGHT) as usize]).unwrap();
    writer.finish().unwrap();
    bytes
}

/// Two still pictures as frames of a hand-made container.
pub fn animated_webp() -> Vec<u8> {
    let other = RgbImage::from_pixel(WIDTH, HEIGHT, Rgb([1, 2, 3]));
    let frame = |image: RgbImage| {
        let still = encode(&image.into(), ImageFormat::WebP);
        let mut payload = vec![0; 6];
        payload.extend(three(WIDTH - 1));
        payload.extend(three(HEIGHT - 1));
        // A tenth of a second, in place of what was there instead of blended with it.
        payload.extend([100, 0, 0, 2]);
        // Behind the 12 bytes of the container's own header lies the one chunk of pixels.
        payload.extend(&still[12..]);
        chunk(b"ANMF", &payload)
    };
    let chunks =
        [vp8x(0x02, WIDTH, HEIGHT), chunk(b"ANIM", &[0; 6]), frame(sample()), frame(other)];
    riff(&chunks.concat())
}

fn three(value: u32) -> Vec<u8> {
    value.to_le_bytes()[..3].to_vec()
}

fn chunk(name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_le_bytes();
    let padding = vec![0; payload.len() % 2];
    [name, len.as_slice(), payload, &padding].concat()
}

fn vp8x(flags: u8, width: u32, height: u32) -> Vec<u8> {
    chunk(b"VP8X", &[vec![flags, 0, 0, 0], three(width - 1), three(height - 1)].concat())
}

fn riff(chunks: &[u8]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WEBP", chunks].concat())
}

pub fn webp_header(width: u32, height: u32) -> Vec<u8> {
    let still = encoded(ImageFormat::WebP);
    riff(&[vp8x(0, width, height), still[12..].to_vec()].concat())
}

/// A valid file whose header announces another size.
pub fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    bytes
}

pub fn bmp_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(ImageFormat::Bmp);
    bytes[18..22].copy_from_slice(&width.to_le_bytes());
    bytes[22..26].copy_from_slice(&height.to_le_bytes());
    bytes
}

pub fn gif_header(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = encoded(ImageFormat::Gif);
    bytes[6..8].copy_from_slice(&width.to_le_bytes());
    bytes[8..10].copy_from_slice(&height.to_le_bytes());
    bytes
}

pub fn jpeg_header(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = encoded(ImageFormat::Jpeg);
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

pub fn twelve_bit_jpeg() -> Vec<u8> {
    let mut bytes = encoded(ImageFormat::Jpeg);
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 4] = 12;
    bytes
}

/// An RGB TIFF file of one strip; kinds of samples are 1 for unsigned and 3 for float.
pub fn tiff(size: (u32, u32), bits: u16, kind: u16, samples: &[u8]) -> Vec<u8> {
    let behind = 8 + 2 + 12 * 10 + 4;
    let three = |value: u16| [value.to_le_bytes(); 3].concat();
    let entries = [
        (256, 4, 1, size.0),
        (257, 4, 1, size.1),
        (258, 3, 3, behind),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, behind + 12),
        (277, 3, 1, 3),
        (278, 4, 1, size.1),
        (279, 4, 1, samples.len() as u32),
        (339, 3, 3, behind + 6),
    ];
    [&tiff_directory(&entries), &three(bits)[..], &three(kind), samples].concat()
}

/// Header and directory: tag, type (3 is 16 bits, 4 is 32), count, value or where the values are.
fn tiff_directory(entries: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend([0; 4]);
    bytes
}

/// A PNG of the sample whose EXIF block stands behind the pixels.
pub fn png_with_late_exif(block: &[u8]) -> Vec<u8> {
    let mut bytes = encoded(ImageFormat::Png);
    let end = bytes.split_off(bytes.len() - 12);
    let named = [b"eXIf", block].concat();
    bytes.extend((block.len() as u32).to_be_bytes());
    bytes.extend(&named);
    bytes.extend(crc32(&named).to_be_bytes());
    bytes.extend(end);
    bytes
}

/// The checksum of PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

/// A WebP of the sample with an EXIF block, which stands at its end.
pub fn webp_with_exif(block: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut bytes);
    encoder.set_exif_metadata(block.to_vec()).unwrap();
    encoder.write_image(sample().as_raw(), WIDTH, HEIGHT, image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// splitmix64, so that every run damages the same bytes.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One to eight bytes changed; in half of the cases near the start, where structure is.
    pub fn damaged(&mut self, bytes: &[u8]) -> Vec<u8> {
        const INTERESTING: [u8; 8] = [0, 1, 2, 0x7f, 0x80, 0xff, 0xfe, 0x10];
        let mut bytes = bytes.to_vec();
        let end = if self.below(2) == 0 { bytes.len().min(128) } else { bytes.len() };
        for _ in 0..=self.below(8) {
            let at = self.below(end);
            bytes[at] =
                if self.below(2) == 0 { self.next() as u8 } else { INTERESTING[self.below(8)] };
        }
        bytes
    }
}
