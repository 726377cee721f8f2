//! The front of a graph in the engine: as many of its steps as the engine has kernels for.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use cam_engine::{self as engine, Engine, Options};
use cam_graph::{
    Binary, Coordinates, Cut, Function, Graph, Interpolation, Operation, Reduction, Rounding,
    Shape, Value,
};

use crate::graph_network::Parameters;

/// The steps of a graph up to a cut, in the engine's words, without the weights of convolutions.
pub(crate) struct Front {
    graph: engine::Graph,
    /// Where the graph's values are in the engine.
    places: HashMap<Value, usize>,
    /// The last cut whose steps are all there.
    end: Value,
    /// The step of each convolution's weight.
    weights: BTreeMap<String, usize>,
}

/// The front of a graph, packed for the engine.
pub(crate) struct GraphEngine {
    engine: Engine,
    places: HashMap<Value, usize>,
    end: Value,
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
        let mut places = HashMap::from([(Value::INPUT, 0)]);
        let mut steps = Vec::new();
        let mut weights = BTreeMap::new();
        let mut reached = graph.steps.len();
        // Reshapes and transposes that may turn out to be parts of one operation.
        let mut pending = HashSet::new();
        for (index, step) in graph.steps.iter().enumerate().filter(|(index, _)| needed[*index]) {
            if matches!(step.operation, Operation::Constant { .. }) {
                continue;
            }
            let value = Value::of_step(index);
            let translated = shuffled(graph, shapes, value, &places)
                .or_else(|| translated(graph, parameters, shapes, value, &places));
            let Some(translated) = translated else {
                let known = |read: &Value| places.contains_key(read) || pending.contains(read);
                let moves = matches!(
                    step.operation,
                    Operation::Reshape { .. } | Operation::Transpose { .. }
                );
                if moves && step.inputs.iter().all(known) {
                    pending.insert(value);
                    continue;
                }
                reached = index;
                break;
            };
            if let Operation::Convolution(convolution) = &step.operation {
                weights.insert(convolution.weight.clone(), steps.len());
            }
            steps.push(translated);
            places.insert(value, steps.len());
        }
        let is_in = |cut: &&Cut| cut.is_clean() && cut.value.index() <= reached;
        let end = cuts.iter().rfind(|cut| is_in(cut) && places.contains_key(&cut.value))?.value;
        steps.truncate(places[&end]);
        weights.retain(|_, step| *step < steps.len());
        Some(Self { graph: engine::Graph { steps }, places, end, weights })
    }

    /// Packs the weights, which are taken out of the parameters.
    pub(crate) fn packed(
        mut self,
        graph: &Graph,
        parameters: &mut Parameters,
        options: Options,
    ) -> Result<GraphEngine, engine::Error> {
        // Weights that steps share are there once more for each.
        for (index, step) in graph.steps.iter().enumerate() {
            let Operation::Convolution(convolution) = &step.operation else { continue };
            let place =
                self.places.get(&Value::of_step(index)).and_then(|place| place.checked_sub(1));
            let Some(own) = place.and_then(|place| self.graph.steps.get_mut(place)) else {
                continue;
            };
            if let engine::Operation::Convolution(own) = &mut own.operation {
                own.weight = match self.weights.get(&convolution.weight) == place.as_ref() {
                    true => parameters.remove(&convolution.weight),
                    false => parameters.get(&convolution.weight).cloned(),
                }
                .unwrap_or_default();
            }
        }
        let engine = Engine::new(std::mem::take(&mut self.graph), options)?;
        Ok(self.around(engine))
    }

    /// Takes weights that were packed before.
    #[cfg(feature = "files")]
    pub(crate) fn open(
        mut self,
        read: &engine::ReadAt<'_>,
        options: Options,
    ) -> Result<GraphEngine, engine::Error> {
        let engine = Engine::open_packed(std::mem::take(&mut self.graph), read, options)?;
        Ok(self.around(engine))
    }

    /// Bytes of the packed weights.
    #[cfg(feature = "files")]
    pub(crate) fn bytes(&self) -> Result<usize, engine::Error> {
        Engine::packed_bytes(&self.graph)
    }

    /// Whether a parameter is the weight of one of its convolutions.
    #[cfg(feature = "files")]
    pub(crate) fn holds(&self, parameter: &str) -> bool {
        self.weights.contains_key(parameter)
    }

    fn around(self, engine: Engine) -> GraphEngine {
        let Self { places, end, weights, .. } = self;
        GraphEngine { engine, places, end, weights: Arc::new(weights) }
    }
}

impl GraphEngine {
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn lane(&self) -> Self {
        let (places, weights) = (self.places.clone(), Arc::clone(&self.weights));
        Self { engine: self.engine.lane(), places, end: self.end, weights }
    }

    /// The weight of a convolution, taken out of its packed order.
    pub(crate) fn weight(&self, parameter: &str) -> Option<Vec<f32>> {
        Some(self.engine.convolution(*self.weights.get(parameter)?)?.weight)
    }

    /// The last cut that it reaches.
    pub(crate) fn end(&self) -> Value {
        self.end
    }

