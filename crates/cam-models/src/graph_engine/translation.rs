//! A graph's steps in the engine's words, one after the other.

use std::collections::HashMap;

use cam_engine as engine;
use cam_graph::{Graph, Operation, Shape, Step, Value};

use super::view::View;
use crate::graph_network::Parameters;

/// What has been translated so far.
pub(super) struct Translation<'a> {
    pub(super) graph: &'a Graph,
    pub(super) parameters: &'a Parameters,
    pub(super) shapes: &'a [Shape],
    pub(super) readers: Vec<usize>,
    pub(super) steps: Vec<engine::Step>,
    /// `[c, h, w]` of each of the engine's values.
    pub(super) dims: Vec<[usize; 3]>,
    /// Per value of the engine, the first value of the graph that it is: what a step took up before is not there.
    pub(super) since: Vec<Value>,
    pub(super) symbols: HashMap<Value, Symbol>,
    /// The weight of each convolution, in the order of the steps.
    pub(super) weights: Vec<(usize, String)>,
    pub(super) constants: Vec<Constants>,
}

/// What a value is to the engine.
#[derive(Debug, Clone)]
pub(super) enum Symbol {
    View(View),
    /// scale · q·kᵀ, which no step of the engine gives.
    Scores(Scores),
    /// Its softmax.
    Weights(Scores),
}

/// scale · q·kᵀ.
#[derive(Debug, Clone)]
pub(super) struct Scores {
    pub(super) queries: View,
    pub(super) keys: View,
    pub(super) scale: f32,
}

/// The parameters of a step of tokens.
#[derive(Debug, Clone)]
pub(super) struct Constants {
    pub(super) step: usize,
    pub(super) prefix: Vec<String>,
    pub(super) positions: Option<String>,
}

impl<'a> Translation<'a> {
    pub(super) fn new(graph: &'a Graph, parameters: &'a Parameters, shapes: &'a [Shape]) -> Self {
        let mut translation = Self {
            graph,
            parameters,
            shapes,
            readers: graph.readers(),
            steps: Vec::new(),
            dims: Vec::new(),
            since: vec![Value::INPUT],
            symbols: HashMap::new(),
            weights: Vec::new(),
            constants: Vec::new(),
        };
        if let &[c, h, w] = shapes[0].as_slice() {
            translation.dims.push([c, h, w]);
            translation.symbols.insert(Value::INPUT, Symbol::View(View::grid(0, [c, h, w])));
        }
        translation
    }

    /// Translates the step that gives a value; none where the engine has no kernel for it.
    pub(super) fn translate(&mut self, value: Value) -> Option<()> {
        let step = self.graph.giver(value)?;
        let symbol = self.shuffled(value, step).or_else(|| self.channels(value, step));
        let symbol = symbol.map(Symbol::View);
        let symbol = symbol.or_else(|| self.moved(value, step).map(Symbol::View));
        let symbol = symbol.or_else(|| self.attended(value, step));
        let symbol = symbol.or_else(|| self.computed(value, step).map(Symbol::View))?;
        self.symbols.insert(value, symbol);
        Some(())
    }

    /// What a value is a view of, unless a step took it up.
    pub(super) fn view(&self, value: Value) -> Option<&View> {
        match self.symbols.get(&value)? {
            Symbol::View(view) if self.since[view.place] <= value => Some(view),
            _ => None,
        }
    }

    /// The same where all numbers are there.
    pub(super) fn whole(&self, value: Value) -> Option<&View> {
        let is_whole = |view: &&View| view.is_whole(self.dims[view.place].iter().product());
        self.view(value).filter(is_whole)
    }

    /// The engine's value where it is this one as channels on a grid, `[c, h, w]`.
    pub(super) fn grid(&self, value: Value) -> Option<usize> {
        let view = self.whole(value)?;
        view.is_like(&View::grid(view.place, self.dims[view.place])).then_some(view.place)
    }

