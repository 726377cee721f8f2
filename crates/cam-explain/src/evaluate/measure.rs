use std::time::Instant;

use cam_core::{Arithmetic, Method};
use cam_metrics::{
    ARCC_PERCENTILES, Confidence, Image, Map, Perturbation, RoadSettings, SensitivitySettings,
    arcc, baselines, best_overlap, complexity, deletion, insertion, masked, points_inside, road,
    sensitivity, share_inside, spearman,
};
use serde::{Deserialize, Serialize};

use super::no_value;
use super::seen::Seen;
use super::wanted::Wanted;
use crate::error::Error;
use crate::explain::{MethodOptions, STEPS, check_use, rule};

/// Who takes part.
pub struct Contestant {
    /// What it is called.
    pub name: String,
    kind: Kind,
}

enum Kind {
    Method(Box<dyn Method>),
    Random,
    Centre,
    Edges,
}

/// What was measured of one map; nothing where a measure has no value, or was not wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Whether the map is the same everywhere, so that nothing was measured.
    pub degenerate: bool,
    pub share_inside: Option<f32>,
    pub points_inside: Option<f32>,
    pub overlap: Option<f32>,
    pub deletion: Option<f32>,
    pub insertion: Option<f32>,
    pub drop: Option<f32>,
    pub increase: Option<f32>,
    pub road: Option<f32>,
    pub road_most_relevant: Option<f32>,
    pub road_least_relevant: Option<f32>,
    pub arcc: Option<f32>,
    pub coherency: Option<f32>,
    pub complexity: Option<f32>,
    pub sensitivity: Option<f32>,
    pub randomised: Option<f32>,
    pub agreement: Option<f32>,
    pub milliseconds: Option<f32>,
}

/// The methods by name, and the baselines.
pub fn contestants(names: &[String], options: &MethodOptions) -> Result<Vec<Contestant>, Error> {
    // The collages and the random map always have a use for the seed.
    check_use(&MethodOptions { seed: None, ..options.clone() }, names)?;
    let mut contestants: Vec<Contestant> = Vec::new();
    for name in names {
        if contestants.iter().all(|contestant| contestant.name != *name) {
            let method = rule(name, options, Arithmetic::Standard)?;
            contestants.push(Contestant { name: name.clone(), kind: Kind::Method(method) });
        }
    }
    let baselines =
        [("random map", Kind::Random), ("centre", Kind::Centre), ("edges", Kind::Edges)];
    contestants.extend(
        baselines.into_iter().map(|(name, kind)| Contestant { name: name.to_owned(), kind }),
    );
    Ok(contestants)
}

impl Contestant {
    /// Its map of an image, finished.
    pub fn map(&self, seen: &Seen<'_>, image: &Image, seed: u64) -> Result<Map, Error> {
        Ok(match &self.kind {
            Kind::Method(method) => seen.map(&**method, image)?,
            Kind::Random => baselines::random(image.size(), seed)?,
            Kind::Centre => baselines::centre(image.size())?,
            Kind::Edges => baselines::edges(image)?,
        })
    }

    /// Of the network whose weights know nothing. A baseline does not look at the network.
    fn random_map(&self, seen: &Seen<'_>, seed: u64) -> Result<Map, Error> {
        match &self.kind {
            Kind::Method(method) => seen.random_map(&**method),
            _ => self.map(seen, &seen.image, seed),
        }
    }
}

/// What is wanted of one map. The reference is the map with which it should agree.
pub fn measure(
    seen: &Seen<'_>,
    (by, reference): (&Contestant, Option<&Map>),
    wanted: &Wanted,
    seed: u64,
) -> Result<Measures, Error> {
    let start = Instant::now();
    let map = by.map(seen, &seen.image, seed)?;
    let milliseconds = Some(start.elapsed().as_secs_f32() * 1e3);
    let degenerate = map.values().iter().all(|&value| value == map.values()[0]);
    let mut measures = Measures { milliseconds, degenerate, ..Measures::default() };
    if degenerate {
        return Ok(measures);
    }
    where_it_lies(seen, &map, wanted, &mut measures)?;
    whether_it_is_faithful(seen, &map, wanted, seed, &mut measures)?;
    whether_it_is_stable(seen, (by, &map), wanted, seed, &mut measures)?;
    if let Some(reference) = reference {
        measures.agreement = or_nothing(spearman(&map, reference))?;
    }
    Ok(measures)
}

