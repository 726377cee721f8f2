//! A network that is a graph: run by the engine as far as that goes and by burn's operations, and cut wherever the
//! image's grid is known.

mod burn;
mod engine_tail;
mod grid;
mod head;
mod one_pass;
mod places;
mod pooling;
mod transformer;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ::burn::tensor::{Device, Tensor};
use cam_core::{Activations, BiasGradients, Footprint, Head, Layer, LayerInfo, Network, Tail};
use cam_engine::Options;
use cam_graph::{Cut, Graph, Positions, Shape, Value};
#[cfg(feature = "files")]
use cam_graph::{HeadStep, ReadoutStep};

use self::burn::Burn;
use self::engine_tail::EngineTail;
use self::grid::{flat, has_tokens, joined};
use self::pooling::Pooling;
use self::transformer::Attention;
use crate::description::layer;
use crate::graph_engine::{Front, GraphEngine};
use crate::graph_executor::{Dense, GraphExecutor, Rows};
use crate::network::NetworkError;
use crate::precision::Precision;

pub(crate) use self::places::Places;

/// The numbers of a graph's parameters.
pub type Parameters = BTreeMap<String, Vec<f32>>;

/// Per values that are given, the graph behind them without the tokens that are not read, if there are such tokens.
type NarrowedGraphs = BTreeMap<Vec<Value>, Option<Arc<Graph>>>;

/// A graph with its numbers, and where it can be cut.
pub(crate) struct GraphNetwork {
    layers: Vec<LayerInfo>,
    graph: Arc<Graph>,
    burn: Arc<Burn>,
    /// The front of the graph, where the engine runs it.
    engine: Option<GraphEngine>,
    cuts: Vec<Cut>,
    /// The place to look at unless told otherwise.
    automatic: usize,
    head: Option<(usize, Head)>,
    /// Its attention blocks, where it is a transformer.
    attention: Option<Arc<Attention>>,
    /// The attention that pools its tokens, where one does.
    pooling: Option<Arc<Pooling>>,
    width: usize,
    /// Made where they were needed.
    narrowed: Arc<Mutex<NarrowedGraphs>>,
    /// Of the sizes of images that were run, the newest last: what is held beside a cut is flat.
    shapes: Arc<Mutex<Vec<Arc<Vec<Shape>>>>>,
}

/// What is read of the parameters besides running the graph.
struct Read {
    head: Option<(usize, Head)>,
    attention: Option<Arc<Attention>>,
    pooling: Option<Arc<Pooling>>,
}

impl Read {
    fn of(graph: &Graph, places: &Places, parameters: &Parameters, device: &Device) -> Self {
        let shapes = &places.shapes;
        Self {
            head: places.head(graph, parameters, device),
            attention: Attention::of(graph, shapes, parameters, device).map(Arc::new),
            pooling: Pooling::of(graph, shapes, parameters, device).map(Arc::new),
        }
    }
}

/// Sizes of images whose shapes are remembered.
const SIZES: usize = 8;

/// What runs a graph.
#[derive(Clone, Copy)]
pub(crate) struct Machine<'a> {
    pub(crate) device: &'a Device,
    pub(crate) precision: Precision,
    /// Of the engine, where it runs the front.
    pub(crate) options: Option<Options>,
}

/// That every parameter has as many numbers as its shape says.
pub(crate) fn check(graph: &Graph, parameters: &Parameters) -> Result<(), NetworkError> {
    let fits = |(name, shape): (&String, &Shape)| {
        parameters.get(name).is_some_and(|found| found.len() == shape.iter().product::<usize>())
    };
    graph.parameters.iter().all(fits).then_some(()).ok_or(NetworkError::Weights)
}

impl GraphNetwork {
    /// Packs for the engine what it can run, where a machine has one.
    pub(crate) fn new(
        graph: Graph,
        mut parameters: Parameters,
        machine: Machine<'_>,
    ) -> Result<Self, NetworkError> {
        let places = Places::of(&graph)?;
        // They are read before the engine takes them.
        let read = Read::of(&graph, &places, &parameters, machine.device);
        let engine = match machine.options {
            Some(options) => match Front::of(&graph, &parameters, places.known()) {
                Some(front) => Some(front.packed(&mut parameters, options)?),
                None => None,
            },
            None => None,
        };
        if let (None, Some(attention)) = (&engine, &read.attention) {
            attention.project(&graph, &parameters, machine.device);
        }
        Ok(Self::around(graph, parameters, (places, read), (engine, machine)))
    }

