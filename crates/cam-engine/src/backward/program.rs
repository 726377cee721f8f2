//! The way back through one recorded segment, as layers.

use std::ops::Range;
use std::sync::Arc;

use super::gradients::{Gradient, Gradients, TransposedConvolution};
use super::phases::Phase;
use super::transposed::Transposed;
use crate::buffer_allocator::BufferAllocator;
use crate::kernels::Kernels;
use crate::layers::activated::Curve;
use crate::layers::copy::{Channels, Copy, reversed, shuffled};
use crate::layers::max_pool_backward::MaxPoolBackward;
use crate::layers::pointwise::{PerChannel, Pointwise, Source};
use crate::layers::reduce::{Divisor, Reduce};
use crate::layers::spread::Spread;
use crate::layers::sum::{Mask, Sum};
use crate::layers::transfer::{Load, Order, Store};
use crate::layers::winograd::{Places, Winograd};
use crate::layers::{self, Epilogue, Layer};
use crate::packed::Packed;
use crate::pool::Pool;
use crate::prepared_graph::PreparedGraph;
use crate::program::Program;
use crate::schedule::{RunInput, Schedule};
use crate::segment_analysis::SegmentAnalysis;
use crate::wanted::Wanted;
use crate::windows::Windows;
use crate::workspace::{Place, Workspace};
use crate::{Error, Operation, Step};

/// Pulls gradients back through runs of a program that keep all values.
pub(crate) struct Adjoint {
    schedule: Schedule,
    pull: AdjointRun,
    /// `[n, c, h, w]` of what it gives.
    output: [usize; 4],
}

/// What it is made for.
pub(crate) struct AdjointSettings<'a> {
    pub(crate) network: &'a PreparedGraph,
    pub(crate) segment: Range<usize>,
    /// `[n, c, h, w]` of the segment's input.
    pub(crate) shape: [usize; 4],
    pub(crate) exact: bool,
    pub(crate) pull: AdjointRun,
}

/// What is pulled back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct AdjointRun {
    /// Gradients per image.
    pub(crate) questions: usize,
    /// Whether activations stop what is negative: guided backpropagation.
    pub(crate) guided: bool,
}

impl Adjoint {
    /// For runs of `recorded`, a program of the same segment that keeps its values.
    pub(crate) fn new(
        way: &AdjointSettings<'_>,
        recorded: &Program,
        (pool, kernels): (&Pool, &'static Kernels),
    ) -> Result<Self, Error> {
        let AdjointSettings { network, ref segment, shape, exact, pull } = *way;
        let AdjointRun { questions, guided } = pull;
        let given = [Wanted::whole(segment.end)];
        let analysis =
            SegmentAnalysis::new(network, (segment.clone(), &given), shape, (exact, true))?;
        let gradients = Gradients::new(&analysis, segment, questions, exact);
        let builder = Builder {
            analysis: &analysis,
            network,
            recorded,
            segment,
            exact,
            guided,
            threads: pool.threads(),
            lanes: kernels.lanes,
            gradients: &gradients,
            buffer_allocator: BufferAllocator::default(),
            places: vec![None; segment.len() + 1],
            uses: vec![0; segment.len() + 1],
            layers: Vec::new(),
        };
        builder.turn_weights(pool);
        let [images, channels, height, width] = shape;
        let output = [images * questions, channels, height, width];
        Ok(Self { schedule: builder.build()?, pull, output })
    }

    /// What it was made for.
    pub(crate) fn pull(&self) -> AdjointRun {
        self.pull
    }

    /// `[n, c, h, w]` of the gradients it gives.
    pub(crate) fn output_shape(&self) -> [usize; 4] {
        self.output
    }

    /// Bytes that it works in.
    pub(crate) fn bytes(&self) -> usize {
        self.schedule.bytes()
    }

    /// Pulls gradients back through what a run left in `kept`.
    pub(crate) fn run(
        &self,
        (pool, kernels): (&Pool, &'static Kernels),
        gradients: &[f32],
        saved: &Workspace,
    ) -> Vec<f32> {
        let given = RunInput { pool, kernels, input: gradients, saved: Some(saved) };
        self.schedule.run(given, &|_| {}).pop().expect("every run has an output")
    }
}

struct Builder<'a> {
    analysis: &'a SegmentAnalysis<'a>,
    network: &'a PreparedGraph,
    recorded: &'a Program,
    segment: &'a Range<usize>,
    exact: bool,
    guided: bool,
    threads: usize,
    lanes: usize,
    gradients: &'a Gradients,
    buffer_allocator: BufferAllocator,
    /// Per value from the segment's start on.
    places: Vec<Option<Place>>,
    /// How often each is still going to be read.
    uses: Vec<usize>,
    /// Every layer, and the value whose border must be as it was planned when the layer runs.
    layers: Vec<(Layer, Option<usize>)>,
}

impl Builder<'_> {
    /// Turns the weights round that are going to be wanted, in parallel.
    fn turn_weights(&self, pool: &Pool) {
        let steps: Vec<usize> = self.analysis.steps().collect();
        pool.each(steps.len(), &|i| {
            let step = steps[i];
            if let Some((convolution, ..)) = self.analysis.convolution(step) {
                let turn = TransposedConvolution::new(self.analysis, step, convolution, self.exact);
                for phase in turn.phases.iter().filter(|phase| !phase.is_empty()) {
                    let transposed = self.transposed(step, phase);
                    if let (Some(size), Packed::Panels(panels)) =
                        (turn.winograd, &transposed.packed)
                    {
                        transposed.winograd.weights(panels, size);
                    }
                }
            }
        });
    }

