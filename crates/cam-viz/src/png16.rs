//! A map as a 16-bit grey PNG: small, lossless to one part in 65,535, readable everywhere.

use cam_map::Map;

const STEPS: f32 = 65_535.0;

/// Why a map could not be written as a 16-bit PNG.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Png16Error {
    /// The map has NaN or infinite values, which grey levels cannot hold.
    #[error("the map has values that are not finite: a PNG cannot hold them, write .npy instead")]
    NotFinite,
    /// The map exceeds what the format holds.
    #[error("a map of {width}x{height} cannot be written as PNG: write .npy instead")]
    Encode {
        /// The map's width.
        width: usize,
        /// The map's height.
        height: usize,
        /// What the encoder said, where it was asked.
        source: Option<png::EncodingError>,
    },
}

/// What grey levels stand for: `value = min + level * (max - min) / 65535`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The value of level 0.
    pub min: f32,
    /// The value of level 65,535.
    pub max: f32,
}

impl Scale {
    /// The value that a grey level stands for; within `(max - min) / 131070` of what was written.
    pub fn value_from_level(self, level: u16) -> f32 {
        let along = f32::from(level) / STEPS;
        self.min * (1.0 - along) + self.max * along
    }

    /// The nearest level; all of a constant map is level 0.
    fn level_from_value(self, value: f32) -> u16 {
        // Halved, so that a range near the largest f32 does not overflow.
        let range = self.max / 2.0 - self.min / 2.0;
        ((value / 2.0 - self.min / 2.0) / range * STEPS).round() as u16
    }
}

/// The bytes of a 16-bit grey PNG of a map, and the scale of its levels.
///
/// The map's minimum becomes level 0 and its maximum level 65,535, linearly, rounded to nearest. The scale
/// is also stored in the file, in the text chunks `cam-min` and `cam-max` as decimal numbers that read
/// back to the same f32; [`Scale::value_from_level`] inverts it.
///
/// # Errors
/// [`Png16Error::NotFinite`] for a map with NaN or infinities, [`Png16Error::Encode`] for one whose sides
/// exceed the format's.
pub fn png16_bytes(map: &Map) -> Result<(Vec<u8>, Scale), Png16Error> {
    if !map.is_finite() {
        return Err(Png16Error::NotFinite);
    }
    let scale = Scale { min: map.min(), max: map.max() };
    let levels = map.values().iter().flat_map(|&value| scale.level_from_value(value).to_be_bytes());
    let fail = |source| Png16Error::Encode { width: map.width(), height: map.height(), source };
    let width = u32::try_from(map.width()).map_err(|_| fail(None))?;
    let height = u32::try_from(map.height()).map_err(|_| fail(None))?;
    let bytes = encode(width, height, &levels.collect::<Vec<u8>>(), scale);
    Ok((bytes.map_err(|source| fail(Some(source)))?, scale))
}

fn encode(
    width: u32,
    height: u32,
    levels: &[u8],
    scale: Scale,
) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Sixteen);
    encoder.add_text_chunk("cam-min".to_owned(), scale.min.to_string())?;
    encoder.add_text_chunk("cam-max".to_owned(), scale.max.to_string())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(levels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(bytes: &[u8]) -> Vec<u16> {
        image::load_from_memory(bytes).unwrap().into_luma16().into_raw()
    }

    #[test]
    fn levels_invert_to_the_values_within_half_a_step() {
        let values = vec![-1.5, 0.0, 0.3, 2.25];
        let (bytes, scale) = png16_bytes(&Map::new(4, 1, values.clone()).unwrap()).unwrap();
        for (level, value) in levels(&bytes).into_iter().zip(values) {
            assert!((scale.value_from_level(level) - value).abs() <= 3.75 / 131_070.0 + 1e-7);
        }
    }

    #[test]
    fn the_scale_is_in_the_file() {
        let (bytes, scale) = png16_bytes(&Map::new(2, 1, vec![0.1, 0.7]).unwrap()).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let texts = &reader.info().uncompressed_latin1_text;
        let number = |i: usize| texts[i].text.parse::<f32>().unwrap();
        assert_eq!((texts[0].keyword.as_str(), number(0)), ("cam-min", scale.min));
        assert_eq!((texts[1].keyword.as_str(), number(1)), ("cam-max", scale.max));
    }

    #[test]
    fn constant_and_extreme_maps_are_written() {
        let (bytes, scale) = png16_bytes(&Map::new(2, 1, vec![5.0; 2]).unwrap()).unwrap();
        assert_eq!(levels(&bytes), [0, 0]);
        assert_eq!(scale.value_from_level(0), 5.0);
        let (bytes, scale) =
            png16_bytes(&Map::new(2, 1, vec![f32::MIN, f32::MAX]).unwrap()).unwrap();
        assert_eq!(levels(&bytes), [0, 65_535]);
        assert_eq!(scale.value_from_level(65_535), f32::MAX);
    }

    #[test]
    fn maps_that_are_not_finite_are_refused() {
        let map = Map::new(1, 1, vec![f32::NAN]).unwrap();
        assert!(matches!(png16_bytes(&map), Err(Png16Error::NotFinite)));
    }
}