    /// The same with weights that were packed before; the parameters are the others.
    #[cfg(feature = "files")]
    pub(crate) fn open(
        graph: Graph,
        parameters: Parameters,
        read: &cam_engine::ReadAt<'_>,
        machine: Machine<'_>,
    ) -> Result<Self, NetworkError> {
        let places = Places::of(&graph)?;
        let front = Front::of(&graph, &parameters, places.known());
        let engine = match (front, machine.options) {
            (Some(front), Some(options)) => Some(front.open(&parameters, read, options)?),
            _ => return Err(NetworkError::Weights),
        };
        let numbers = with_packed(&graph, &parameters, engine.as_ref());
        let read = Read::of(&graph, &places, &numbers, machine.device);
        Ok(Self::around(graph, parameters, (places, read), (engine, machine)))
    }

    fn around(
        graph: Graph,
        parameters: Parameters,
        (places, read): (Places, Read),
        (engine, machine): (Option<GraphEngine>, Machine<'_>),
    ) -> Self {
        let Places { shapes, cuts, automatic } = places;
        let width = shapes[graph.output.index()].iter().product();
        let Read { head, attention, pooling } = read;
        let burn = Burn::new(&graph, parameters, machine, engine.as_ref());
        let layers = cuts.iter().map(|cut| layer(cut, &shapes)).collect();
        let shapes = Arc::new(Mutex::new(vec![Arc::new(shapes)]));
        let (graph, burn) = (Arc::new(graph), Arc::new(burn));
        Self {
            layers,
            graph,
            burn,
            engine,
            cuts,
            automatic,
            head,
            attention,
            pooling,
            width,
            narrowed: Arc::default(),
            shapes,
        }
    }

    /// What is run.
    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Where it can be cut.
    pub(crate) fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// The numbers of the constants.
    pub(crate) fn constants(&self) -> Parameters {
        self.burn.constants()
    }

    /// The parameters that are not packed in the engine.
    #[cfg(feature = "files")]
    pub(crate) fn unpacked(&self) -> &Parameters {
        self.burn.parameters()
    }

    pub(crate) fn engine(&self) -> Option<&cam_engine::Engine> {
        self.engine.as_ref().map(GraphEngine::engine)
    }

    /// Images `[n, 3, h, w]` to embeddings `[n, d]`.
    pub(crate) fn embed(&self, images: Tensor<4>) -> Tensor<2> {
        if let Some(engine) = self.engine.as_ref().filter(|_| !images.is_autodiff()) {
            let end = engine.end();
            let output = engine.run(Value::INPUT, end, self.rows_read(end), Dense::new(images));
            return self.behind(end, output);
        }
        let given = [(Value::INPUT, Dense::new(images))];
        self.burnt_embeddings(&given)
    }

    /// The same network, its weights shared, on one thread of its own, where it runs in the engine.
    pub(crate) fn lane(&self) -> Option<Self> {
        let engine = self.engine.as_ref()?.lane();
        Some(Self {
            layers: self.layers.clone(),
            graph: Arc::clone(&self.graph),
            burn: Arc::clone(&self.burn),
            engine: Some(engine),
            cuts: self.cuts.clone(),
            automatic: self.automatic,
            head: self.head.clone(),
            attention: self.attention.clone(),
            pooling: self.pooling.clone(),
            width: self.width,
            narrowed: Arc::clone(&self.narrowed),
            shapes: Arc::clone(&self.shapes),
        })
    }

    /// The engine, where a run from a layer passes through it.
    fn engine_from(&self, from: Layer) -> Option<&GraphEngine> {
        let cut = &self.cuts[from.index()];
        self.engine.as_ref().filter(|engine| cut.is_clean() && engine.reaches(cut.value))
    }

    /// What burn's operations make of given values.
    fn burnt(&self, given: &[(Value, Dense)], wanted: &[Value]) -> Vec<Dense> {
        self.executor(given, wanted).run(given, wanted)
    }

    /// What burn's operations make of given values in the end, of the tokens that are read there.
    fn burnt_embeddings(&self, given: &[(Value, Dense)]) -> Tensor<2> {
        let executor = self.executor(given, &[self.graph.output]);
        let found = match self.narrowed(given) {
            Some(graph) => executor.run_as(&graph, given, &[graph.output]),
            None => executor.run(given, &[self.graph.output]),
        };
        embeddings(found)
    }

    /// The graph without the tokens that are not read, from given values on, where it was made for their sizes and there
    /// are such tokens.
    fn narrowed(&self, given: &[(Value, Dense)]) -> Option<Arc<Graph>> {
        let own = Arc::clone(&self.shapes.lock().unwrap_or_else(PoisonError::into_inner)[0]);
        if given.iter().any(|(value, dense)| dense.shape()[1..] != own[value.index()]) {
            return None;
        }
        let mut known = self.narrowed.lock().unwrap_or_else(PoisonError::into_inner);
        let values: Vec<Value> = given.iter().map(|(value, _)| *value).collect();
        let made = || self.graph.narrowed(&values, &own).map(Arc::new);
        known.entry(values.clone()).or_insert_with(made).clone()
    }

    /// burn's operations from given values to wanted ones.
    fn executor(&self, given: &[(Value, Dense)], wanted: &[Value]) -> Arc<GraphExecutor> {
        let is_given = |value: Value| given.iter().any(|(given, _)| *given == value);
        self.burn.executor(is_given, wanted, self.engine.as_ref())
    }

    /// The cut at which what the engine can record ends.
    fn end_of_records(&self) -> Option<Layer> {
        let end = self.engine.as_ref()?.end_of_records()?;
        self.cuts.iter().position(|cut| cut.value == end).map(Layer::new)
    }

    /// Embeddings of what lies at the end of what the engine recorded.
    fn behind_records(&self, output: Tensor<4>) -> Tensor<2> {
        let end = self.end_of_records().expect("the engine recorded");
        self.behind(self.cuts[end.index()].value, Dense::new(output))
    }

    /// Embeddings of what lies at a clean cut.
    fn behind(&self, value: Value, found: Dense) -> Tensor<2> {
        let layer = self.cuts.iter().position(|cut| cut.value == value).map(Layer::new);
        let head = layer.and_then(|layer| self.head(layer));
        // Tokens are no grid: the graph itself pools them.
        match head.zip(found.clone().tensor()) {
            Some((head, grid)) => head.forward(grid),
            None => self.burnt_embeddings(&[(value, found)]),
        }
    }

    /// The tokens that are read of a value behind all blocks of a transformer, where those are not all.
    fn rows_read(&self, value: Value) -> Option<Rows> {
        self.attention.as_ref()?.rows_read(value, &self.shape_of(value))
    }

    /// What of it is a transformer. Only a network that is one is given out as one.
    fn attention(&self) -> &Attention {
        self.attention.as_ref().expect("it is a transformer")
    }

    /// The attention that pools its tokens. Only a network that has one is given out as having one.
    fn pooling(&self) -> &Pooling {
        self.pooling.as_ref().expect("it pools by an attention")
    }

    /// A value's shape at the size that the graph was made for.
    fn shape_of(&self, value: Value) -> Shape {
        let known = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        known[0][value.index()].clone()
    }

    fn remember(&self, size: &[usize]) {
        let mut known = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if known.iter().any(|shapes| shapes[0] == size) {
            return;
        }
        if let Ok(shapes) = self.graph().shapes(size) {
            if known.len() >= SIZES {
                known.remove(1);
            }
            known.push(Arc::new(shapes));
        }
    }

    /// The shapes at which a cut and what is held beside it have these sizes.
    fn shapes_with(&self, cut: &Cut, grid: &Tensor<4>, held: &[Tensor<2>]) -> Arc<Vec<Shape>> {
        let known = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        let [_, _, height, width] = grid.dims();
        let numbers =
            |shapes: &[Shape], value: Value| shapes[value.index()].iter().product::<usize>();
        let fits = |shapes: &&Arc<Vec<Shape>>| {
            let found = &shapes[cut.value.index()];
            let grid = match cut.layout.positions {
                Positions::Grid { rows, columns } => [found[rows], found[columns]],
                Positions::Tokens { .. } => cut.layout.grid,
            };
            let held = cut.held.iter().zip(held);
            grid == [height, width]
                && held.clone().all(|(value, held)| numbers(shapes, *value) == held.dims()[1])
        };
        Arc::clone(known.iter().rev().find(fits).unwrap_or(&known[0]))
    }
}

impl Network for GraphNetwork {
    fn layers(&self) -> &[LayerInfo] {
        &self.layers
    }

