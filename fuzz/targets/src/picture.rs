//! A picture's file, of any format.

use std::fs;

use cam_viz::{DecodeOptions, Limits, decode, png_bytes};

use crate::scratch::{files, project};

/// Seeds are no longer than this many bytes, so that most changes hit what means something.
const LONGEST: u64 = 8 << 10;

/// Small, so that a picture takes microseconds and a bomb is one at once.
const LIMITS: Limits = Limits { max_pixels: 1 << 16, memory: 4 << 20 };

/// A picture keeps within the limits; one that is whole is the same where damaged ones are refused, one that is damaged
/// is refused there; and what is written as PNG is read as it was.
pub fn run(bytes: &[u8]) {
    let options = DecodeOptions { limits: LIMITS, ..DecodeOptions::default() };
    let decoded = decode(bytes, &options);
    let strictly = decode(bytes, &DecodeOptions { strict: true, ..options.clone() });
    let Ok(picture) = decoded else {
        assert!(strictly.is_err(), "what cannot be read at all is read where less is allowed");
        return;
    };
    let (width, height) = picture.pixels.dimensions();
    assert!(width > 0 && height > 0, "{width} × {height}");
    assert!(u64::from(width) * u64::from(height) <= LIMITS.max_pixels, "{width} × {height}");
    match strictly {
        Ok(whole) => assert!(!picture.damaged() && whole == picture),
        Err(error) => assert!(picture.damaged(), "refused without damage: {error}"),
    }
    let png = png_bytes(&picture.pixels).expect("memory takes everything");
    let again = decode(&png, &options).expect("what was written is read");
    assert_eq!(again.pixels, picture.pixels);
    assert!(again.remarks.is_empty(), "{:?}", again.remarks);
}

pub fn seeds() -> Vec<Vec<u8>> {
    let files = files(&project("crates/cam-viz/tests/data"), LONGEST).into_iter();
    let pictures = files.filter(|path| path.extension().is_some_and(|end| end != "py"));
    pictures.map(|path| fs::read(path).expect("a file of the project")).collect()
}
