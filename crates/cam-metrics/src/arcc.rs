use crate::error::check_finite;
use crate::{Error, Map, pearson};

/// Keeps a harmonic mean of zeros finite, as in pytorch-grad-cam.
const EPSILON: f32 = 1e-8;

/// One number for three virtues, and the three.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arcc {
    /// Pearson's correlation with the map of image × map, brought to 0..=1: stable is 1.
    pub coherency: f32,
    /// Mean of the map, 0..=1: small is good.
    pub complexity: f32,
    /// Twice ROAD's combined score, clamped to 0..=1: faithful is 1.
    pub faithfulness: f32,
}

impl Arcc {
    /// The harmonic mean of coherency, 1 − complexity and faithfulness, in 0..=1: no virtue makes up
    /// for the lack of another.
    pub fn mean(self) -> f32 {
        let parts = [self.coherency, 1.0 - self.complexity, self.faithfulness];
        3.0 / parts.iter().map(|part| (part + EPSILON).recip()).sum::<f32>()
    }
}

/// ARCC of a map, the map of image × map, and [`Road::combined`](crate::Road::combined) at
/// [`ARCC_PERCENTILES`](crate::ARCC_PERCENTILES): pytorch-grad-cam's measure (arXiv 2605.14641), which follows
/// ADCC (Poppi et al., *Revisiting the Evaluation of Class Activation Mapping for Explainability*,
/// arXiv 2104.10252, equation 6).
///
/// # Errors
/// [`Error::Constant`], [`Error::Length`].
pub fn arcc(map: &Map, map_of_masked: &Map, road: f32) -> Result<Arcc, Error> {
    Ok(Arcc {
        coherency: coherency(map, map_of_masked)?,
        complexity: complexity(map)?,
        faithfulness: (2.0 * road).clamp(0.0, 1.0),
    })
}

/// Pearson's correlation of two maps, brought to 0..=1.
///
/// # Errors
/// As for [`pearson`].
pub fn coherency(map: &Map, map_of_masked: &Map) -> Result<f32, Error> {
    Ok((pearson(map_of_masked, map)? + 1.0) / 2.0)
}

/// Mean absolute value.
///
/// # Errors
/// [`Error::NonFinite`].
pub fn complexity(map: &Map) -> Result<f32, Error> {
    check_finite("a map", map.values())?;
    let sum: f64 = map.values().iter().map(|value| f64::from(value.abs())).sum();
    Ok((sum / map.values().len() as f64) as f32)
}
