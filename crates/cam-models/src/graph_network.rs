//! A network that is a graph, run by burn's operations and cut wherever the image's grid is known.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{Device, Tensor, TensorData};
use cam_core::{
    Activations, Footprint, Head, Layer, LayerInfo, Linear, Network, Pooling, ProjectionStep,
};
use cam_graph::{Cut, Graph, HeadStep, Layout, Positions, Shape, Value};

use crate::body::Body;
use crate::graph_executor::{Dense, GraphExecutor};
use crate::network::NetworkError;
use crate::precision::Precision;
use crate::preprocessing::Preprocessing;

/// The numbers of a graph's parameters.
pub type Parameters = BTreeMap<String, Vec<f32>>;

/// All that makes a network of a graph.
#[derive(Debug, Clone)]
pub struct GraphParts {
    /// What it is called.
    pub name: String,
    /// What is computed, from the image to the embedding.
    pub graph: Graph,
    /// The numbers of its parameters.
    pub parameters: Parameters,
    /// The fully connected layer behind the embedding, where there is one.
    pub classifier: Option<GraphClassifier>,
    /// How an image becomes its input.
    pub preprocessing: Preprocessing,
}

/// A fully connected layer by the names of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphClassifier {
    /// `[classes, d]`.
    pub weight: String,
    /// `[classes]`.
    pub bias: Option<String>,
    /// How many.
    pub classes: usize,
}

impl GraphClassifier {
    /// The layer on a device; none where its numbers lack or do not fit.
    pub(crate) fn on(&self, parameters: &Parameters, device: &Device) -> Option<Linear> {
        let weight = parameters.get(&self.weight)?;
        let inputs = weight.len().checked_div(self.classes)?;
        let bias = match &self.bias {
            Some(bias) => Some(parameters.get(bias).filter(|bias| bias.len() == self.classes)?),
            None => None,
        };
        (inputs * self.classes == weight.len()).then(|| Linear {
            weight: Tensor::from_data(
                TensorData::new(weight.clone(), [self.classes, inputs]),
                device,
            ),
            bias: bias.map(|bias| {
                Tensor::from_data(TensorData::new(bias.clone(), [self.classes]), device)
            }),
        })
    }
}

/// A graph with its numbers, and where it can be cut.
#[derive(Clone)]
pub(crate) struct GraphNetwork {
    layers: Vec<LayerInfo>,
    executor: Arc<GraphExecutor>,
    cuts: Vec<Cut>,
    /// The place to look at unless told otherwise.
    automatic: usize,
    head: Option<(usize, Head)>,
    width: usize,
    /// Of the sizes of images that were run, the newest last: what is held beside a cut is flat.
    shapes: Arc<Mutex<Vec<Arc<Vec<Shape>>>>>,
}

/// Sizes of images whose shapes are remembered.
const SIZES: usize = 8;

impl GraphNetwork {
    pub(crate) fn new(
        graph: Graph,
        parameters: Parameters,
        device: &Device,
        precision: Precision,
    ) -> Result<Self, NetworkError> {
        let shapes = graph.shapes(&graph.input)?;
        let cuts = graph.cuts(&graph.input)?;
        let automatic = graph.automatic(&cuts, &shapes).ok_or(NetworkError::NoGrid)?;
        let width = shapes[graph.output.index()].iter().product();
        let head = graph.head(&shapes).and_then(|head| {
            let at = cuts.iter().position(|cut| cut.value == head.value && cut.is_clean())?;
            Some((at, on_device(&head, &parameters, &graph, device)?))
        });
        let executor = GraphExecutor::new(graph, parameters, device, precision)
            .map_err(|_| NetworkError::Weights)?;
        let layers = cuts.iter().map(|cut| info(cut, &shapes)).collect();
        let shapes = Arc::new(Mutex::new(vec![Arc::new(shapes)]));
        Ok(Self { layers, executor: Arc::new(executor), cuts, automatic, head, width, shapes })
    }

    fn the_graph(&self) -> &Graph {
        self.executor.graph()
    }

