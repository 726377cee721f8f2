//! The front of a graph in the engine: as many of its steps as the engine has kernels for.

mod attention;
mod form;
mod recorded;
mod steps;
mod taps;
mod tokens;
mod translation;
mod view;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::Tensor;
use cam_engine::{self as engine, Engine, Options, Wanted};
use cam_graph::{Cut, Graph, Operation, Shape, Value};

use self::form::Form;
pub(crate) use self::recorded::Recorded;
use self::taps::{Given, Tap};
use self::translation::{Constants, Translation};
use crate::graph_executor::{Dense, Rows};
use crate::graph_network::Parameters;

/// The steps of a graph up to a cut, in the engine's words, without the numbers of weights and constants.
pub(crate) struct Front {
    graph: engine::Graph,
    /// How the graph's values lie in the engine where it can start and stop: at clean cuts.
    forms: BTreeMap<Value, Form>,
    /// Weights, each with the step of its convolution, in the order of the steps.
    weights: Vec<(usize, String)>,
    constants: Vec<Constants>,
    /// What can be taken out of a run.
    taps: BTreeMap<Value, Tap>,
    /// `[c, h, w]` of the images that the graph was made for.
    size: [usize; 3],
}

/// The front of a graph, packed for the engine.
pub(crate) struct GraphEngine {
    engine: Engine,
    forms: Arc<BTreeMap<Value, Form>>,
    taps: Arc<BTreeMap<Value, Tap>>,
    /// `[c, h, w]` of the images that the graph was made for.
    size: [usize; 3],
    weights: Arc<BTreeMap<String, usize>>,
}

impl Front {
    /// What the engine can run, up to the last clean cut; none where that is nothing.
    pub(crate) fn of(
        graph: &Graph,
        parameters: &Parameters,
        (shapes, cuts): (&[Shape], &[Cut]),
    ) -> Option<Self> {
        let needed = graph.needed(|_| false, &[graph.output]);
        let mut translation = Translation::new(graph, parameters, shapes);
        let mut steps = graph.steps.iter().enumerate().filter(|(index, step)| {
            needed[*index] && !matches!(step.operation, Operation::Constant { .. })
        });
        let stop = steps.find(|(index, _)| translation.translate(Value::of_step(*index)).is_none());
        let reached = stop.map_or(graph.steps.len(), |(index, _)| index);
        let is_in = |cut: &&Cut| cut.is_clean() && cut.value.index() <= reached;
        let input = [Value::INPUT].into_iter();
        let values = input.chain(cuts.iter().filter(is_in).map(|cut| cut.value));
        let form = |value: Value| Some((value, Form::of(&translation, value)?));
        let forms: BTreeMap<Value, Form> = values.filter_map(form).collect();
        let (end, last) = forms.last_key_value()?;
        if *end == Value::INPUT {
            return None;
        }
        let taps = taps::all(&translation, last.place);
        let size = translation.dims[0];
        let Translation { mut steps, mut weights, mut constants, .. } = translation;
        steps.truncate(last.place);
        weights.retain(|(step, _)| *step < steps.len());
        constants.retain(|constants| constants.step < steps.len());
        Some(Self { graph: engine::Graph { steps }, forms, weights, constants, taps, size })
    }

    /// Packs the weights, which are taken out of the parameters.
    pub(crate) fn packed(
        mut self,
        parameters: &mut Parameters,
        options: Options,
    ) -> Result<GraphEngine, engine::Error> {
        self.fill_constants(parameters);
        let mut later: BTreeMap<&str, usize> = BTreeMap::new();
        self.weights.iter().for_each(|(_, name)| *later.entry(name).or_default() += 1);
        for (step, name) in &self.weights {
            let engine::Operation::Convolution(own) = &mut self.graph.steps[*step].operation else {
                continue;
            };
            // Weights that steps share are there once more for each.
            let uses = later.entry(name).or_default();
            *uses -= 1;
            let weight = match uses {
                0 => parameters.remove(name),
                _ => parameters.get(name).cloned(),
            };
            own.weight = weight.unwrap_or_default();
        }
        let engine = Engine::new(std::mem::take(&mut self.graph), options)?;
        Ok(self.around(engine))
    }

    /// Takes weights that were packed before; the parameters are the others.
    #[cfg(feature = "files")]
    pub(crate) fn open(
        mut self,
        parameters: &Parameters,
        read: &engine::ReadAt<'_>,
        options: Options,
    ) -> Result<GraphEngine, engine::Error> {
        self.fill_constants(parameters);
        let engine = Engine::open_packed(std::mem::take(&mut self.graph), read, options)?;
        Ok(self.around(engine))
    }

    /// What the engine has of the constants is its own: positions are small beside weights.
    fn fill_constants(&mut self, parameters: &Parameters) {
        let numbers = |name: &String| parameters.get(name).cloned().unwrap_or_default();
        for Constants { step, prefix, positions } in &self.constants {
            if let engine::Operation::Tokens(tokens) = &mut self.graph.steps[*step].operation {
                tokens.prefix = prefix.iter().flat_map(numbers).collect();
                tokens.positions = positions.as_ref().map(numbers).unwrap_or_default();
            }
        }
    }

    /// Bytes of the packed weights.
    #[cfg(feature = "files")]
    pub(crate) fn bytes(&self) -> Result<usize, engine::Error> {
        Engine::packed_bytes(&self.graph)
    }

