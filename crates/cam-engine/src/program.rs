//! A segment made ready for one input shape: layers, and the buffers they work in.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::backward::{Adjoint, AdjointRun, AdjointSettings};
use crate::buffer::Buffer;
use crate::kernels::Kernels;
use crate::kernels::pointwise::Function;
use crate::layers::activated::{Activated, Curve};
use crate::layers::attention::Attend;
use crate::layers::band::Band;
use crate::layers::copy::{self, Copy, shuffled};
use crate::layers::direct::Projection;
use crate::layers::direct_depthwise::{self, Dense, DirectDepthwise, RowSums};
use crate::layers::layer_norm::Norm;
use crate::layers::pointwise::Pointwise;
use crate::layers::reduce::{Divisor, Reduce};
use crate::layers::tokens::Column;
use crate::layers::transfer::{Load, Order, Store};
use crate::layers::winograd::{Places, Winograd};
use crate::layers::{self, Epilogue, Input, Layer, max_pool};
use crate::memory::{Memory, Slot};
use crate::packed::{Channels, Packed, Panels};
use crate::plan::{Kernel, Plan, PlannedStep};
use crate::pool::Pool;
use crate::prepared_graph::{self, PreparedGraph};
use crate::schedule::Schedule;
use crate::segment_analysis::SegmentAnalysis;
use crate::wanted::{Rows, Wanted};
use crate::windows::Windows;
use crate::winograd::Size;
use crate::workspace::{OffsetTable, Place};
use crate::{Convolution, Error, Operation, Step};

/// Ways back that are saved: one for whole batches of questions and one for the last part.
const ADJOINTS: usize = 2;

/// What programs are made for.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) exact: bool,
    /// Whether all values stay where they are, for a gradient to be pulled back through them.
    pub(crate) keep: bool,
    /// How what it gives lies in memory.
    pub(crate) order: Order,
}

/// Everything about a run that does not depend on the numbers.
pub(crate) struct Program {
    schedule: Schedule,
    memory: Memory,
    plan: Plan,
    /// `[n, c, h, w]` of what it gives.
    outputs: Vec<[usize; 4]>,
    segment: Range<usize>,
    shape: [usize; 4],
    /// For gradients of runs that keep their values, the newest last.
    ways_back: Mutex<Vec<Arc<Adjoint>>>,
}

