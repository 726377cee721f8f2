//! A segment made ready for one input shape: layers, and the buffers they work in.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::arena::{Place, Table};
use crate::backward::{Pull, PullBack, Way};
use crate::buffer::Buffer;
use crate::flow::Flow;
use crate::kernels::Kernels;
use crate::layers::direct::Projection;
use crate::layers::transfer::{Load, Store};
use crate::layers::winograd::{Places, Winograd};
use crate::layers::{self, Ends, Layer, max_pool};
use crate::memory::{Memory, Slot};
use crate::network::{self, Network, NetworkOperation};
use crate::packed::{Packed, Panels};
use crate::plan::{Kernel, Plan, PlannedStep};
use crate::pool::Pool;
use crate::sequence::Sequence;
use crate::winograd::Size;
use crate::{Convolution, Error};

/// Ways back that are kept: one for whole batches of questions and one for the last part.
const WAYS_BACK: usize = 2;

/// What programs are made for.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) exact: bool,
    /// Whether all values stay where they are, for a gradient to be pulled back through them.
    pub(crate) keep: bool,
}

/// Everything about a run that does not depend on the numbers.
pub(crate) struct Program {
    sequence: Sequence,
    memory: Memory,
    plan: Plan,
    output: [usize; 4],
    segment: Range<usize>,
    shape: [usize; 4],
    /// For gradients of runs that keep their values, the newest last.
    ways_back: Mutex<Vec<Arc<PullBack>>>,
}