    /// Whether it can start and stop at a cut.
    pub(crate) fn reaches(&self, cut: &Cut) -> bool {
        cut.is_clean() && cut.value <= self.end && self.places.contains_key(&cut.value)
    }

    /// The steps from one value to another.
    ///
    /// # Panics
    /// If the engine cannot run the input: an activation of more than 2³² numbers.
    pub(crate) fn run(&self, from: Value, to: Value, input: Tensor<4>) -> Tensor<4> {
        let (device, shape) = (input.device(), input.dims());
        let segment = self.places[&from]..self.places[&to];
        if segment.is_empty() {
            return input;
        }
        let output = self.engine.run(segment, &values(input), shape);
        tensor(output.unwrap_or_else(refused), &device)
    }

    /// The steps from a value to the end, kept for the way back.
    pub(crate) fn record(&self, from: Value, input: &Tensor<4>) -> Recorded<'_> {
        let (device, shape): (Device, _) = (input.device(), input.dims());
        let segment = self.places[&from]..self.places[&self.end];
        let recording = self.engine.record(segment, &values(input.clone()), shape);
        Recorded { recording: recording.unwrap_or_else(refused), device }
    }
}

/// A run that the engine kept.
pub(crate) struct Recorded<'a> {
    recording: engine::Recording<'a>,
    device: Device,
}

impl Recorded<'_> {
    /// What the run gave, `[n, c, h, w]`.
    pub(crate) fn output(&self) -> Tensor<4> {
        tensor(self.recording.output().clone(), &self.device)
    }

    /// ∂s/∂output to ∂s/∂input, for k questions per image.
    ///
    /// # Shapes
    /// `[n · k, c, h, w]` of the output, those of an image behind one another, to `[n · k, c', h', w']` of the input.
    pub(crate) fn pull_back(&self, gradients: Tensor<4>, questions: usize) -> Tensor<4> {
        let gradients = self.recording.pull_back(&values(gradients), questions);
        tensor(gradients.unwrap_or_else(refused), &self.device)
    }

    /// The same by guided backpropagation, which drops what is negative at every activation.
    pub(crate) fn pull_back_guided(&self, gradients: Tensor<4>, questions: usize) -> Tensor<4> {
        let gradients = self.recording.pull_back_guided(&values(gradients), questions);
        tensor(gradients.unwrap_or_else(refused), &self.device)
    }
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    let values = tensor.try_into_vec_as::<f32>();
    values.unwrap_or_else(|error| panic!("reading the engine's input: {error}"))
}

fn tensor(output: engine::Output, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(output.values, output.shape), device)
}

fn refused<T>(error: engine::Error) -> T {
    panic!("running the engine: {error}")
}

