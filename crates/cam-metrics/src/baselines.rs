//! Maps that ignore the network. A method that is not better than these explains nothing.

use cam_random::Random;

use crate::{Error, Image, Map};

/// Every pixel at random, evenly in 0..1.
///
/// # Errors
/// [`Error::Map`].
pub fn random([height, width]: [usize; 2], seed: u64) -> Result<Map, Error> {
    let mut random = Random::new(seed);
    let values = (0..height * width).map(|_| random.unit()).collect();
    Ok(Map::new(width, height, values)?)
}

/// A Gaussian in the centre, a quarter of each side its deviation: photographers put things there.
///
/// # Errors
/// [`Error::Map`].
pub fn centre([height, width]: [usize; 2]) -> Result<Map, Error> {
    let along = |side: usize| -> Vec<f32> {
        let middle = (side as f32 - 1.0) / 2.0;
        let deviation = side as f32 / 4.0;
        (0..side).map(|i| (-0.5 * ((i as f32 - middle) / deviation).powi(2)).exp()).collect()
    };
    let (rows, columns) = (along(height), along(width));
    let values = rows.iter().flat_map(|row| columns.iter().map(move |column| row * column));
    Ok(Map::new(width, height, values.collect())?)
}

/// How steep the image is, by Sobel's operator on the mean of its planes, stretched to 0..=1: many
/// a map is little else (Adebayo et al., arXiv 1810.03292, section 6).
///
/// # Errors
/// None for an image that could be made.
pub fn edges(image: &Image) -> Result<Map, Error> {
    let [height, width] = image.size();
    let mut grey = vec![0.0; height * width];
    for plane in image.planes() {
        grey.iter_mut().zip(plane).for_each(|(sum, value)| *sum += value);
    }
    let at = |y: isize, x: isize| {
        let y = y.clamp(0, height as isize - 1) as usize;
        let x = x.clamp(0, width as isize - 1) as usize;
        grey[y * width + x]
    };
    let steepness = (0..height * width).map(|position| {
        let (y, x) = ((position / width) as isize, (position % width) as isize);
        let side = |dx: isize| at(y - 1, x + dx) + 2.0 * at(y, x + dx) + at(y + 1, x + dx);
        let level = |dy: isize| at(y + dy, x - 1) + 2.0 * at(y + dy, x) + at(y + dy, x + 1);
        (side(1) - side(-1)).hypot(level(1) - level(-1))
    });
    let steepness: Vec<f32> = steepness.collect();
    let most = steepness.iter().copied().fold(0.0, f32::max);
    let scale = if most > 0.0 { most } else { 1.0 };
    let values = steepness.into_iter().map(|value| value / scale).collect();
    Ok(Map::new(width, height, values)?)
}
