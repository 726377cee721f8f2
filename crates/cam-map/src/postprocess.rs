//! From raw maps to finished ones, many at a time.
//!
//! A raw map has a layer's size, some hundred bytes; a finished one has the image's, some hundred
//! kilobytes. Each map is resized and stretched while it is in the cache, which for a hundred maps is ten
//! times faster than passes over all of them.

use cam_threads::{cores, in_ranges};

use crate::guided::guided;
use crate::range::{EPSILON, positive_part, range, stretch};
use crate::resize::{Tap, between_rows, stretch_rows, taps};
use crate::{Map, MapError, Upsampling};

/// Numbers of finished maps from which a further thread pays for its start.
const PER_THREAD: usize = 1 << 20;

/// Which arithmetic turns raw maps into finished ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Arithmetic {
    /// relu, resize, min-max. No epsilon, so the result does not depend on the scale of the raw
    /// map; several layers are each brought to 0..=1, fused, and brought to 0..=1 again.
    #[default]
    Standard,
    /// pytorch-grad-cam 1.5.7, step by step: per layer relu, min-max with an epsilon, resize;
    /// then relu, mean over the layers, and min-max with the epsilon once more.
    PytorchGradCam,
}

/// How the finished maps of several layers become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fusion {
    /// Their mean.
    #[default]
    Mean,
    /// Their product, what every layer shows: as coarse as the last layer where that is zero, as fine
    /// as the first where it is not. This is Refine-CAM; pytorch-grad-cam's `RefineCAM` stretches each
    /// layer twice, which changes nothing.
    Product,
}

/// The raw maps of one layer: finite values of any range and sign.
#[derive(Debug, Clone, PartialEq)]
pub struct RawMaps {
    values: Vec<f32>,
    width: usize,
    height: usize,
}

/// A map ready to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Postprocessed {
    /// Values in 0..=1.
    pub map: Map,
    /// Whether the raw map has nothing positive or is constant, so that the map is all zeros and says
    /// nothing.
    pub is_degenerate: bool,
}

impl RawMaps {
    /// Maps of one size, one after the other, each row by row.
    ///
    /// # Errors
    /// [`MapError::Empty`], [`MapError::WrongLength`] where the last map is cut short,
    /// [`MapError::NotFinite`].
    pub fn new(width: usize, height: usize, values: Vec<f32>) -> Result<Self, MapError> {
        if width == 0 || height == 0 {
            return Err(MapError::Empty { width, height });
        }
        if !values.len().is_multiple_of(width * height) {
            return Err(MapError::WrongLength { width, height, values: values.len() });
        }
        if !values.iter().all(|value| value.is_finite()) {
            return Err(MapError::NotFinite);
        }
        Ok(Self { values, width, height })
    }

    /// How many maps there are.
    pub fn count(&self) -> usize {
        self.values.len() / (self.width * self.height)
    }
}

/// Finishes the raw maps of one or several layers, which have equally many of them; their sizes may
/// differ. What is at one position in each layer becomes one map of `width` × `height`, each layer by the same
/// upsampling.
///
/// # Errors
/// [`MapError::Layers`] without layers or where they disagree, [`MapError::Empty`] for a size of zero.
pub fn postprocess(
    layers: &[RawMaps],
    width: usize,
    height: usize,
    arithmetic: Arithmetic,
    fusion: Fusion,
    upsampling: &Upsampling,
) -> Result<Vec<Postprocessed>, MapError> {
    let counts: Vec<usize> = layers.iter().map(RawMaps::count).collect();
    let Some(&count) = counts.first().filter(|first| counts.iter().all(|count| count == *first))
    else {
        return Err(MapError::Layers { counts });
    };
    if width == 0 || height == 0 {
        return Err(MapError::Empty { width, height });
    }
    let layers: Vec<Layer<'_>> =
        layers.iter().map(|raw| Layer::new(raw, (width, height), upsampling)).collect();
    let threads = match upsampling {
        // Each of its maps takes all threads.
        Upsampling::Guided(_) => 1,
        _ => cores().min(count * width * height / PER_THREAD),
    };
    let finished = in_ranges(count, threads, |indices| {
        let mut scratch = Scratch::default();
        let finish = |index| match fusion {
            Fusion::Mean => mean(&layers, index, arithmetic, &mut scratch),
            Fusion::Product => product(&layers, index, arithmetic, &mut scratch),
        };
        indices.map(finish).collect::<Vec<_>>()
    });
    let finished = finished.into_iter().flatten().map(|(values, is_degenerate)| {
        Ok(Postprocessed { map: Map::new(width, height, values)?, is_degenerate })
    });
    finished.collect()
}

