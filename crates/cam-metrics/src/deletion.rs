use crate::error::check_finite;
use crate::ranking::{check_fits, ranking};
use crate::{Curve, Error, Image, Map, Score};

/// Images that are scored together, at most.
const AT_ONCE: usize = 16;

/// How images are changed for a [`deletion`] or an [`insertion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Perturbation {
    /// Steps from the first image to the last.
    pub steps: usize,
    /// In which order equal pixels go.
    pub seed: u64,
}

impl Default for Perturbation {
    fn default() -> Self {
        Self { steps: 50, seed: 0 }
    }
}

/// The score while pixels are replaced by zero, the mean colour, the most relevant first (Petsiuk
/// et al., *RISE: Randomized Input Sampling for Explanation of Black-box Models*, arXiv 1806.07421,
/// section 4.2). The better the map, the faster it falls and the smaller the area.
///
/// # Errors
/// [`Error::Size`], [`Error::Scores`], [`Error::NonFinite`], and those of `score`.
///
/// # Examples
/// ```
/// use cam_metrics::{Error, Image, Map, Perturbation, deletion};
///
/// // The score is the first pixel; one map says so, and the other points at the last.
/// let image = Image::new(1, [1, 4], vec![1.0; 4])?;
/// let mut score = |images: &[Image]| -> Result<Vec<f32>, Error> {
///     Ok(images.iter().map(|image| image.values()[0]).collect())
/// };
/// let mut area = |values| -> Result<f32, Error> {
///     let map = Map::new(4, 1, values)?;
///     Ok(deletion(&image, &map, Perturbation::default(), &mut score)?.area())
/// };
/// assert!(area(vec![0.9, 0.1, 0.1, 0.0])? < area(vec![0.0, 0.1, 0.1, 0.9])?);
/// # Ok::<(), Error>(())
/// ```
pub fn deletion<E: From<Error>>(
    image: &Image,
    map: &Map,
    perturbation: Perturbation,
    score: Score<'_, E>,
) -> Result<Curve, E> {
    let nothing = image.map_planes(|_, plane| plane.fill(0.0));
    exchange(image, &nothing, map, perturbation, score)
}

/// The score while pixels of the image appear in its [`blurred`] copy, the most relevant first (as
/// for [`deletion`]). The better the map, the faster it rises and the larger the area.
///
/// # Errors
/// As for [`deletion`].
pub fn insertion<E: From<Error>>(
    image: &Image,
    map: &Map,
    perturbation: Perturbation,
    score: Score<'_, E>,
) -> Result<Curve, E> {
    exchange(&blurred(image, BLUR), image, map, perturbation, score)
}

/// Deviation of the Gaussian that hides an image: the paper's 11×11 kernel has 5.
const BLUR: f32 = 5.0;

/// Pixels of one image in another's place, the most relevant first.
fn exchange<E: From<Error>>(
    from: &Image,
    to: &Image,
    map: &Map,
    Perturbation { steps, seed }: Perturbation,
    score: Score<'_, E>,
) -> Result<Curve, E> {
    check_fits(map, from)?;
    let ranking = ranking(map, seed);
    let steps = steps.max(1);
    let changed = |step: usize| step * ranking.len() / steps;
    let mut current = from.clone();
    let (mut shares, mut scores) = (Vec::new(), Vec::new());
    let planes: Vec<&[f32]> = to.planes().collect();
    for first in (0..=steps).step_by(AT_ONCE) {
        let some = first..(first + AT_ONCE).min(steps + 1);
        let images: Vec<Image> = some
            .clone()
            .map(|step| {
                let fresh = &ranking[changed(step.saturating_sub(1))..changed(step)];
                current = current.map_planes(|plane, values| {
                    fresh.iter().for_each(|&at| values[at] = planes[plane][at]);
                });
                current.clone()
            })
            .collect();
        scores.extend(scored(&images, score)?);
        shares.extend(some.map(|step| changed(step) as f32 / ranking.len() as f32));
    }
    Ok(Curve { shares, scores })
}

/// Scores, as many as images and finite.
pub(crate) fn scored<E: From<Error>>(images: &[Image], score: Score<'_, E>) -> Result<Vec<f32>, E> {
    let scores = score(images)?;
    if scores.len() != images.len() {
        return Err(Error::Scores { expected: images.len(), found: scores.len() }.into());
    }
    check_finite("a score", &scores)?;
    Ok(scores)
}

/// The image through a Gaussian of that deviation in pixels, edges repeated.
pub fn blurred(image: &Image, deviation: f32) -> Image {
    let radius = (3.0 * deviation).ceil().max(0.0) as usize;
    let weights: Vec<f32> = (0..=radius)
        .map(|i| (-0.5 * (i as f32 / deviation.max(f32::MIN_POSITIVE)).powi(2)).exp())
        .collect();
    let sum = 2.0 * weights.iter().sum::<f32>() - weights[0];
    let [height, width] = image.size();
    let smooth = |values: &[f32], len: usize, stride: usize, start: usize, out: &mut [f32]| {
        for i in 0..len {
            let at = |i: usize| values[start + i.min(len - 1) * stride];
            let pairs = weights.iter().enumerate().skip(1);
            let rest: f32 = pairs.map(|(d, w)| w * (at(i.saturating_sub(d)) + at(i + d))).sum();
            out[start + i * stride] = (weights[0] * at(i) + rest) / sum;
        }
    };
    image.map_planes(|_, plane| {
        let mut rows = vec![0.0; plane.len()];
        (0..height).for_each(|y| smooth(plane, width, 1, y * width, &mut rows));
        (0..width).for_each(|x| smooth(&rows, height, width, x, plane));
    })
}
