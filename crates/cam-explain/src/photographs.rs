//! Photographs that are part of the program; `photographs/README.md` says whose they are.

/// A cat, 224×224 pixels.
pub static CAT: &[u8] = include_bytes!("../photographs/cat.png");

/// A cup of coffee, 224×224 pixels.
pub static COFFEE: &[u8] = include_bytes!("../photographs/coffee.png");
