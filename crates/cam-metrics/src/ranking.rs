use cam_map::Map;

use crate::error::check_finite;
use cam_random::Random;

use crate::{Error, Image};

/// Positions from the most relevant to the least. Equal ones stand in random order, for any order of
/// rows and columns would be a statement about the image.
pub fn ranking(map: &Map, seed: u64) -> Vec<usize> {
    let values = map.values();
    let mut positions: Vec<usize> = (0..values.len()).collect();
    Random::new(seed).shuffle(&mut positions);
    positions.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    positions
}

/// That a map is finite and of its image's size.
pub fn check_fits(map: &Map, image: &Image) -> Result<(), Error> {
    if map.size() != image.size() {
        return Err(Error::Size { map: map.size(), image: image.size() });
    }
    check_finite("a map", map.values())
}