impl Program {
    /// For a segment that is not empty, of which some values are wanted.
    pub(crate) fn new(
        network: &PreparedGraph,
        (segment, wanted): (Range<usize>, &[Wanted]),
        shape: [usize; 4],
        Settings { pool, exact, keep, order }: Settings<'_>,
    ) -> Result<Self, Error> {
        let analysis =
            SegmentAnalysis::new(network, (segment.clone(), wanted), shape, (exact, keep))?;
        let memory = Memory::assign(&analysis, segment.clone(), keep)?;
        transform_weights(&analysis, pool);
        let threads = pool.threads();
        let builder = Builder { analysis: &analysis, memory: &memory, threads };
        let input = memory.slot(segment.start);
        let mut layers = vec![(Layer::Load(Load { to: input.place }), clearing(input))];
        let mut steps = Vec::new();
        let mut outputs = vec![[0; 4]; wanted.len()];
        for step in analysis.steps() {
            let (kernel, slot) = if analysis.is_fused(step) {
                (Kernel::Fused, None)
            } else {
                let (layer, kernel) = builder.layer(step)?;
                let slot = memory.slot(step + 1);
                layers.push((layer, clearing(slot)));
                // Before anything takes its place.
                let given = wanted.iter().enumerate().filter(|(_, given)| given.value == step + 1);
                layers.extend(given.map(|(output, given)| {
                    let from = match &given.rows {
                        Some(rows) => slot.place.of_rows(Rows::of(rows)),
                        None => slot.place,
                    };
                    outputs[output] = from.layout.shape;
                    (Layer::Store(Store { from, output, order }), None)
                }));
                (kernel, Some(slot))
            };
            steps.push(PlannedStep {
                step,
                shape: analysis.computed(step + 1),
                kernel,
                buffer: slot.map(|slot| slot.place.buffer),
                in_place: slot.is_some_and(|slot| slot.in_place),
            });
        }
        let lengths = outputs.iter().map(|shape| shape.iter().product()).collect();
        let schedule = Schedule::new(layers, memory.lengths.clone(), lengths, threads);
        let plan = Plan { steps, buffers: schedule.buffers(), peak_bytes: schedule.bytes() };
        let ways_back = Mutex::default();
        Ok(Self { schedule, memory, plan, outputs, segment, shape, ways_back })
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// `[n, c, h, w]` of what a run gives.
    pub(crate) fn outputs(&self) -> &[[usize; 4]] {
        &self.outputs
    }

    /// Where the number lies by which the derivative of a step's activation is known, in the memory of
    /// a run that keeps all values.
    pub(crate) fn saved(&self, index: usize, step: &Step) -> Place {
        match &step.operation {
            Operation::Activation(activation) if !activation.is_known_by_its_output() => {
                self.place(step.input)
            }
            _ => self.memory.sums(index).unwrap_or_else(|| self.place(index + 1)),
        }
    }

    /// Where a value lies, in the memory of a run that keeps all of them.
    pub(crate) fn place(&self, value: usize) -> Place {
        self.memory.slot(value).place
    }

    /// The way back through recorded runs.
    pub(crate) fn adjoint(
        &self,
        network: &PreparedGraph,
        exact: bool,
        pull: AdjointRun,
        machine: (&Pool, &'static Kernels),
    ) -> Result<Arc<Adjoint>, Error> {
        let mut known = self.ways_back.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(way) = known.iter().find(|way| way.pull() == pull) {
            return Ok(Arc::clone(way));
        }
        let (segment, shape) = (self.segment.clone(), self.shape);
        let way = AdjointSettings { network, segment, shape, exact, pull };
        let made = Arc::new(Adjoint::new(&way, self, machine)?);
        if known.len() >= ADJOINTS {
            known.remove(0);
        }
        known.push(Arc::clone(&made));
        Ok(made)
    }

    /// Bytes that runs and gradients work in.
    pub(crate) fn bytes(&self) -> usize {
        let known = self.ways_back.lock().unwrap_or_else(PoisonError::into_inner);
        self.plan.peak_bytes + known.iter().map(|way| way.bytes()).sum::<usize>()
    }

    /// The layers.
    pub(crate) fn schedule(&self) -> &Schedule {
        &self.schedule
    }
}

/// Transforms all weights that Winograd's algorithm is going to want, in parallel.
fn transform_weights(analysis: &SegmentAnalysis<'_>, pool: &Pool) {
    let steps: Vec<usize> =
        analysis.steps().filter(|&step| analysis.winograd(step).is_some()).collect();
    pool.each(steps.len(), &|i| {
        if let (Some(size), Some((_, Packed::Panels(panels), winograd))) =
            (analysis.winograd(steps[i]), analysis.convolution(steps[i]))
        {
            winograd.weights(panels, size);
        }
    });
}

fn clearing(slot: Slot) -> Option<Place> {
    slot.clear.then_some(slot.place)
}

/// What layers are made from.
struct Builder<'a> {
    analysis: &'a SegmentAnalysis<'a>,
    memory: &'a Memory,
    threads: usize,
}

impl Builder<'_> {
    fn layer(&self, step: usize) -> Result<(Layer, Kernel), Error> {
        let Some((convolution, packed, winograd)) = self.analysis.convolution(step) else {
            return Ok(self.plain(step));
        };
        Ok(match (self.analysis.winograd(step), packed, self.analysis.fed_by(step)) {
            (Some(size), Packed::Panels(panels), _) => {
                self.winograd(step, convolution, (panels, winograd), size)
            }
            (_, Packed::Channels(weights), Some(dense)) => {
                let layer = self.direct_depthwise(step, (convolution, weights), dense)?;
                (Layer::DirectDepthwise(Box::new(layer)), Kernel::DirectDepthwise)
            }
            _ => self.convolution(step, convolution, packed),
        })
    }

