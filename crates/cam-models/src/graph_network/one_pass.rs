//! One run of a network, of which more than its embeddings is wanted.

use std::collections::{BTreeMap, BTreeSet};

use ::burn::tensor::Tensor;
use cam_core::{Activations, ForwardPass, Layer};
use cam_graph::{Cut, Value};

use super::grid::{flat, split};
use super::{GraphNetwork, embeddings};
use crate::graph_executor::Dense;

/// What a run computed.
pub(super) type Found = BTreeMap<Value, Dense>;

/// A value that was wanted.
pub(super) fn take(found: &Found, value: Value) -> Dense {
    found.get(&value).expect("it was wanted").clone()
}

impl GraphNetwork {
    /// One run on images `[n, 3, h, w]`: what every network's gives, the values that are wanted, and what is cut out of
    /// others.
    pub(super) fn pass(
        &self,
        images: Tensor<4>,
        layers: &[Layer],
        values: impl IntoIterator<Item = Value>,
        parts: (&[Value], impl Fn(&Dense) -> Dense),
    ) -> (ForwardPass, Found) {
        let [_, channels, height, width] = images.dims();
        self.remember(&[channels, height, width]);
        let output = self.graph().output;
        let mut wanted = self.values_at(layers);
        wanted.extend(values.into_iter().chain([output]));
        wanted.sort_unstable();
        wanted.dedup();
        let found = self.found(images, &wanted, parts);
        let pass = ForwardPass {
            activations: self.activations(layers, &found),
            embeddings: embeddings(vec![take(&found, output)]),
        };
        (pass, found)
    }

    /// The wanted values: those at clean cuts by the engine, as far as that goes, and what lies between them by burn's
    /// operations, from the cut in front of each.
    pub(super) fn found(
        &self,
        images: Tensor<4>,
        wanted: &[Value],
        (parted, cut): (&[Value], impl Fn(&Dense) -> Dense),
    ) -> Found {
        let all = || wanted.iter().chain(parted).copied();
        let mut found = Found::from([(Value::INPUT, Dense::new(images.clone()))]);
        if let Some(engine) = self.engine.as_ref().filter(|_| !images.is_autodiff()) {
            let stop = |value: Value| match engine.reaches(value) {
                true => Some(value),
                false => engine.last_before(value),
            };
            let stops: BTreeSet<Value> = all().filter_map(stop).collect();
            let mut last = (Value::INPUT, Dense::new(images));
            for value in stops {
                last = (value, engine.run(last.0, value, last.1));
                found.insert(value, last.1.clone());
            }
        }
        let rest: Vec<Value> =
            wanted.iter().copied().filter(|value| !found.contains_key(value)).collect();
        if !rest.is_empty() || !parted.is_empty() {
            let given: Vec<_> =
                found.iter().map(|(value, dense)| (*value, dense.clone())).collect();
            let executor = self.executor(&given, &[&rest, parted].concat());
            let (computed, parts) = executor.run_cutting(&given, &rest, (parted, cut));
            found.extend(rest.into_iter().zip(computed));
            found.extend(parts);
        }
        found
    }

    /// The values that layers' activations are made of, each once, in their order.
    pub(super) fn values_at(&self, layers: &[Layer]) -> Vec<Value> {
        let cuts = layers.iter().map(|layer| &self.cuts[layer.index()]);
        let mut values: Vec<Value> =
            cuts.flat_map(|cut| cut.held.iter().copied().chain([cut.value])).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// The activations at layers, of the values that they are made of.
    pub(super) fn activations(&self, layers: &[Layer], found: &Found) -> Vec<Activations> {
        let at = |cut: &Cut| {
            let (grid, beside) = split(take(found, cut.value), &cut.layout);
            let held = cut.held.iter().map(|value| flat(take(found, *value)));
            Activations { grid, held: beside.into_iter().chain(held).collect() }
        };
        layers.iter().map(|layer| at(&self.cuts[layer.index()])).collect()
    }
}