    fn build(mut self) -> Result<Schedule, Error> {
        for value in self.gradients.values().filter(|&value| self.gradients.owner(value) == value) {
            let index = value - self.segment.start;
            self.uses[index] = self.gradients.uses(value);
            self.make(value)?;
        }
        let from = self.place(self.segment.start);
        self.layers
            .push((Layer::Store(Store { from, output: 0, order: Order::ChannelsFirst }), None));
        let to_clear = self.buffer_allocator.to_clear();
        let places = &self.places;
        let start = self.segment.start;
        let layers = self.layers.into_iter().map(|(layer, value)| {
            let clear = value.filter(|value| to_clear.contains(value));
            (layer, clear.and_then(|value| places[value - start]))
        });
        let outputs = from.layout.pixels() * from.layout.channels();
        let lengths = self.buffer_allocator.lengths();
        Ok(Schedule::new(layers.collect(), lengths, vec![outputs], self.threads))
    }

    fn place(&self, value: usize) -> Place {
        let owner = self.gradients.owner(value) - self.segment.start;
        self.places[owner].expect("a gradient is made before it is read")
    }

    /// All layers that one gradient takes.
    fn make(&mut self, value: usize) -> Result<(), Error> {
        let gradient = self.gradients.get(value);
        let (place, in_place) = self.choose_place(value, gradient)?;
        self.places[value - self.segment.start] = Some(place);
        let first = self.layers.len();
        if value == self.segment.end {
            self.layers.push((Layer::Load(Load { to: place }), None));
        } else {
            self.add_up(gradient, place, in_place);
        }
        self.mask(value, gradient, place, first);
        if let Some((_, written)) = self.layers.get_mut(first) {
            *written = Some(value);
        }
        for read in gradient.made_from() {
            self.release(read, in_place);
        }
        Ok(())
    }

    /// A buffer, and the value whose gradient lies there until this one takes its place.
    fn choose_place(
        &mut self,
        value: usize,
        gradient: &Gradient,
    ) -> Result<(Place, Option<usize>), Error> {
        let layout = self.gradients.layout(value)?;
        let last_use = gradient.copies.iter().copied().find(|&copy| {
            let owner = self.gradients.owner(copy);
            self.uses[owner - self.segment.start] == 1 && self.place(owner).layout == layout
        });
        let buffer = match last_use {
            Some(copy) => {
                let buffer = self.place(copy).buffer;
                self.buffer_allocator.place_in(buffer, value, layout);
                buffer
            }
            None => self.buffer_allocator.place(value, layout),
        };
        Ok((Place { buffer, layout }, last_use))
    }