    /// A step without weights of its own.
    fn plain(&self, step: usize) -> (Layer, Kernel) {
        let Step { input: of, operation } = self.analysis.step(step);
        let (input, output) = (self.read(step, 0, *of), self.place(step + 1));
        match operation {
            Operation::Convolution(_) => unreachable!("a convolution has weights"),
            Operation::Activation(activation) => {
                let curve = Curve::new(activation, output.layout.channels());
                (Layer::Pointwise(Pointwise::activation(curve, input, output)), Kernel::Activation)
            }
            Operation::Add { other } => {
                let layer =
                    Pointwise::of_two(Function::Add, [input, self.read(step, 1, *other)], output);
                (Layer::Pointwise(layer), Kernel::Add)
            }
            Operation::Multiply { other } => {
                let operands = [input, self.read(step, 1, *other)];
                let layer = Pointwise::of_two(Function::Multiply, operands, output);
                (Layer::Pointwise(layer), Kernel::Multiply)
            }
            Operation::ScaleShift(step) => {
                let layer = Pointwise::scale_shift(step, input, output);
                (Layer::Pointwise(layer), Kernel::ScaleShift)
            }
            Operation::MaxPool(_) | Operation::GlobalMaximum => {
                let windows = self.analysis.windows(step);
                (Layer::MaxPool(max_pool::Maximum { windows, input, output }), Kernel::MaxPool)
            }
            Operation::Concat { .. } => {
                let reads = self.analysis.reads(step).into_iter().enumerate();
                let sources =
                    reads.map(|(operand, value)| self.read(step, operand, value)).collect();
                (Layer::Copy(Copy::concat(sources, output)), Kernel::Copy)
            }
            &Operation::Slice { start, length } => {
                let run = copy::Channels { source: 0, from: start, to: 0, count: length };
                (Layer::Copy(Copy::of_one(input, vec![run], false, output)), Kernel::Copy)
            }
            Operation::Shuffle { groups } => {
                let runs = shuffled(output.layout.channels(), *groups);
                (Layer::Copy(Copy::of_one(input, runs, false, output)), Kernel::Copy)
            }
            &Operation::Upsample { factors } => {
                let layer = Copy { factors, ..Copy::concat(vec![input], output) };
                (Layer::Copy(layer), Kernel::Copy)
            }
            Operation::LayerNorm(norm) => {
                (Layer::Norm(Norm::new(norm, input, output)), Kernel::LayerNorm)
            }
            Operation::Attention(attention) => {
                let [queries, keys, values] = attention.reads(*of).map(|(value, _)| value);
                let inputs = [(0, queries), (1, keys), (2, values)];
                let inputs = inputs.map(|(operand, value)| self.read(step, operand, value));
                let layer = Attend::new(attention, inputs, output);
                (Layer::Attend(Box::new(layer)), Kernel::Attention)
            }
            Operation::Tokens(tokens) => {
                (Layer::Column(Column::new(tokens, input, output)), Kernel::Tokens)
            }
            Operation::AveragePool { .. } | Operation::GlobalAverage => {
                let sums = self.analysis.row_sums(step).and_then(|of| self.memory.row_sums(of));
                let (windows, divisor, input) = match sums {
                    Some(sums) => {
                        let windows = Windows::whole([sums.layout.height(), 1]);
                        let pixels = input.layout.height() * input.layout.width();
                        (windows, Divisor::Pixels(pixels), sums)
                    }
                    None => (self.analysis.windows(step), Divisor::of(operation), input),
                };
                let layer = Reduce { windows, divisor, input, saved: None, adds: false, output };
                (Layer::Reduce(layer), Kernel::AveragePool)
            }
        }
    }

    /// Where the rows of a value lie that are computed.
    fn place(&self, value: usize) -> Place {
        self.memory.slot(value).place.of_rows(self.analysis.rows(value))
    }

    /// Where the rows lie that a step reads as one of its operands: of a step that computes each row by itself, those that
    /// it gives, though other steps may read more.
    fn read(&self, step: usize, operand: usize, value: usize) -> Place {
        let place = self.memory.slot(value).place;
        match self.analysis.reads_same_rows(step, operand, value) {
            true => place.of_rows(self.analysis.rows(step + 1)),
            false => place,
        }
    }

