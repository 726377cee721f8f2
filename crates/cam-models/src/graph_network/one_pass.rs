//! One run of a network, of which more than its embeddings is wanted.

use std::collections::{BTreeMap, BTreeSet};

use ::burn::tensor::Tensor;
use cam_core::{Activations, ForwardPass, Layer};
use cam_graph::{Cut, Value};

use super::grid::{flat, split};
use super::{GraphNetwork, embeddings};
use crate::graph_executor::{Dense, Rows};

/// What a run computed.
pub(super) type Found = BTreeMap<Value, Dense>;

/// A value that was wanted.
pub(super) fn take(found: &Found, value: Value) -> Dense {
    found.get(&value).expect("it was wanted").clone()
}

impl GraphNetwork {
    /// One run on images `[n, 3, h, w]`: what every network's gives, the values that are wanted, and of some attention
    /// weights some rows.
    pub(super) fn pass(
        &self,
        images: Tensor<4>,
        layers: &[Layer],
        values: impl IntoIterator<Item = Value>,
        parts: &[(Value, Rows)],
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

    /// The wanted values and rows: those that the engine gives in one run of it, and the others by burn's operations,
    /// each from the last cut in front of it. A value of which rows are wanted may be there whole.
    pub(super) fn found(
        &self,
        images: Tensor<4>,
        wanted: &[Value],
        parts: &[(Value, Rows)],
    ) -> Found {
        let parts = parts.iter().copied().filter(|(value, _)| !wanted.contains(value));
        let parts: Vec<(Value, Rows)> = parts.collect();
        let all = || {
            let whole = wanted.iter().map(|&value| (value, None));
            whole.chain(parts.iter().map(|&(value, rows)| (value, Some(rows))))
        };
        let input = (Value::INPUT, Dense::new(images.clone()));
        let (mut found, mut given) = (Found::new(), vec![input]);
        if let Some(engine) = self.engine.as_ref().filter(|_| !images.is_autodiff()) {
            let size = images.dims();
            let (own, others): (Vec<_>, Vec<_>) =
                all().partition(|(value, _)| engine.gives(*value, size));
            let starts = others.iter().filter_map(|(value, _)| engine.last_before(*value));
            let starts = starts.filter(|value| engine.gives(*value, size)).collect::<BTreeSet<_>>();
            // The output reads some tokens of what lies behind all blocks.
            let is_output = matches!(others[..], [(value, None)] if value == self.graph().output);
            let rows = |value: Value| {
                let some = self.rows_read(value);
                some.filter(|_| is_output && !wanted.contains(&value))
            };
            let starts: Vec<_> = starts.into_iter().map(|value| (value, rows(value))).collect();
            let is_start = |value: Value| starts.iter().any(|(start, _)| *start == value);
            let own = own.into_iter().filter(|(value, _)| !is_start(*value));
            let asked: Vec<_> = own.chain(starts.iter().copied()).collect();
            found = engine.values(images, &asked);
            given.extend(starts.into_iter().map(|(value, rows)| {
                let start = take(&found, value);
                let Some(rows) = rows else { return (value, start) };
                let whole = [&size[..1], self.shape_of(value).as_slice()].concat();
                (value, rows.among_zeros(start, &whole))
            }));
        }
        let is_missing = |value: &Value| *value != Value::INPUT && !found.contains_key(value);
        let rest: Vec<Value> = wanted.iter().copied().filter(is_missing).collect();
        let parted: Vec<_> = parts.iter().copied().filter(|(value, _)| is_missing(value)).collect();
        if !rest.is_empty() || !parted.is_empty() {
            let values: Vec<Value> = parted.iter().map(|(value, _)| *value).collect();
            let executor = self.executor(&given, &[&rest[..], &values].concat());
            let (computed, parts) = executor.run_cutting(&given, &rest, &parted);
            found.extend(rest.into_iter().zip(computed));
            found.extend(parts);
        }
        found.extend(given.into_iter().take(1));
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
