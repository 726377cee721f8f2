use cam_random::Random;

use crate::ranking::check_fits;
use crate::{Error, Explain, Image, Map};

/// How images are shaken for [`sensitivity`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Shaken images.
    pub samples: usize,
    /// The most that a number moves, up or down.
    pub radius: f32,
    /// Where the random numbers begin.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { samples: 4, radius: 0.1, seed: 0 }
    }
}

/// Max-sensitivity: the most that a map changes, ‖map(x + noise) − map(x)‖ / ‖map(x)‖, when every
/// number of the image moves a little (Yeh et al., *On the (In)fidelity and Sensitivity of
/// Explanations*, arXiv 1901.09392, definition 2, relative to the map's length). 0 is stable; smaller
/// is better, but a map that is the same for all images is the most stable of all.
///
/// `explain` gives the maps of images.
///
/// # Errors
/// [`Error::NothingPositive`] where the map is zero everywhere, [`Error::Size`], [`Error::Scores`]
/// where there are not as many maps as images, and those of `explain`.
pub fn sensitivity<E: From<Error>>(
    image: &Image,
    map: &Map,
    Settings { samples, radius, seed }: Settings,
    explain: Explain<'_, E>,
) -> Result<f32, E> {
    check_fits(map, image)?;
    let length = distance(map.values(), &[]);
    if length == 0.0 {
        return Err(Error::NothingPositive.into());
    }
    let mut random = Random::new(seed);
    let mut most = 0.0_f64;
    for _ in 0..samples {
        let shaken = noisy(image, radius, &mut random);
        let maps = explain(std::slice::from_ref(&shaken))?;
        let [other] = maps.as_slice() else {
            return Err(Error::Scores { expected: 1, found: maps.len() }.into());
        };
        check_fits(other, image)?;
        most = most.max(distance(map.values(), other.values()) / length);
    }
    Ok(most as f32)
}

/// ‖a − b‖, where what b lacks is zero.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let others = b.iter().copied().chain(std::iter::repeat(0.0));
    let squares = a.iter().zip(others).map(|(a, b)| (f64::from(*a) - f64::from(b)).powi(2));
    squares.sum::<f64>().sqrt()
}

/// The image with every number moved evenly within −radius..radius.
pub fn noisy(image: &Image, radius: f32, random: &mut Random) -> Image {
    image.map_planes(|_, plane| {
        plane.iter_mut().for_each(|value| *value += radius * (2.0 * random.unit() - 1.0));
    })
}

/// Every plane of the image times the map.
///
/// # Errors
/// [`Error::Size`].
pub fn masked(image: &Image, map: &Map) -> Result<Image, Error> {
    check_fits(map, image)?;
    Ok(image.map_planes(|_, plane| {
        plane.iter_mut().zip(map.values()).for_each(|(value, share)| *value *= share);
    }))
}
