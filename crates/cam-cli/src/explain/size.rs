use super::MAX_PIXELS;
use crate::failure::Failure;

/// Size of the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// What the weights were trained with.
    Model,
    /// Each image's own.
    Native,
    /// Width and height in pixels.
    Fixed(usize, usize),
}

impl Size {
    /// Reads `native`, `WxH`, or one side of a square.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if text.eq_ignore_ascii_case("native") {
            return Ok(Self::Native);
        }
        let square = || text.trim().parse().ok().filter(|&side| side > 0).map(|side| (side, side));
        match width_and_height(text).or_else(square) {
            Some((width, height)) => fitting(width, height),
            None => Err(Failure::usage(format!(
                "`--size {text}`: write width and height, as in 320x224, one side of a square, as in \
                 224, or native"
            ))),
        }
    }
}

fn fitting(width: usize, height: usize) -> Result<Size, Failure> {
    match width.checked_mul(height) {
        Some(..=MAX_PIXELS) => Ok(Size::Fixed(width, height)),
        _ => Err(Failure::usage(format!(
            "{width}×{height} pixels are too many for the network's input, which has at most {MAX_PIXELS}, as \
             4096x4096; choose a smaller --size"
        ))),
    }
}

/// Reads `WxH`; none where it is anything else, or a side is zero.
pub fn width_and_height(text: &str) -> Option<(usize, usize)> {
    let (width, height) = text.split_once(['x', 'X', '×'])?;
    let sides = (width.trim().parse().ok()?, height.trim().parse().ok()?);
    (sides.0 > 0 && sides.1 > 0).then_some(sides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_the_side_of_a_square() {
        for (text, size) in [
            ("224", Size::Fixed(224, 224)),
            ("224x224", Size::Fixed(224, 224)),
            (" 448 x 224 ", Size::Fixed(448, 224)),
            ("64×32", Size::Fixed(64, 32)),
            ("Native", Size::Native),
        ] {
            assert_eq!(Size::parse(text).expect(text), size);
        }
        for text in [
            "",
            "0",
            "0x4",
            "-3",
            "224x",
            "x224",
            "1.5",
            "2x2x2",
            "99999999999999999999",
            "4097x4096",
        ] {
            assert!(matches!(Size::parse(text), Err(Failure::Usage(_))), "{text}");
        }
    }
}