fn where_it_lies(
    seen: &Seen<'_>,
    map: &Map,
    wanted: &Wanted,
    measures: &mut Measures,
) -> Result<(), Error> {
    if wanted.any(&["inside", "points"]) {
        measures.share_inside = or_nothing(share_inside(map, &seen.region))?;
        measures.points_inside = or_nothing(points_inside(map, &seen.region))?;
    }
    if wanted.any(&["overlap"]) {
        measures.overlap = Some(best_overlap(map, &seen.region)?);
    }
    Ok(())
}

/// Whether the score changes with the pixels that the map points at.
fn whether_it_is_faithful(
    seen: &Seen<'_>,
    map: &Map,
    wanted: &Wanted,
    seed: u64,
    measures: &mut Measures,
) -> Result<(), Error> {
    let image = &seen.image;
    let mut score = |images: &[Image]| seen.scores(images);
    let steps = Perturbation { steps: STEPS, seed };
    if wanted.any(&["deletion"]) {
        measures.deletion = Some(deletion(image, map, steps, &mut score)?.area());
    }
    if wanted.any(&["insertion"]) {
        measures.insertion = Some(insertion(image, map, steps, &mut score)?.area());
    }
    if wanted.any(&["drop", "increase"]) {
        let confidence = Confidence::measure(image, map, &mut score)?;
        measures.drop = confidence.relative_drop();
        measures.increase = Some(f32::from(u8::from(confidence.increased())));
    }
    if wanted.any(&["road"]) {
        let settings = RoadSettings { seed, ..RoadSettings::default() };
        let removed = road(image, map, settings, &mut score)?;
        let mean = |scores: &[f32]| scores.iter().sum::<f32>() / scores.len() as f32;
        measures.road = Some(removed.combined());
        measures.road_most_relevant = Some(mean(&removed.most_relevant_first));
        measures.road_least_relevant = Some(mean(&removed.least_relevant_first));
    }
    Ok(())
}

/// Whether the map depends on the weights, and not on a little noise.
fn whether_it_is_stable(
    seen: &Seen<'_>,
    (by, map): (&Contestant, &Map),
    wanted: &Wanted,
    seed: u64,
    measures: &mut Measures,
) -> Result<(), Error> {
    let image = &seen.image;
    if wanted.any(&["complexity"]) {
        measures.complexity = Some(complexity(map)?);
    }
    if wanted.any(&["arcc"]) {
        let mut score = |images: &[Image]| seen.scores(images);
        let few = RoadSettings { seed, percentiles: &ARCC_PERCENTILES, ..RoadSettings::default() };
        let few = road(image, map, few, &mut score)?;
        let map_of_masked = by.map(seen, &masked(image, map)?, seed)?;
        let virtues = or_nothing(arcc(map, &map_of_masked, few.combined()))?;
        measures.arcc = virtues.map(|virtues| virtues.mean());
        measures.coherency = virtues.map(|virtues| virtues.coherency);
    }
    if wanted.any(&["sensitivity"]) {
        let mut explain = |images: &[Image]| {
            images.iter().map(|image| by.map(seen, image, seed)).collect::<Result<Vec<_>, Error>>()
        };
        let shaken = SensitivitySettings { seed, samples: 2, ..SensitivitySettings::default() };
        measures.sensitivity = Some(sensitivity(image, map, shaken, &mut explain)?);
    }
    if wanted.any(&["randomised"]) {
        measures.randomised = or_nothing(spearman(map, &by.random_map(seen, seed)?))?;
    }
    Ok(())
}

fn or_nothing<T>(measured: Result<T, cam_metrics::Error>) -> Result<Option<T>, Error> {
    match measured {
        Ok(value) => Ok(Some(value)),
        Err(error) if no_value(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
