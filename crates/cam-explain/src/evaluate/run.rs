use cam_core::Layer;
use cam_metrics::Map;

use super::KEPT;
use super::measure::{Contestant, measure};
use super::negatives::Negatives;
use super::records::{Record, Records};
use super::scene::Scene;
use super::seen::{Embedded, Networks, Seen};
use super::wanted::Wanted;
use crate::environment::Environment;
use crate::error::Error;
use crate::progress::Bar;

/// What is the same for every picture.
pub struct Run<'a> {
    pub networks: Networks<'a>,
    pub layer: Layer,
    pub contestants: &'a [Contestant],
    pub wanted: &'a Wanted,
    pub negatives: Negatives,
    pub seed: u64,
    pub environment: &'a Environment,
}

impl Run<'_> {
    /// Whether everything is known of a picture with that many things.
    pub fn knows(&self, records: &Records, picture: usize, things: usize) -> bool {
        let mut names = self.contestants.iter().map(|contestant| &contestant.name);
        names.all(|name| (0..things).all(|thing| records.holds(picture, thing, name)))
    }

    /// Measures what is not known of a picture; `all` are the embeddings of everything that can be asked about, where
    /// they are the negatives.
    pub fn picture(
        &self,
        (number, scene): (usize, &Scene),
        all: Option<&Embedded>,
        records: &mut Records,
        bar: &dyn Bar,
    ) -> Result<(), Error> {
        let pictures = scene.things.iter().map(|thing| &thing.pixels);
        let things = Embedded::new(self.networks, pictures)?;
        for thing in 0..scene.things.len() {
            let negatives = (self.negatives, all);
            let seen = Seen::new(self.networks, self.layer, (scene, &things, thing), negatives)?;
            let reference = self.reference(&seen)?;
            for contestant in self.contestants {
                self.environment.cancel.check(KEPT)?;
                bar.at(&format!("{}, {}", seen.concept, contestant.name));
                if !records.holds(number, thing, &contestant.name) {
                    let by = (contestant, reference.as_ref());
                    let measures = measure(&seen, by, self.wanted, self.seed).map_err(|error| {
                        error.of(format_args!("{} of {}", contestant.name, seen.concept))
                    })?;
                    records.add(Record {
                        picture: number,
                        thing,
                        concept: seen.concept.clone(),
                        method: contestant.name.clone(),
                        score: seen.score,
                        damaged: scene.damaged,
                        measures,
                    })?;
                }
                bar.advance(1);
            }
        }
        Ok(())
    }

    /// The method whose maps the others are compared with, where they are.
    pub fn compared_with(&self) -> Option<&Contestant> {
        self.contestants.first().filter(|_| self.wanted.any(&["agreement"]))
    }

    fn reference(&self, seen: &Seen<'_>) -> Result<Option<Map>, Error> {
        self.compared_with().map(|first| first.map(seen, &seen.image, self.seed)).transpose()
    }
}
