use cam_random::Random;
use cam_threads::{cores, side_by_side};

use crate::deletion::scored;
use crate::ranking::{check_fits, ranking};
use crate::{Error, Image, Map, Score, impute};

/// The shares of pixels that ROAD keeps, in per cent.
pub const PERCENTILES: [f64; 9] = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0];

/// Those of ROAD within ARCC.
pub const ARCC_PERCENTILES: [f64; 4] = [20.0, 40.0, 60.0, 80.0];

/// Images that are scored together, at most.
const AT_ONCE: usize = 16;

/// How ROAD removes pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings<'a> {
    /// Shares of pixels that are kept, in per cent.
    pub percentiles: &'a [f64],
    /// Deviation of the noise that is added to filled pixels; images are normalised.
    pub noise: f32,
    /// Where noise, and the order of equal pixels, begin.
    pub seed: u64,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self { percentiles: &PERCENTILES, noise: 0.01, seed: 0 }
    }
}

/// What remains of the score, for each percentile.
#[derive(Debug, Clone, PartialEq)]
pub struct Road {
    /// Of the whole image.
    pub whole: f32,
    /// Scores when the most relevant pixels are removed: the lower, the better.
    pub most_relevant_first: Vec<f32>,
    /// Scores when the least relevant are: the higher, the better.
    pub least_relevant_first: Vec<f32>,
}

impl Road {
    /// Half the mean difference between removing the least and the most relevant first: positive
    /// where the map knows what matters, zero by chance, negative where it is the wrong way round.
    /// pytorch-grad-cam's `ROADCombined`.
    pub fn combined(&self) -> f32 {
        let pairs = self.least_relevant_first.iter().zip(&self.most_relevant_first);
        let sum: f64 = pairs.map(|(least, most)| f64::from(least - most)).sum();
        (sum / self.most_relevant_first.len() as f64 / 2.0) as f32
    }
}

/// Remove and debias: the score while pixels are removed, where the gaps are filled from their
/// surroundings ([`impute`]) with noise over them, so that their shape gives nothing away (Rong et
/// al., *A Consistent and Efficient Evaluation Strategy for Attribution Methods*, arXiv 2202.00449).
///
/// At a percentile p, p per cent of the pixels are kept, as in pytorch-grad-cam: those below the
/// map's p-th percentile when the most relevant go first. Where many pixels share a value, as the
/// zeros of a map after ReLU, that library removes all of them or none; here a seeded choice is made
/// among them, so that the share is what it should be.
///
/// # Errors
/// [`Error::Percentile`], [`Error::Size`], [`Error::Scores`], [`Error::NonFinite`],
/// [`Error::NotConverged`], and those of `score`.
pub fn road<E: From<Error>>(
    image: &Image,
    map: &Map,
    settings: Settings<'_>,
    score: Score<'_, E>,
) -> Result<Road, E> {
    check_fits(map, image)?;
    let Settings { percentiles, noise, seed } = settings;
    if let Some(&value) = percentiles.iter().find(|&&p| !(p > 0.0 && p < 100.0)) {
        return Err(Error::Percentile { value }.into());
    }
    let most_first = ranking(map, seed);
    let least_first: Vec<usize> = most_first.iter().rev().copied().collect();
    let removals: Vec<Removal<'_>> = [&most_first, &least_first]
        .into_iter()
        .flat_map(|ranking| percentiles.iter().map(move |&percentile| (ranking, percentile)))
        .enumerate()
        .map(|(index, (ranking, percentile))| Removal {
            ranking,
            percentile,
            noise,
            seed: seed.wrapping_add(index as u64),
        })
        .collect();
    let mut images = vec![image.clone()];
    images.extend(all_without(image, &removals)?);
    let mut scores = Vec::with_capacity(images.len());
    for some in images.chunks(AT_ONCE) {
        scores.extend(scored(some, score)?);
    }
    let least_relevant_first = scores.split_off(1 + percentiles.len());
    let most_relevant_first = scores.split_off(1);
    Ok(Road { whole: scores[0], most_relevant_first, least_relevant_first })
}

/// Which pixels go.
#[derive(Clone, Copy)]
struct Removal<'a> {
    /// Positions, those that go first in front.
    ranking: &'a [usize],
    /// The share that is kept, in per cent.
    percentile: f64,
    noise: f32,
    seed: u64,
}

/// The image after each of the removals, side by side on all processors.
fn all_without(image: &Image, removals: &[Removal<'_>]) -> Result<Vec<Image>, Error> {
    let images = side_by_side(removals, cores(), |&removal| without(image, removal));
    images.into_iter().collect()
}

/// The image without the first pixels of a ranking.
fn without(
    image: &Image,
    Removal { ranking, percentile, noise, seed }: Removal<'_>,
) -> Result<Image, Error> {
    // As many as lie strictly below the percentile that is interpolated between order statistics.
    let kept = (percentile / 100.0 * (ranking.len() - 1) as f64).ceil() as usize;
    let mut known = vec![false; ranking.len()];
    ranking[ranking.len() - kept.max(1)..].iter().for_each(|&at| known[at] = true);
    let filled = impute(image, &known)?;
    let mut random = Random::new(seed);
    Ok(filled.map_planes(|_, plane| {
        for (value, _) in plane.iter_mut().zip(&known).filter(|(_, known)| !**known) {
            *value += noise * random.normal();
        }
    }))
}