    fn embedding_width(&self) -> usize {
        self.width
    }

    fn forward_to(&self, images: Tensor<4>, to: Layer) -> Activations {
        self.forward_through(images, &[to]).pop().expect("one layer gives one value")
    }

    fn forward_from(&self, activations: Activations, from: Layer) -> Tensor<2> {
        // Nothing is left but the head, which is computed in f32 whatever the precision of the rest.
        if let Some(head) = self.head(from) {
            return head.forward(activations.grid);
        }
        let cut = &self.cuts[from.index()];
        let mut held = activations.held.into_iter();
        let beside = has_tokens(&cut.layout).then(|| held.next()).flatten();
        let held: Vec<Tensor<2>> = held.collect();
        let shapes = self.shapes_with(cut, &activations.grid, &held);
        let shape = |value: Value| shapes[value.index()].as_slice();
        let value = joined(activations.grid, beside, &cut.layout, shape(cut.value));
        if let Some(engine) = self.engine_from(from).filter(|_| !value.is_autodiff()) {
            let end = engine.end();
            let output = engine.run(cut.value, end, self.rows_read(end), value);
            return self.behind(end, output);
        }
        let mut given = vec![(cut.value, value)];
        for (value, numbers) in cut.held.iter().zip(held) {
            let [n, _] = numbers.dims();
            let sides = [&[n], shape(*value)].concat();
            let numbers = numbers.reshape([sides.iter().product::<usize>()]);
            let dense = Dense::from_numbers(numbers, &sides).expect("held values keep their sizes");
            given.push((*value, dense));
        }
        self.burnt_embeddings(&given)
    }

