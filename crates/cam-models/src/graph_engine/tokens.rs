//! Patches that become tokens: others in front of them, and positions added.

use cam_engine as engine;
use cam_graph::{Operation, Value};

use super::translation::{Constants, Translation};
use super::view::View;

impl Translation<'_> {
    /// Constants in front of all pixels.
    pub(super) fn prefixed(&mut self, value: Value, inputs: &[Value], axis: usize) -> Option<View> {
        let (&pixels, prefix) = inputs.split_last()?;
        let view = self.rows(pixels)?;
        let [channels, h, w] = self.dims[view.place];
        let is_column = axis + 1 < view.axes.len()
            && view.axes[..axis].iter().all(|(length, _)| *length == 1)
            && view.axes[axis].0 == h * w;
        let names = prefix.iter().map(|&constant| self.constant(constant));
        let names = names.collect::<Option<Vec<_>>>().filter(|_| is_column)?;
        let is_of_channels = |constant: &&Value| {
            self.shapes[constant.index()].last().is_some_and(|&last| last == channels)
        };
        (prefix.iter().filter(is_of_channels).count() == prefix.len()).then_some(())?;
        let numbers: usize = self.shapes[value.index()].iter().product();
        let dims = [channels, numbers.checked_div(channels)?, 1];
        let input = view.place;
        Some(self.column(value, input, (names, None), dims))
    }

    /// A constant added to all pixels, each its own.
    pub(super) fn positioned(
        &mut self,
        value: Value,
        pixels: Value,
        constant: Value,
    ) -> Option<View> {
        let name = self.constant(constant)?;
        let view = self.rows(pixels)?.clone();
        let shape = |value: Value| {
            let shape = &self.shapes[value.index()];
            shape.iter().copied().filter(|&side| side != 1).collect::<Vec<_>>()
        };
        (shape(pixels) == shape(constant)).then_some(())?;
        // What was just put together takes its positions up.
        let own = view.place.checked_sub(1);
        let known = self.constants.iter_mut().find(|known| Some(known.step) == own);
        if let Some(known) = known.filter(|known| view.is_sole && known.positions.is_none()) {
            known.positions = Some(name);
            self.since[view.place] = value;
            let view = view.reshaped(&self.shapes[value.index()])?;
            return Some(self.given(value, view));
        }
        let [channels, h, w] = self.dims[view.place];
        Some(self.column(value, view.place, (Vec::new(), Some(name)), [channels, h * w, 1]))
    }

    fn column(
        &mut self,
        value: Value,
        input: usize,
        (prefix, positions): (Vec<String>, Option<String>),
        dims: [usize; 3],
    ) -> View {
        self.constants.push(Constants { step: self.steps.len(), prefix, positions });
        let nothing = engine::Tokens { prefix: Vec::new(), positions: Vec::new() };
        let place = self.push(value, input, engine::Operation::Tokens(nothing), dims);
        self.given(value, View::rows(place, &self.shapes[value.index()]))
    }

    fn constant(&self, value: Value) -> Option<String> {
        match &self.graph.giver(value)?.operation {
            Operation::Constant { parameter } => Some(parameter.clone()),
            _ => None,
        }
    }
}