    /// The view of what a step reads, all numbers and in order: pixel by pixel, `[…, c]`.
    pub(super) fn rows(&self, value: Value) -> Option<&View> {
        let view = self.whole(value)?;
        let last = view.axes.len().checked_sub(1)?;
        (view.is_in_order() && view.has_channels(last, self.dims[view.place][0])).then_some(view)
    }

    /// Adds a step that gives `[c, h, w]`.
    pub(super) fn push(
        &mut self,
        value: Value,
        input: usize,
        operation: engine::Operation,
        dims: [usize; 3],
    ) -> usize {
        self.steps.push(engine::Step { input, operation });
        self.dims.push(dims);
        self.since.push(value);
        self.steps.len()
    }

    /// A view of what a step gives.
    pub(super) fn given(&self, value: Value, view: View) -> View {
        View { is_sole: self.readers[value.index()] == 1, ..view }
    }

    /// A vector of the graph.
    pub(super) fn vector(&self, name: &str) -> Option<Vec<f32>> {
        let is_vector = self.graph.parameters.get(name)?.len() <= 1;
        self.parameters.get(name).filter(|_| is_vector).cloned()
    }

    /// The number that a constant is.
    pub(super) fn number(&self, value: Value) -> Option<f32> {
        let Operation::Constant { parameter } = &self.graph.giver(value)?.operation else {
            return None;
        };
        let is_one = self.shapes[value.index()].iter().product::<usize>() == 1;
        self.parameters.get(parameter).filter(|_| is_one)?.first().copied()
    }

    /// Reshapes, transposes and slices, which move nothing.
    fn moved(&self, value: Value, step: &Step) -> Option<View> {
        let view = self.view(*step.inputs.first()?)?;
        let moved = match &step.operation {
            Operation::Reshape { shape } => view.reshaped(shape),
            Operation::Transpose { order } => view.transposed(order),
            &Operation::Slice { axis, start, length } => view.sliced(axis, start, length),
            Operation::Gather { axis, indices } => {
                let &first = indices.first()?;
                let is_run = indices.windows(2).all(|pair| pair[1] == pair[0] + 1);
                is_run.then(|| view.sliced(*axis, first, indices.len()))?
            }
            _ => None,
        }?;
        let is_sole = moved.is_sole && self.readers[value.index()] == 1;
        Some(View { is_sole, ..moved })
    }

    /// Channels `[groups, c / groups]` in the other order, which a file says by reshape, transpose and reshape.
    fn shuffled(&mut self, value: Value, step: &Step) -> Option<View> {
        let Operation::Reshape { .. } = step.operation else { return None };
        let read = |value: Value| {
            Some((self.graph.giver(value)?, *self.graph.giver(value)?.inputs.first()?))
        };
        let (transpose, split) = read(*step.inputs.first()?)?;
        let Operation::Transpose { order } = &transpose.operation else { return None };
        let (reshape, input) = read(split)?;
        let Operation::Reshape { .. } = reshape.operation else { return None };
        let (whole, parts) = (&self.shapes[input.index()], &self.shapes[split.index()]);
        let fits = order[..] == [1, 0, 2, 3]
            && whole == &self.shapes[value.index()]
            && whole.len() == 3
            && parts.len() == 4
            && parts[2..] == whole[1..];
        let place = self.grid(input).filter(|_| fits)?;
        let operation = engine::Operation::Shuffle { groups: parts[0] };
        let dims = self.dims[place];
        let place = self.push(value, place, operation, dims);
        Some(self.given(value, View::grid(place, dims)))
    }

    /// Some channels of a grid, which then are a value of their own.
    fn channels(&mut self, value: Value, step: &Step) -> Option<View> {
        let &Operation::Slice { axis: 0, start, length } = &step.operation else { return None };
        let place = self.grid(*step.inputs.first()?)?;
        let [_, h, w] = self.dims[place];
        let operation = engine::Operation::Slice { start, length };
        let place = self.push(value, place, operation, [length, h, w]);
        Some(self.given(value, View::grid(place, [length, h, w])))
    }
}