    fn release(&mut self, value: usize, in_place: Option<usize>) {
        let owner = self.gradients.owner(value);
        let uses = &mut self.uses[owner - self.segment.start];
        *uses -= 1;
        if *uses == 0 && in_place != Some(value) {
            let buffer = self.place(owner).buffer;
            self.buffer_allocator.release(buffer);
        }
    }

    /// What comes back through residuals and through the steps that read the value.
    fn add_up(&mut self, gradient: &Gradient, place: Place, in_place: Option<usize>) {
        let mut turns = Vec::new();
        let mut others = Vec::new();
        for &(step, operand) in &gradient.reads {
            match self.analysis.step(step).operation.convolution() {
                Some(convolution) => turns.push((
                    step,
                    TransposedConvolution::new(self.analysis, step, convolution, self.exact),
                )),
                None => others.push((step, operand)),
            }
        }
        // First those that write every pixel.
        turns.sort_by_key(|(_, turn)| turn.leaves_out());
        let copies: Vec<Place> = gradient.copies.iter().map(|&copy| self.place(copy)).collect();
        // What the first of them can add by itself: at most one, which lies alike.
        let by_itself = turns.first().is_some_and(|(_, turn)| !turn.leaves_out())
            && copies.len() <= 1
            && copies.iter().all(|copy| copy.layout == place.layout);
        let mut added = if by_itself { copies.first().copied() } else { Some(place) };
        let is_there = in_place.is_some() && copies.len() == 1;
        if !(by_itself || is_there) {
            let sum = Sum { sources: copies, mask: None, output: place };
            self.layers.push((Layer::Sum(sum), None));
        }
        for (step, turn) in &turns {
            self.transpose(*step, turn, (place, added));
            added = Some(place);
        }
        for (step, operand) in others {
            let layer = self.other(step, operand, place);
            self.layers.push((layer, None));
        }
    }

    /// The way back through a step that is no convolution, from what it gives to one of its operands, to
    /// whose gradient it is added.
    fn other(&self, step: usize, operand: usize, output: Place) -> Layer {
        let Step { input, operation } = self.analysis.step(step);
        let gradient = self.place(step + 1);
        match operation {
            Operation::AveragePool { .. } | Operation::GlobalAverage => Layer::Spread(Spread {
                windows: self.analysis.windows(step),
                divisor: Divisor::of(operation),
                gradient,
                output,
            }),
            Operation::MaxPool(_) | Operation::GlobalMaximum => {
                Layer::MaxPoolBackward(MaxPoolBackward {
                    windows: self.analysis.windows(step),
                    saved: self.recorded.place(*input),
                    gradient,
                    output,
                })
            }
            Operation::Multiply { other } => {
                let factor = self.recorded.place(if operand == 0 { *other } else { *input });
                if output.layout.shape == gradient.layout.shape {
                    let factor = Source::Saved(factor);
                    return Layer::Pointwise(Pointwise::add_product(gradient, factor, output));
                }
                Layer::Reduce(Reduce {
                    windows: Windows::whole([gradient.layout.height(), gradient.layout.width()]),
                    divisor: Divisor::One,
                    input: gradient,
                    saved: Some(factor),
                    adds: true,
                    output,
                })
            }
            Operation::ScaleShift(step) => {
                let scale = PerChannel::new(&step.scale, step.scale.len());
                let scale = Source::Channels(scale);
                Layer::Pointwise(Pointwise::add_product(gradient, scale, output))
            }
            Operation::Concat { .. } => {
                let before = self.analysis.reads(step).into_iter().take(operand);
                let from = before.map(|value| self.analysis.shape(value)[1]).sum();
                let count = output.layout.channels();
                let run = Channels { source: 0, from, to: 0, count };
                Layer::Copy(Copy::of_one(gradient, vec![run], true, output))
            }
            &Operation::Slice { start, length } => {
                let run = Channels { source: 0, from: 0, to: start, count: length };
                Layer::Copy(Copy::of_one(gradient, vec![run], true, output))
            }
            Operation::Shuffle { groups } => {
                let runs = reversed(shuffled(output.layout.channels(), *groups));
                Layer::Copy(Copy::of_one(gradient, runs, true, output))
            }
            &Operation::Upsample { factors } => Layer::Reduce(Reduce {
                windows: Windows::tiles(factors, [output.layout.height(), output.layout.width()]),
                divisor: Divisor::One,
                input: gradient,
                saved: None,
                adds: true,
                output,
            }),
            Operation::Convolution(_) | Operation::Activation(_) | Operation::Add { .. } => {
                unreachable!("a convolution is transposed, and a sum's gradient handed on")
            }
            Operation::LayerNorm(_) | Operation::Attention(_) | Operation::Tokens(_) => {
                unreachable!("a run over it is not recorded")
            }
        }
    }