    fn remember(&self, size: &[usize]) {
        let mut known = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if known.iter().any(|shapes| shapes[0] == size) {
            return;
        }
        if let Ok(shapes) = self.the_graph().shapes(size) {
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

impl Body for GraphNetwork {
    fn embed(&self, images: Tensor<4>) -> Tensor<2> {
        let given = [(Value::INPUT, Dense::new(images))];
        embeddings(self.executor.run(&given, &[self.the_graph().output]))
    }

    fn graph(&self) -> Option<(&Graph, &[Cut])> {
        Some((self.the_graph(), &self.cuts))
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
        let cut = &self.cuts[from.index()];
        let graph = self.the_graph();
        let mut held = activations.held.into_iter();
        let beside = has_tokens(&cut.layout).then(|| held.next()).flatten();
        let held: Vec<Tensor<2>> = held.collect();
        let shapes = self.shapes_with(cut, &activations.grid, &held);
        let shape = |value: Value| shapes[value.index()].as_slice();
        let value = joined(activations.grid, beside, &cut.layout, shape(cut.value));
        let mut given = vec![(cut.value, value)];
        for (value, numbers) in cut.held.iter().zip(held) {
            let [n, _] = numbers.dims();
            let sides = [&[n], shape(*value)].concat();
            let numbers = numbers.reshape([sides.iter().product::<usize>()]);
            let dense = Dense::from_numbers(numbers, &sides).expect("held values keep their sizes");
            given.push((*value, dense));
        }
        embeddings(self.executor.run(&given, &[graph.output]))
    }

    fn forward_through(&self, images: Tensor<4>, layers: &[Layer]) -> Vec<Activations> {
        let [_, channels, height, width] = images.dims();
        self.remember(&[channels, height, width]);
        let cuts: Vec<&Cut> = layers.iter().map(|layer| &self.cuts[layer.index()]).collect();
        let mut wanted: Vec<Value> =
            cuts.iter().flat_map(|cut| cut.held.iter().copied().chain([cut.value])).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let found = self.executor.run(&[(Value::INPUT, Dense::new(images))], &wanted);
        let found: BTreeMap<Value, Dense> = wanted.into_iter().zip(found).collect();
        let take = |value: &Value| found.get(value).expect("it was wanted").clone();
        let reached = cuts.iter().map(|cut| {
            let (grid, beside) = split(take(&cut.value), &cut.layout);
            let held = cut.held.iter().map(|value| flat(take(value)));
            Activations { grid, held: beside.into_iter().chain(held).collect() }
        });
        reached.collect()
    }

    fn head(&self, at: Layer) -> Option<&Head> {
        self.head.as_ref().filter(|(cut, _)| *cut == at.index()).map(|(_, head)| head)
    }

    fn footprint(&self, size: [usize; 2], from: Option<Layer>) -> Footprint {
        let graph = self.the_graph();
        let first = from.map_or(Value::INPUT, |layer| self.cuts[layer.index()].value);
        let shapes = graph.shapes(&[3, size[0], size[1]]).or_else(|_| graph.shapes(&graph.input));
        let (peak, total) = shapes.map_or((0, 0), |shapes| graph.numbers_in_memory(first, &shapes));
        Footprint { peak, total }
    }

    fn last_layer(&self) -> Result<Layer, cam_core::Error> {
        Ok(Layer::new(self.automatic))
    }
}

/// What a cut offers to those who explain.
fn info(cut: &Cut, shapes: &[Shape]) -> LayerInfo {
    LayerInfo {
        name: cut.name().to_owned(),
        aliases: cut.names.iter().skip(1).cloned().collect(),
        channels: cut.channels(shapes),
        stride: cut.stride(shapes),
        tokens: match cut.layout.positions {
            Positions::Tokens { before, behind, .. } => before + behind,
            Positions::Grid { .. } => 0,
        },
    }
}

/// The head of a graph with its numbers on a device.
fn on_device(
    head: &cam_graph::Head,
    parameters: &Parameters,
    graph: &Graph,
    device: &Device,
) -> Option<Head> {
    let pooling = match head.pooling {
        cam_graph::Pooling::Average => Pooling::Average,
        cam_graph::Pooling::Maximum => Pooling::Max,
        cam_graph::Pooling::Flatten => Pooling::Flatten,
    };
    let vector = |name: &String| {
        let numbers = parameters.get(name)?.clone();
        let length = numbers.len();
        Some(Tensor::<1>::from_data(TensorData::new(numbers, [length]), device))
    };
    let steps = head.steps.iter().map(|step| {
        Some(match step {
            HeadStep::Linear { weight, bias } => {
                // A convolution of one pixel has two more sides, of length 1.
                let &[outputs, inputs, ..] = graph.parameters.get(weight)?.as_slice() else {
                    return None;
                };
                let numbers = TensorData::new(parameters.get(weight)?.clone(), [outputs, inputs]);
                ProjectionStep::Linear(Linear {
                    weight: Tensor::from_data(numbers, device),
                    bias: match bias {
                        Some(bias) => Some(vector(bias)?),
                        None => None,
                    },
                })
            }
            HeadStep::Window { weight, bias, groups } => {
                let shape = graph.parameters.get(weight)?;
                let (numbers, inputs) = dense(parameters.get(weight)?, shape, *groups)?;
                let numbers = TensorData::new(numbers, [shape[0], inputs]);
                ProjectionStep::Linear(Linear {
                    weight: Tensor::from_data(numbers, device),
                    bias: match bias {
                        Some(bias) => Some(vector(bias)?),
                        None => None,
                    },
                })
            }
            HeadStep::ScaleShift { scale, shift } => {
                ProjectionStep::Affine { scale: vector(scale)?, shift: vector(shift)? }
            }
            HeadStep::L2Normalize { epsilon } => ProjectionStep::L2Normalize { epsilon: *epsilon },
        })
    });
    Some(Head::new(pooling, steps.collect::<Option<_>>()?))
}

/// Numbers that a convolution over the whole grid may take as a matrix: 256 MB.
const DENSE: usize = 1 << 26;

/// A grouped convolution over the whole grid as a matrix `[out, in · h · w]`, zero where groups do not see each other,
/// and its width; none where it would be too large.
fn dense(weight: &[f32], shape: &[usize], groups: usize) -> Option<(Vec<f32>, usize)> {
    let &[outputs, per_group, height, width] = shape else { return None };
    let row = per_group * height * width;
    let inputs = row * groups;
    if groups == 0 || inputs.checked_mul(outputs)? > DENSE || weight.len() != outputs * row {
        return None;
    }
    let mut matrix = vec![0.0; outputs * inputs];
    for (output, kernel) in weight.chunks(row).enumerate() {
        let start = output * inputs + output / (outputs / groups) * row;
        matrix[start..start + row].copy_from_slice(kernel);
    }
    Some((matrix, inputs))
}

fn embeddings(mut outputs: Vec<Dense>) -> Tensor<2> {
    flat(outputs.pop().expect("one value is wanted"))
}

/// `[n, numbers]`.
fn flat(dense: Dense) -> Tensor<2> {
    let n = dense.shape()[0];
    let numbers = dense.shape()[1..].iter().product();
    dense.numbers().reshape([n, numbers])
}

fn has_tokens(layout: &Layout) -> bool {
    matches!(layout.positions, Positions::Tokens { before, behind, .. } if before + behind > 0)
}

/// A value as channels on a grid, `[n, c, h, w]`, and the tokens beside it, `[n, tokens · c]`.
fn split(dense: Dense, layout: &Layout) -> (Tensor<4>, Option<Tensor<2>>) {
    let (n, shape) = (dense.shape()[0], dense.shape()[1..].to_vec());
    let channels = shape[layout.channels];
    let [height, width] = layout.grid;
    match layout.positions {
        Positions::Grid { rows, columns } => {
            // Axes of length 1 take no room: only the order of these three counts.
            let axes = [layout.channels, rows, columns];
            let (stored, order) = stored(axes);
            let sides = stored.map(|axis| shape[axis]);
            let x = dense.numbers().reshape([n, sides[0], sides[1], sides[2]]);
            (x.permute([0, 1 + order[0], 1 + order[1], 1 + order[2]]), None)
        }
        Positions::Tokens { axis, before, behind } => {
            let tokens = shape[axis];
            let numbers = dense.numbers();
            let x = match axis < layout.channels {
                true => numbers.reshape([n, tokens, channels]),
                false => numbers.reshape([n, channels, tokens]).swap_dims(1, 2),
            };
            let grid = x.clone().narrow(1, before, height * width).swap_dims(1, 2);
            let beside = (before + behind > 0).then(|| {
                let parts = [(0, before), (before + height * width, behind)];
                let parts = parts.into_iter().filter(|(_, length)| *length > 0);
                let parts = parts.map(|(start, length)| x.clone().narrow(1, start, length));
                Tensor::cat(parts.collect(), 1).reshape([n, (before + behind) * channels])
            });
            (grid.reshape([n, channels, height, width]), beside)
        }
    }
}

/// The value again.
fn joined(grid: Tensor<4>, beside: Option<Tensor<2>>, layout: &Layout, shape: &[usize]) -> Dense {
    let [n, channels, height, width] = grid.dims();
    let sides = [&[n], shape].concat();
    let numbers = match layout.positions {
        Positions::Grid { rows, columns } => {
            let axes = [layout.channels, rows, columns];
            let (stored, _) = stored(axes);
            let place =
                stored.map(|axis| axes.iter().position(|other| *other == axis).unwrap_or(0));
            let x = grid.permute([0, 1 + place[0], 1 + place[1], 1 + place[2]]);
            x.reshape([n * channels * height * width])
        }
        Positions::Tokens { axis, before, behind } => {
            let x = grid.reshape([n, channels, height * width]).swap_dims(1, 2);
            let x = match beside {
                Some(beside) => {
                    let beside = beside.reshape([n, before + behind, channels]);
                    let mut parts = vec![x];
                    if before > 0 {
                        parts.insert(0, beside.clone().narrow(1, 0, before));
                    }
                    if behind > 0 {
                        parts.push(beside.narrow(1, before, behind));
                    }
                    Tensor::cat(parts, 1)
                }
                None => x,
            };
            let x = if axis < layout.channels { x } else { x.swap_dims(1, 2) };
            let [a, b, c] = x.dims();
            x.reshape([a * b * c])
        }
    };
    Dense::from_numbers(numbers, &sides).expect("a value keeps its size")
}

/// Axes in the order in which they lie in memory, and where each of `axes` is among them.
fn stored(axes: [usize; 3]) -> ([usize; 3], [usize; 3]) {
    let mut stored = axes;
    stored.sort_unstable();
    let order = axes.map(|axis| stored.iter().position(|other| *other == axis).unwrap_or(0));
    (stored, order)
}
