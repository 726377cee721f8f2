use crate::error::check_finite;
use crate::{Error, Map, Region};

/// The grid pointing game: which share of the map's positive mass lies where the concept is, in
/// 0..=1; by chance, the region's share of the image (Böhle et al., *Convolutional Dynamic Alignment
/// Networks*, arXiv 2104.00032, section 4.2).
///
/// # Errors
/// [`Error::NothingPositive`], [`Error::NonFinite`], [`Error::Region`].
pub fn share_inside(map: &Map, region: &Region) -> Result<f32, Error> {
    check(map, region)?;
    let (mut inside, mut all) = (0.0_f64, 0.0_f64);
    for (&value, &is_inside) in map.values().iter().zip(region.inside()) {
        let mass = f64::from(value.max(0.0));
        all += mass;
        if is_inside {
            inside += mass;
        }
    }
    if all == 0.0 { Err(Error::NothingPositive) } else { Ok((inside / all) as f32) }
}

/// The pointing game: the share of the map's largest values that lie in the region, 1 or 0 where
/// there is one largest value (Zhang et al., *Top-down Neural Attention by Excitation Backprop*,
/// arXiv 1608.00507, section 4.1).
///
/// # Errors
/// [`Error::NothingPositive`], [`Error::NonFinite`], [`Error::Region`].
pub fn points_inside(map: &Map, region: &Region) -> Result<f32, Error> {
    check(map, region)?;
    let largest = map.values().iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if largest <= 0.0 {
        return Err(Error::NothingPositive);
    }
    let pixels = map.values().iter().zip(region.inside());
    let peaks = pixels.filter(|(value, _)| **value == largest);
    let (inside, all) = peaks
        .fold((0, 0), |(inside, all), (_, &is_inside)| (inside + usize::from(is_inside), all + 1));
    Ok(inside as f32 / all as f32)
}

/// How well the map outlines the region, if the best threshold is known: the largest intersection over union of the
/// region and the pixels whose value is at least t, over all t that occur, in 0..=1. A map that is the same everywhere has
/// the region's share. (After Choe et al., *Evaluating Weakly Supervised Object Localization Methods Right*, arXiv
/// 2001.07437, section 3, which fixes the threshold for a data set; here it is free for each map, and so kinder.)
///
/// # Errors
/// [`Error::NonFinite`], [`Error::Region`].
pub fn best_overlap(map: &Map, region: &Region) -> Result<f32, Error> {
    check(map, region)?;
    let mut pixels: Vec<(f32, bool)> =
        map.values().iter().copied().zip(region.inside().iter().copied()).collect();
    pixels.sort_by(|a, b| b.0.total_cmp(&a.0));
    let whole = region.inside().iter().filter(|&&inside| inside).count();
    let (mut hits, mut best) = (0, 0.0_f64);
    for (at, &(value, is_inside)) in pixels.iter().enumerate() {
        hits += usize::from(is_inside);
        // Equal values are on the same side of every threshold.
        if pixels.get(at + 1).is_none_or(|next| next.0 < value) {
            let union = at + 1 + whole - hits;
            best = best.max(hits as f64 / union as f64);
        }
    }
    Ok(best as f32)
}

fn check(map: &Map, region: &Region) -> Result<(), Error> {
    check_finite("a map", map.values())?;
    if map.size() != region.size() {
        return Err(Error::Region { map: map.size(), region: region.size() });
    }
    Ok(())
}