    fn forward_through(&self, images: Tensor<4>, layers: &[Layer]) -> Vec<Activations> {
        let [_, channels, height, width] = images.dims();
        self.remember(&[channels, height, width]);
        let found = self.found(images, &self.values_at(layers), &[]);
        self.activations(layers, &found)
    }

    fn tail(&self, activations: &Activations, from: Layer) -> Option<Box<dyn Tail + '_>> {
        let engine = self.engine_from(from)?;
        let recording = engine.record(self.cuts[from.index()].value, &activations.grid)?;
        Some(Box::new(EngineTail { network: self, recording }))
    }

    fn recorded(&self, images: &Tensor<4>) -> Option<Box<dyn Tail + '_>> {
        let recording = self.engine.as_ref()?.record(Value::INPUT, images)?;
        Some(Box::new(EngineTail { network: self, recording }))
    }

    fn bias_gradients(
        &self,
        images: Tensor<4>,
        gradients: Tensor<2>,
    ) -> Option<Vec<BiasGradients>> {
        let output = [self.graph().output];
        let whole = self.burn.executor(|_| false, &output, self.engine.as_ref());
        whole.bias_gradients(images, gradients)
    }

    fn head(&self, at: Layer) -> Option<&Head> {
        self.head.as_ref().filter(|(cut, _)| *cut == at.index()).map(|(_, head)| head)
    }

    fn transformer(&self) -> Option<&dyn cam_core::Transformer> {
        self.attention.as_ref().map(|_| self as &dyn cam_core::Transformer)
    }

    fn attention_pooling(&self) -> Option<&dyn cam_core::AttentionPooling> {
        self.pooling.as_ref().map(|_| self as &dyn cam_core::AttentionPooling)
    }

    fn footprint(&self, size: [usize; 2], from: Option<Layer>) -> Footprint {
        let graph = self.graph();
        let first = from.map_or(Value::INPUT, |layer| self.cuts[layer.index()].value);
        let shapes = graph.shapes(&[3, size[0], size[1]]).or_else(|_| graph.shapes(&graph.input));
        let (peak, total) = shapes.map_or((0, 0), |shapes| graph.numbers_in_memory(first, &shapes));
        Footprint { peak, total }
    }

    fn last_layer(&self) -> Result<Layer, cam_core::Error> {
        Ok(Layer::new(self.automatic))
    }
}

/// The parameters, and those that the engine has packed of what is read besides running the graph.
#[cfg(feature = "files")]
fn with_packed(graph: &Graph, parameters: &Parameters, engine: Option<&GraphEngine>) -> Parameters {
    let mut numbers = parameters.clone();
    let shapes = graph.shapes(&graph.input).unwrap_or_default();
    let transformer = graph.transformer(&shapes);
    let readout = transformer.iter().flat_map(|found| &found.readout);
    let then = readout.filter_map(|step| match step {
        ReadoutStep::Then(step) => Some(step.clone()),
        _ => None,
    });
    let mut steps: Vec<HeadStep> = then.collect();
    steps.extend(graph.attention_pooling(&shapes).into_iter().flat_map(|found| found.projection));
    steps.extend(graph.head(&shapes).into_iter().flat_map(|head| head.steps));
    for step in steps {
        if let HeadStep::Linear { weight, .. } | HeadStep::Window { weight, .. } = step
            && !numbers.contains_key(&weight)
            && let Some(found) = engine.and_then(|engine| engine.weight(&weight))
        {
            numbers.insert(weight, found);
        }
    }
    numbers
}

fn embeddings(mut outputs: Vec<Dense>) -> Tensor<2> {
    flat(outputs.pop().expect("one value is wanted"))
}