    /// What becomes of a convolution's sums: bounds, or else what follows behind them.
    fn ending(&self, step: usize, convolution: &Convolution) -> ((f32, f32), Option<Activated>) {
        let activation = &convolution.activation;
        if let Some(bounds) = activation.bounds() {
            return (bounds, None);
        }
        let output = self.place(step + 1);
        let curve = Curve::new(activation, convolution.outputs);
        let sums = self.memory.sums(step).unwrap_or(output);
        ((f32::NEG_INFINITY, f32::INFINITY), Some(Activated { curve, sums, output }))
    }

    fn convolution(
        &self,
        step: usize,
        convolution: &Convolution,
        packed: &Packed,
    ) -> (Layer, Kernel) {
        let input = self.read(step, 0, self.analysis.step(step).input);
        let residual = self.analysis.residual(step).map(|value| self.read(step, 1, value));
        let output = self.place(step + 1);
        let epilogue = Epilogue::new(output, residual, self.ending(step, convolution));
        let projection = match (self.analysis.projection(step), packed) {
            (Some(projection), Packed::Panels(panels)) => Some(self.projection(projection, panels)),
            _ => None,
        };
        let windows = self.analysis.computed_windows(step);
        layers::convolution(packed, (input, &windows), epilogue, projection, self.threads)
    }

    fn direct_depthwise(
        &self,
        step: usize,
        (convolution, weights): (&Convolution, &Arc<Channels>),
        dense: usize,
    ) -> Result<DirectDepthwise, Error> {
        let Some((in_front, Packed::Panels(panels), _)) = self.analysis.convolution(dense) else {
            unreachable!("a depthwise convolution is fed by a dense one")
        };
        let [images, _, height, width] = self.analysis.shape(dense + 1);
        let band = Band::new(self.analysis.windows(step), [height, width])?;
        let residual = self.analysis.residual(step).map(|value| self.place(value));
        let input = self.place(self.analysis.step(dense).input);
        let activation = &in_front.activation;
        Ok(DirectDepthwise {
            dense: Dense {
                weights: Arc::clone(panels),
                input: Input::of_panels(panels, input, &self.analysis.windows(dense)),
                bounds: activation.bounds().unwrap_or((f32::NEG_INFINITY, f32::INFINITY)),
                curve: match activation.bounds() {
                    Some(_) => None,
                    None => Some(Curve::new(activation, in_front.outputs)),
                },
            },
            weights: Arc::clone(weights),
            split: direct_depthwise::Split::choose(panels.list.len(), images, &band, self.threads),
            band,
            epilogue: Epilogue::new(self.place(step + 1), residual, self.ending(step, convolution)),
            row_sums: self.memory.row_sums(step).map(|to| RowSums { of: self.place(step + 1), to }),
        })
    }

    fn winograd(
        &self,
        step: usize,
        convolution: &Convolution,
        (panels, transformed): (&Arc<Panels>, &prepared_graph::Winograd),
        size: Size,
    ) -> (Layer, Kernel) {
        let weights = (Arc::clone(panels), transformed.weights(panels, size));
        let places = Places {
            input: self.place(self.analysis.step(step).input),
            output: self.place(step + 1),
            residual: self.analysis.residual(step).map(|value| self.place(value)),
        };
        let ending = self.ending(step, convolution);
        let windows = self.analysis.windows(step);
        let layer = Winograd::new(size, weights, places, &windows, ending, self.threads);
        let kernel = match size {
            Size::Two => Kernel::Winograd2,
            Size::Four => Kernel::Winograd4,
        };
        (Layer::Winograd(Box::new(layer)), kernel)
    }

    fn projection(&self, step: usize, onto: &Panels) -> Projection {
        let Some((_, Packed::Panels(weights), _)) = self.analysis.convolution(step) else {
            unreachable!("a projection is a dense convolution")
        };
        let place = self.place(self.analysis.step(step).input);
        let windows = self.analysis.windows(step);
        let offsets = place.layout.windows(windows.outputs, windows.stride, windows.before);
        let mut bias = Buffer::zeroed(onto.bias.len());
        let biases = onto.bias.as_slice().iter().zip(weights.bias.as_slice());
        for (sum, (a, b)) in bias.as_mut_slice().iter_mut().zip(biases) {
            *sum = a + b;
        }
        Projection {
            weights: weights.clone(),
            windows: OffsetTable::reading(place, offsets, place.layout.channels()),
            bias,
        }
    }
}