/// The mean of one map of each layer, and whether it is degenerate: it says something as soon as one
/// of the layers does.
fn mean(
    layers: &[Layer<'_>],
    index: usize,
    arithmetic: Arithmetic,
    scratch: &mut Scratch,
) -> (Vec<f32>, bool) {
    let maps = layers.iter().filter_map(|layer| layer.finished(index, arithmetic, scratch));
    let sum = maps.reduce(|mut sum, map| {
        sum.iter_mut().zip(map).for_each(|(sum, value)| *sum += value);
        sum
    });
    let Some(mut map) = sum else {
        return (vec![0.0; layers[0].rows.len() * layers[0].columns.len()], true);
    };
    if layers.len() > 1 {
        map.iter_mut().for_each(|value| *value /= layers.len() as f32);
    }
    // By the standard arithmetic one layer's map is stretched already.
    if layers.len() > 1 || arithmetic == Arithmetic::PytorchGradCam {
        let epsilon = if arithmetic == Arithmetic::Standard { 0.0 } else { EPSILON };
        let ends = range(&map);
        stretch(&mut map, ends, epsilon);
    }
    (map, false)
}

/// The product of one finished map of each layer, and whether it is degenerate.
fn product(
    layers: &[Layer<'_>],
    index: usize,
    arithmetic: Arithmetic,
    scratch: &mut Scratch,
) -> (Vec<f32>, bool) {
    let mut alone = |layer| mean(std::slice::from_ref(layer), index, arithmetic, scratch).0;
    let mut map = alone(&layers[0]);
    for layer in &layers[1..] {
        map.iter_mut().zip(alone(layer)).for_each(|(value, factor)| *value *= factor);
    }
    let (smallest, largest) = range(&map);
    stretch(&mut map, (smallest, largest), 0.0);
    (map, smallest == largest)
}

/// One layer's raw maps, and how they are resized.
struct Layer<'a> {
    raw: &'a RawMaps,
    rows: Vec<Tap>,
    columns: Vec<Tap>,
    upsampling: &'a Upsampling,
}

/// A map whose rows have been resized, and a row of the finished one.
#[derive(Default)]
struct Scratch {
    wide: Vec<f32>,
    row: Vec<f32>,
}

impl<'a> Layer<'a> {
    fn new(raw: &'a RawMaps, (width, height): (usize, usize), upsampling: &'a Upsampling) -> Self {
        let from = match upsampling {
            Upsampling::Guided(guide) => (guide.width(), guide.height()),
            _ => (raw.width, raw.height),
        };
        let between = upsampling.between();
        let (rows, columns) = (taps(from.1, height, between), taps(from.0, width, between));
        Self { raw, rows, columns, upsampling }
    }

    /// One map, before the layers are fused; none where nothing is positive or all is the same.
    fn finished(
        &self,
        index: usize,
        arithmetic: Arithmetic,
        scratch: &mut Scratch,
    ) -> Option<Vec<f32>> {
        let mut positive = self.positive_part(index)?;
        // The reference stretches before it resizes; what was positive still is.
        if arithmetic == Arithmetic::PytorchGradCam {
            let ends = range(&positive);
            stretch(&mut positive, ends, EPSILON);
        }
        let mut width = self.raw.width;
        if let Upsampling::Guided(guide) = self.upsampling {
            positive = guided(&positive, (width, self.raw.height), guide);
            width = guide.width();
        }
        stretch_rows(&positive, width, &self.columns, &mut scratch.wide);
        let ends = match arithmetic {
            Arithmetic::Standard => self.ends(scratch),
            Arithmetic::PytorchGradCam => (0.0, 1.0),
        };
        Some(self.stretched(scratch, ends))
    }

    /// What speaks for the target in one map; none where it is all the same, before a resize gives it
    /// ripples of rounding that min-max would stretch to a picture.
    fn positive_part(&self, index: usize) -> Option<Vec<f32>> {
        let len = self.raw.width * self.raw.height;
        let map = self.raw.values[index * len..(index + 1) * len].iter();
        let positive: Vec<f32> = map.copied().map(positive_part).collect();
        let (smallest, largest) = range(&positive);
        (smallest != largest).then_some(positive)
    }

    /// The smallest and the largest value between the rows. They are computed for that and not kept: a
    /// row at a time stays in the cache, and a map is then written once.
    fn ends(&self, scratch: &mut Scratch) -> (f32, f32) {
        let mut ends = (f32::INFINITY, f32::NEG_INFINITY);
        for row in &self.rows {
            scratch.row.clear();
            scratch.row.extend(between_rows(&scratch.wide, self.columns.len(), row));
            let (smallest, largest) = range(&scratch.row);
            ends = (ends.0.min(smallest), ends.1.max(largest));
        }
        ends
    }

    /// The values between the rows, with these ends brought to 0 and 1.
    fn stretched(&self, scratch: &Scratch, (smallest, largest): (f32, f32)) -> Vec<f32> {
        let divisor = if smallest == largest { 1.0 } else { largest - smallest };
        let mut map = Vec::with_capacity(self.rows.len() * self.columns.len());
        for row in &self.rows {
            let row = between_rows(&scratch.wide, self.columns.len(), row);
            map.extend(row.map(|value| (value - smallest) / divisor));
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Guide;

    /// Numbers without a pattern, of both signs.
    fn raw(width: usize, height: usize, count: usize) -> RawMaps {
        let values = (0..width * height * count).map(|i| ((i * 37 % 101) as f32 - 40.0) / 10.0);
        RawMaps::new(width, height, values.collect()).unwrap()
    }

    fn maps(raw: &RawMaps) -> Vec<Map> {
        let maps = raw.values.chunks(raw.width * raw.height);
        maps.map(|values| Map::new(raw.width, raw.height, values.to_vec()).unwrap()).collect()
    }

    fn by(raw: &RawMaps, arithmetic: Arithmetic, upsampling: &Upsampling) -> Vec<Postprocessed> {
        let raw = std::slice::from_ref(raw);
        postprocess(raw, 33, 20, arithmetic, Fusion::Mean, upsampling).unwrap()
    }

    fn one(raw: &RawMaps, arithmetic: Arithmetic) -> Vec<Postprocessed> {
        by(raw, arithmetic, &Upsampling::Bilinear)
    }

    #[test]
    fn a_finished_map_is_the_steps_one_after_the_other() {
        let raw = raw(7, 5, 3);
        for (finished, map) in one(&raw, Arithmetic::Standard).iter().zip(maps(&raw)) {
            assert_eq!(finished.map, map.relu().resize(33, 20).unwrap().min_max().0);
        }
        for (finished, map) in one(&raw, Arithmetic::PytorchGradCam).iter().zip(maps(&raw)) {
            let (map, _) = map.relu().min_max_compat();
            assert_eq!(finished.map, map.resize(33, 20).unwrap().min_max_compat().0);
        }
    }

    #[test]
    fn however_it_is_upsampled_a_finished_map_is_the_steps_one_after_the_other() {
        let raw = raw(7, 5, 2);
        let pixels =
            (0..33 * 20).map(|i| [0.3, 0.7, 0.1].map(|share| (i % 9) as f32 / 9.0 * share));
        let guide = Guide::new(33, 20, &pixels.collect::<Vec<_>>()).unwrap();
        for upsampling in [Upsampling::Nearest, Upsampling::Guided(guide.into())] {
            for (finished, map) in
                by(&raw, Arithmetic::Standard, &upsampling).iter().zip(maps(&raw))
            {
                let map = map.relu().upsample(&upsampling, 33, 20).unwrap();
                assert_eq!(finished.map, map.min_max().0, "{}", upsampling.kind());
            }
        }
    }

    #[test]
    fn a_product_is_zero_where_one_of_the_layers_is() {
        let (fine, coarse) = (raw(9, 9, 2), raw(4, 3, 2));
        let layers = [fine.clone(), coarse.clone()];
        let (standard, bilinear) = (Arithmetic::Standard, Upsampling::Bilinear);
        let found = postprocess(&layers, 33, 20, standard, Fusion::Product, &bilinear).unwrap();
        for (index, found) in found.iter().enumerate() {
            let [fine, coarse] =
                [&fine, &coarse].map(|raw| one(raw, Arithmetic::Standard).swap_remove(index).map);
            let products = fine.values().iter().zip(coarse.values()).map(|(a, b)| a * b).collect();
            assert_eq!(found.map, Map::new(33, 20, products).unwrap().min_max().0);
            assert!(!found.is_degenerate);
        }
    }

    #[test]
    fn a_map_that_says_nothing_is_flagged_and_finished_to_zeros() {
        for values in [vec![-1.0; 6], vec![0.0; 6], vec![0.37; 6]] {
            let raw = RawMaps::new(3, 2, values).unwrap();
            let found = one(&raw, Arithmetic::Standard).swap_remove(0);
            assert!(found.is_degenerate && found.map.max() == 0.0, "{found:?}");
        }
    }

    #[test]
    fn raw_maps_that_cannot_be_finished_are_errors() {
        assert_eq!(RawMaps::new(0, 1, vec![]), Err(MapError::Empty { width: 0, height: 1 }));
        assert!(matches!(RawMaps::new(2, 2, vec![0.0; 5]), Err(MapError::WrongLength { .. })));
        assert_eq!(RawMaps::new(1, 1, vec![f32::NAN]), Err(MapError::NotFinite));
        let finish = |layers: &[RawMaps]| {
            let (standard, bilinear) = (Arithmetic::Standard, Upsampling::Bilinear);
            let finished = postprocess(layers, 2, 2, standard, Fusion::Mean, &bilinear);
            finished.map(|maps| maps.len())
        };
        assert_eq!(finish(&[]), Err(MapError::Layers { counts: vec![] }));
        let counts = vec![1, 2];
        assert_eq!(finish(&[raw(1, 1, 1), raw(1, 1, 2)]), Err(MapError::Layers { counts }));
    }
}
