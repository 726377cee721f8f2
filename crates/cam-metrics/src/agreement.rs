use crate::error::check_finite;
use crate::{Error, Map};

/// Pearson's correlation of two maps' values, in −1..=1.
///
/// # Errors
/// [`Error::Constant`] where one of them is the same everywhere; [`Error::Length`],
/// [`Error::NonFinite`].
pub fn pearson(a: &Map, b: &Map) -> Result<f32, Error> {
    check_both(a, b)?;
    let values = |map: &Map| map.values().iter().map(|&value| f64::from(value)).collect();
    correlation(values(a), values(b))
}

/// Spearman's correlation: Pearson's of the ranks, equal values sharing the mean of theirs. It asks
/// only for the same order. Of maps of one image, by a trained and a random network, it should be
/// near zero: what does not change with the weights does not explain them (Adebayo et al., *Sanity
/// Checks for Saliency Maps*, arXiv 1810.03292, section 4).
///
/// # Errors
/// As for [`pearson`].
pub fn spearman(a: &Map, b: &Map) -> Result<f32, Error> {
    check_both(a, b)?;
    correlation(ranks(a.values()), ranks(b.values()))
}

fn check_both(a: &Map, b: &Map) -> Result<(), Error> {
    [a, b].into_iter().try_for_each(|map| check_finite("a map", map.values()))
}

fn correlation(a: Vec<f64>, b: Vec<f64>) -> Result<f32, Error> {
    if a.len() != b.len() {
        return Err(Error::Length { what: "a map", expected: a.len(), found: b.len() });
    }
    let centred = |values: Vec<f64>| -> Vec<f64> {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.into_iter().map(|value| value - mean).collect()
    };
    let constant = |values: &[f64]| values.iter().all(|&value| value == values[0]);
    if constant(&a) || constant(&b) {
        return Err(Error::Constant);
    }
    let (a, b) = (centred(a), centred(b));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    // Rounding may carry it past one.
    Ok((dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()).clamp(-1.0, 1.0) as f32)
}

fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let alike = order[first..].iter().take_while(|&&at| values[at] == values[order[first]]);
        let end = first + alike.count().max(1);
        let mean = (first + end - 1) as f64 / 2.0;
        order[first..end].iter().for_each(|&at| ranks[at] = mean);
        first = end;
    }
    ranks
}