/// A step in the engine's words; none where it has no kernel for it.
fn translated(
    graph: &Graph,
    parameters: &Parameters,
    shapes: &[Shape],
    value: Value,
    places: &HashMap<Value, usize>,
) -> Option<engine::Step> {
    let step = graph.giver(value)?;
    let place = |index: usize| places.get(step.inputs.get(index)?).copied();
    let shape = |index: usize| step.inputs.get(index).map(|value| shapes[value.index()].as_slice());
    // Channels, rows and columns.
    if shapes[value.index()].len() != 3 || shape(0)?.len() != 3 {
        return None;
    }
    let numbers = |name: &String| parameters.get(name).cloned();
    let operation = match &step.operation {
        Operation::Convolution(convolution) => {
            let residual = match step.inputs.len() {
                1 => None,
                _ => Some(place(1)?),
            };
            let &[outputs, per_group, height, width] =
                graph.parameters.get(&convolution.weight)?.as_slice()
            else {
                return None;
            };
            engine::Operation::Convolution(engine::Convolution {
                inputs: per_group * convolution.groups,
                outputs,
                kernel: [height, width],
                stride: convolution.stride,
                dilation: convolution.dilation,
                padding: padding(convolution.padding),
                groups: convolution.groups,
                weight: Vec::new(),
                bias: match &convolution.bias {
                    Some(bias) => numbers(bias)?,
                    None => vec![0.0; outputs],
                },
                residual,
                activation: match convolution.activation {
                    Some(function) => activation(function)?,
                    None => engine::Activation::Identity,
                },
            })
        }
        Operation::Map(function) => engine::Operation::Activation(activation(*function)?),
        Operation::PRelu { axis: 0, slope } => {
            let mut slope = numbers(slope)?;
            if slope.len() == 1 {
                slope = vec![slope[0]; shape(0)?[0]];
            }
            engine::Operation::Activation(engine::Activation::PRelu { slope })
        }
        Operation::ScaleShift { axis: 0, scale, shift } => {
            let (scale, shift) = (numbers(scale)?, numbers(shift)?);
            engine::Operation::ScaleShift(engine::ScaleShift { scale, shift })
        }
        Operation::Combine(Binary::Add) if shape(0) == shape(1) => {
            engine::Operation::Add { other: place(1)? }
        }
        Operation::Combine(Binary::Multiply) => {
            return multiplied(shape(0)?, shape(1)?, place(0)?, place(1)?);
        }
        Operation::Concat { axis: 0 } => engine::Operation::Concat {
            others: (1..step.inputs.len()).map(place).collect::<Option<_>>()?,
        },
        Operation::Slice { axis: 0, start, length } => {
            engine::Operation::Slice { start: *start, length: *length }
        }
        Operation::Resize {
            scale,
            interpolation: Interpolation::Nearest(rounding),
            coordinates,
        } => {
            let repeats = match coordinates {
                Coordinates::HalfPixel | Coordinates::PyTorchHalfPixel => {
                    matches!(rounding, Rounding::HalfDown | Rounding::HalfUp)
                }
                Coordinates::Asymmetric => *rounding == Rounding::Floor,
                Coordinates::AlignCorners => false,
            };
            let is_whole =
                scale.iter().all(|scale| scale.fract() == 0.0 && (1.0..64.0).contains(scale));
            let factors = scale.map(|scale| scale as usize);
            (repeats && is_whole).then_some(engine::Operation::Upsample { factors })?
        }
        Operation::MaxPool(window) => engine::Operation::MaxPool(windows(window)?),
        Operation::AveragePool { window, include_border } => engine::Operation::AveragePool {
            window: windows(window)?,
            include_border: *include_border,
        },
        Operation::Reduce { reduction, axes, keep: true } if axes[..] == [1, 2] => {
            match reduction {
                Reduction::Mean => engine::Operation::GlobalAverage,
                Reduction::Maximum => engine::Operation::GlobalMaximum,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(engine::Step { input: place(0)?, operation })
}

/// Channels `[groups, c / groups]` in the other order, which a file says by reshape, transpose and reshape.
fn shuffled(
    graph: &Graph,
    shapes: &[Shape],
    value: Value,
    places: &HashMap<Value, usize>,
) -> Option<engine::Step> {
    let read = |value: Value| match graph.giver(value)?.inputs.as_slice() {
        &[input] => Some(input),
        _ => None,
    };
    let is_reshape = |value: Value| {
        matches!(graph.giver(value).map(|step| &step.operation), Some(Operation::Reshape { .. }))
    };
    if !is_reshape(value) {
        return None;
    }
    let transposed = read(value)?;
    let Operation::Transpose { order } = &graph.giver(transposed)?.operation else { return None };
    let split = read(transposed)?;
    let input = read(split).filter(|_| is_reshape(split))?;
    let (whole, parts) = (&shapes[input.index()], &shapes[split.index()]);
    let fits = order[..] == [1, 0, 2, 3]
        && whole == &shapes[value.index()]
        && whole.len() == 3
        && parts.len() == 4
        && parts[2..] == whole[1..];
    let operation = engine::Operation::Shuffle { groups: parts[0] };
    fits.then_some(engine::Step { input: *places.get(&input)?, operation })
}

/// A product of two values of one shape, or of a value and a number per channel, on whichever side.
fn multiplied(a: &[usize], b: &[usize], left: usize, right: usize) -> Option<engine::Step> {
    let scales = |gate: &[usize], whole: &[usize]| gate[0] == whole[0] && gate[1..] == [1, 1];
    let (input, other) = match () {
        () if a == b || scales(b, a) => (left, right),
        () if scales(a, b) => (right, left),
        () => return None,
    };
    Some(engine::Step { input, operation: engine::Operation::Multiply { other } })
}

fn padding(padding: cam_graph::Padding) -> engine::Padding {
    match padding {
        cam_graph::Padding::Fixed(border) => {
            let cam_graph::Border { top, left, bottom, right } = border;
            // Equal sides have the faster kernels.
            match [left, bottom, right] == [top; 3] {
                true => engine::Padding::Each(top),
                false => engine::Padding::Fixed(engine::Border { top, left, bottom, right }),
            }
        }
        cam_graph::Padding::Same { lower: false } => engine::Padding::Same,
        cam_graph::Padding::Same { lower: true } => engine::Padding::SameLower,
    }
}

fn windows(window: &cam_graph::Window) -> Option<engine::Window> {
    let found = engine::Window {
        stride: window.stride,
        padding: padding(window.padding),
        ceil: window.ceil,
        ..engine::Window::new(window.kernel)
    };
    (window.dilation == [1, 1]).then_some(found)
}

fn activation(function: Function) -> Option<engine::Activation> {
    Some(match function {
        Function::Relu => engine::Activation::Relu,
        Function::Clip { low: 0.0, high: 6.0 } => engine::Activation::Relu6,
        Function::Clip { low, high } if low <= high => engine::Activation::Clip { low, high },
        Function::LeakyRelu { slope } => engine::Activation::LeakyRelu { slope },
        Function::Sigmoid => engine::Activation::Sigmoid,
        Function::Swish { beta } => engine::Activation::Swish { beta },
        Function::HardSwish => engine::Activation::HardSwish,
        Function::HardSigmoid { slope, offset } => {
            engine::Activation::HardSigmoid { slope, offset }
        }
        Function::Tanh => engine::Activation::Tanh,
        Function::Gelu => engine::Activation::Gelu,
        Function::GeluTanh => engine::Activation::GeluTanh,
        _ => return None,
    })
}