    /// Whether a parameter is the weight of one of its convolutions.
    #[cfg(feature = "files")]
    pub(crate) fn holds(&self, parameter: &str) -> bool {
        self.weights.iter().any(|(_, weight)| weight == parameter)
    }

    fn around(self, engine: Engine) -> GraphEngine {
        let weights = self.weights.into_iter().map(|(step, name)| (name, step)).collect();
        let (forms, taps) = (Arc::new(self.forms), Arc::new(self.taps));
        GraphEngine { engine, forms, taps, size: self.size, weights: Arc::new(weights) }
    }
}

impl GraphEngine {
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn lane(&self) -> Self {
        let (forms, taps) = (Arc::clone(&self.forms), Arc::clone(&self.taps));
        let weights = Arc::clone(&self.weights);
        Self { engine: self.engine.lane(), forms, taps, size: self.size, weights }
    }

    /// The weight of a convolution or linear layer, taken out of its packed order.
    pub(crate) fn weight(&self, parameter: &str) -> Option<Vec<f32>> {
        Some(self.engine.convolution(*self.weights.get(parameter)?)?.weight)
    }

    /// The last cut that it reaches.
    pub(crate) fn end(&self) -> Value {
        *self.forms.keys().next_back().expect("it reaches a cut")
    }

    /// Whether it can start and stop at a value.
    pub(crate) fn reaches(&self, value: Value) -> bool {
        self.forms.contains_key(&value)
    }

    /// Whether a run on images `[n, c, h, w]` gives a value.
    pub(crate) fn gives(&self, value: Value, [_, size @ ..]: [usize; 4]) -> bool {
        self.taps.get(&value).is_some_and(|tap| tap.is_of_any_size() || size == self.size)
    }

    /// The last value in front of another at which it can stop.
    pub(crate) fn last_before(&self, value: Value) -> Option<Value> {
        self.forms.range(..value).next_back().map(|(value, _)| *value)
    }

    /// The last cut up to which runs can be recorded.
    pub(crate) fn end_of_records(&self) -> Option<Value> {
        let records =
            |(_, form): &(&Value, &Form)| form.is_grid() && self.engine.can_record(0..form.place);
        let (value, _) = self.forms.iter().rev().find(records)?;
        (*value != Value::INPUT).then_some(*value)
    }

    /// The steps from one value to another. Where only some rows of it are read, the others are zero.
    ///
    /// # Panics
    /// If the engine cannot run the input: an activation of more than 2³² numbers.
    pub(crate) fn run(&self, from: Value, to: Value, read: Option<Rows>, input: Dense) -> Dense {
        if from == to {
            return input;
        }
        let [start, end] = [from, to].map(|value| &self.forms[&value]);
        let device = input.device();
        let (numbers, shape) = start.given(input);
        if let Some((rows, sides)) = read.zip(end.column()) {
            let wanted = [Wanted::rows(end.place, rows.start..rows.start + rows.length)];
            let found = self.engine.values(start.place, &wanted, &numbers, shape);
            let found = found.unwrap_or_else(refused).swap_remove(0);
            let found = taps::pixels(found, &device);
            let sides = [&[shape[0]], sides.as_slice()].concat();
            return rows.among_zeros(Dense::new(found), &sides);
        }
        let output = self.engine.run(start.place..end.place, &numbers, shape);
        end.taken(output.unwrap_or_else(refused), &device)
    }

    /// What a run on images gives of values that [it gives](Self::gives), or some of their rows.
    ///
    /// # Panics
    /// If the engine cannot run the input: an activation of more than 2³² numbers.
    pub(crate) fn values(
        &self,
        images: Tensor<4>,
        wanted: &[(Value, Option<Rows>)],
    ) -> BTreeMap<Value, Dense> {
        let tap = |value: &Value| &self.taps[value];
        let mut reads: Vec<(Wanted, usize)> = Vec::new();
        for read in wanted.iter().flat_map(|(value, rows)| tap(value).reads(*rows)) {
            match reads.iter_mut().find(|(known, _)| *known == read) {
                Some((_, uses)) => *uses += 1,
                None => reads.push((read, 1)),
            }
        }
        let asked: Vec<Wanted> = reads.iter().map(|(read, _)| read.clone()).collect();
        let (shape, device) = (images.dims(), images.device());
        let given = self.engine.values(0, &asked, &form::values(images), shape);
        let mut given = Given::new(reads, given.unwrap_or_else(refused));
        let taken = |&(value, rows): &(Value, Option<Rows>)| {
            (value, tap(&value).taken(&mut given, rows, &device))
        };
        wanted.iter().map(taken).collect()
    }

    /// The steps from a grid to the end of what can be recorded, kept for the way back; none behind that end.
    pub(crate) fn record(&self, from: Value, input: &Tensor<4>) -> Option<Recorded<'_>> {
        let end = self.end_of_records().filter(|end| from <= *end)?;
        let [start, end] = [from, end].map(|value| self.forms.get(&value));
        let (start, end) = (start.filter(|form| form.is_grid())?, end?);
        let segment = start.place..end.place;
        let recording = self.engine.record(segment, &form::values(input.clone()), input.dims());
        Some(Recorded::new(recording.unwrap_or_else(refused), input.device()))
    }
}

fn refused<T>(error: engine::Error) -> T {
    panic!("running the engine: {error}")
}