impl Program {
    /// For a segment that is not empty.
    pub(crate) fn new(
        network: &Network,
        segment: Range<usize>,
        shape: [usize; 4],
        Settings { pool, exact, keep }: Settings<'_>,
    ) -> Result<Self, Error> {
        let flow = Flow::new(network, segment.clone(), shape, exact)?;
        let memory = Memory::assign(&flow, segment.clone(), keep)?;
        transform_weights(&flow, pool);
        let threads = pool.threads();
        let builder = Builder { flow: &flow, memory: &memory, threads };
        let input = memory.slot(segment.start);
        let mut layers = vec![(Layer::Load(Load { to: input.place }), clearing(input))];
        let mut steps = Vec::new();
        for step in flow.steps() {
            let (kernel, slot) = if flow.is_fused(step) {
                (Kernel::Fused, None)
            } else {
                let (layer, kernel) = builder.layer(step);
                let slot = memory.slot(step + 1);
                layers.push((layer, clearing(slot)));
                (kernel, Some(slot))
            };
            steps.push(PlannedStep {
                step,
                shape: flow.shape(step + 1),
                kernel,
                buffer: slot.map(|slot| slot.place.buffer),
                in_place: slot.is_some_and(|slot| slot.in_place),
            });
        }
        layers.push((Layer::Store(Store { from: memory.slot(segment.end).place }), None));
        let output = flow.shape(segment.end);
        let lengths = memory.lengths.clone();
        let sequence = Sequence::new(layers, lengths, output.iter().product(), threads);
        let plan = Plan { steps, buffers: sequence.buffers(), peak_bytes: sequence.bytes() };
        Ok(Self { sequence, memory, plan, output, segment, shape, ways_back: Mutex::default() })
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// `[n, c, h, w]` of what a run gives.
    pub(crate) fn output_shape(&self) -> [usize; 4] {
        self.output
    }

    /// Where a value lies, in the memory of a run that keeps all of them.
    pub(crate) fn place(&self, value: usize) -> Place {
        self.memory.slot(value).place
    }

    /// The way back through recorded runs.
    pub(crate) fn way_back(
        &self,
        network: &Network,
        exact: bool,
        pull: Pull,
        machine: (&Pool, &'static Kernels),
    ) -> Result<Arc<PullBack>, Error> {
        let mut known = self.ways_back.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(way) = known.iter().find(|way| way.pull() == pull) {
            return Ok(Arc::clone(way));
        }
        let (segment, shape) = (self.segment.clone(), self.shape);
        let way = Way { network, segment, shape, exact, pull };
        let made = Arc::new(PullBack::new(&way, self, machine)?);
        if known.len() >= WAYS_BACK {
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
    pub(crate) fn sequence(&self) -> &Sequence {
        &self.sequence
    }
}

/// Transforms all weights that Winograd's algorithm is going to want, in parallel.
fn transform_weights(flow: &Flow<'_>, pool: &Pool) {
    let steps: Vec<usize> = flow.steps().filter(|&step| flow.winograd(step).is_some()).collect();
    pool.each(steps.len(), &|i| {
        if let (Some(size), NetworkOperation::Convolution(_, Packed::Panels(panels), winograd)) =
            (flow.winograd(steps[i]), &flow.step(steps[i]).operation)
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
    flow: &'a Flow<'a>,
    memory: &'a Memory,
    threads: usize,
}

impl Builder<'_> {
    fn layer(&self, step: usize) -> (Layer, Kernel) {
        match &self.flow.step(step).operation {
            NetworkOperation::MaxPool(_) => {
                let layer = max_pool::Maximum {
                    windows: self.flow.windows(step),
                    input: self.memory.slot(self.flow.step(step).input).place,
                    output: self.memory.slot(step + 1).place,
                };
                (Layer::MaxPool(layer), Kernel::MaxPool)
            }
            NetworkOperation::Convolution(convolution, packed, winograd) => {
                match (self.flow.winograd(step), packed) {
                    (Some(size), Packed::Panels(panels)) => {
                        self.winograd(step, convolution, (panels, winograd), size)
                    }
                    _ => self.convolution(step, convolution, packed),
                }
            }
        }
    }

    fn convolution(
        &self,
        step: usize,
        convolution: &Convolution,
        packed: &Packed,
    ) -> (Layer, Kernel) {
        let input = self.memory.slot(self.flow.step(step).input).place;
        let residual = self.flow.residual(step).map(|value| self.memory.slot(value).place);
        let output = self.memory.slot(step + 1).place;
        let ends = Ends::new(output, residual, convolution.activation.bounds());
        let projection = match (self.flow.projection(step), packed) {
            (Some(projection), Packed::Panels(panels)) => Some(self.projection(projection, panels)),
            _ => None,
        };
        let windows = self.flow.windows(step);
        layers::convolution(packed, (input, &windows), ends, projection, self.threads)
    }

    fn winograd(
        &self,
        step: usize,
        convolution: &Convolution,
        (panels, transformed): (&Arc<Panels>, &network::Winograd),
        size: Size,
    ) -> (Layer, Kernel) {
        let weights = (Arc::clone(panels), transformed.weights(panels, size));
        let places = Places {
            input: self.memory.slot(self.flow.step(step).input).place,
            output: self.memory.slot(step + 1).place,
            residual: self.flow.residual(step).map(|value| self.memory.slot(value).place),
        };
        let bounds = convolution.activation.bounds();
        let windows = self.flow.windows(step);
        let layer = Winograd::new(size, weights, places, &windows, bounds, self.threads);
        let kernel = match size {
            Size::Two => Kernel::Winograd2,
            Size::Four => Kernel::Winograd4,
        };
        (Layer::Winograd(Box::new(layer)), kernel)
    }

    fn projection(&self, step: usize, onto: &Panels) -> Projection {
        let NetworkOperation::Convolution(_, Packed::Panels(weights), _) =
            &self.flow.step(step).operation
        else {
            unreachable!("a projection is a dense convolution")
        };
        let place = self.memory.slot(self.flow.step(step).input).place;
        let windows = self.flow.windows(step);
        let offsets = place.layout.windows(windows.outputs, windows.stride, windows.before);
        let mut bias = Buffer::zeroed(onto.bias.len());
        let biases = onto.bias.as_slice().iter().zip(weights.bias.as_slice());
        for (sum, (a, b)) in bias.as_mut_slice().iter_mut().zip(biases) {
            *sum = a + b;
        }
        Projection {
            weights: weights.clone(),
            windows: Table::reading(place, offsets, place.layout.channels()),
            bias,
        }
    }
}