    /// Takes a gradient from behind the activation of the step that gives its value to in front of it.
    fn mask(&mut self, value: usize, gradient: &Gradient, place: Place, first: usize) {
        if !gradient.is_activated || value == self.segment.start {
            return;
        }
        let step = self.analysis.step(value - 1);
        let (activation, saved) =
            (step.operation.activation(), self.recorded.saved(value - 1, step));
        let Some(bounds) = activation.bounds() else {
            let curve = Curve::new(activation, place.layout.channels());
            let layer = Pointwise::derivative(curve, place, saved, self.guided);
            self.layers.push((Layer::Pointwise(layer), None));
            return;
        };
        let mask = Some(Mask { place: saved, bounds, guided: self.guided });
        // Where there is nothing but a sum, it masks as well.
        if let [(Layer::Sum(sum), _)] = &mut self.layers[first..] {
            sum.mask = mask;
            return;
        }
        let sum = Sum { sources: vec![place], mask, output: place };
        self.layers.push((Layer::Sum(sum), None));
    }

    /// The layers of the way back through one convolution, added to what is already there.
    fn transpose(
        &mut self,
        step: usize,
        turn: &TransposedConvolution,
        (output, added): (Place, Option<Place>),
    ) {
        let input = self.place(step + 1);
        for phase in turn.phases.iter().filter(|phase| !phase.is_empty()) {
            let transposed = self.transposed(step, phase);
            let layer = match (turn.winograd, &transposed.packed) {
                (Some(size), Packed::Panels(panels)) => {
                    let weights = (Arc::clone(panels), transposed.winograd.weights(panels, size));
                    let places = Places { input, output, residual: added };
                    let ending = ((f32::NEG_INFINITY, f32::INFINITY), None);
                    let threads = self.threads;
                    let layer =
                        Winograd::new(size, weights, places, &phase.windows, ending, threads);
                    Layer::Winograd(Box::new(layer))
                }
                (_, packed) => {
                    let epilogue = Epilogue::scattered(output, added, offsets(output, phase));
                    let from = (input, &phase.windows);
                    layers::convolution(packed, from, epilogue, None, self.threads).0
                }
            };
            self.layers.push((layer, None));
        }
    }

    fn transposed(&self, step: usize, phase: &Phase) -> Arc<Transposed> {
        let Some((convolution, packed, _)) = self.analysis.convolution(step) else {
            unreachable!("only convolutions are transposed round")
        };
        self.network.transposed[step].of_phase(convolution, packed, phase, self.lanes)
    }
}

/// Where a phase's pixels lie.
fn offsets(place: Place, phase: &Phase) -> Vec<u32> {
    let first = phase.first.map(|pixels| -(pixels as isize));
    place.layout.windows(phase.windows.outputs, phase.stride, first)
}
