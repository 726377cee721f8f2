//! A segment made ready for one input shape: layers, and the buffers they work in.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::arena::{Arena, Table};
use crate::buffer::Buffer;
use crate::flow::Flow;
use crate::kernels::Kernels;
use crate::layers::direct::{Direct, Projection, Split};
use crate::layers::transfer::{Load, Output, Store};
use crate::layers::winograd::{Places, Winograd};
use crate::layers::{Ends, Input, Layer, Run, border, depthwise, grouped, max_pool};
use crate::memory::{Memory, Slot};
use crate::network::{self, Network, NetworkOperation};
use crate::packed::{Packed, Panels};
use crate::plan::{Kernel, Plan, PlannedStep};
use crate::pool::{Pool, Worker};
use crate::winograd::Size;
use crate::{Convolution, Error};

/// What programs are made for.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) exact: bool,
}

/// Everything about a run that does not depend on the numbers.
pub(crate) struct Program {
    layers: Vec<(Layer, Option<Slot>)>,
    lengths: Vec<usize>,
    plan: Plan,
    output: [usize; 4],
    /// Memory of the last run, for the next one. Locked while a run has it: runs take turns.
    arena: Mutex<Option<Arena>>,
}

impl Program {
    /// For a segment that is not empty.
    pub(crate) fn new(
        network: &Network,
        segment: Range<usize>,
        shape: [usize; 4],
        Settings { pool, exact }: Settings<'_>,
    ) -> Result<Self, Error> {
        let flow = Flow::new(network, segment.clone(), shape, exact)?;
        let mut memory = Memory::assign(&flow, segment.clone())?;
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
        memory.lengths.extend(scratch_len(&layers, threads));
        let peak_bytes = memory.lengths.iter().sum::<usize>() * size_of::<f32>();
        Ok(Self {
            layers,
            plan: Plan { steps, buffers: memory.lengths.len(), peak_bytes },
            lengths: memory.lengths,
            output: flow.shape(segment.end),
            arena: Mutex::default(),
        })
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// `[n, c, h, w]` of what a run gives.
    pub(crate) fn output_shape(&self) -> [usize; 4] {
        self.output
    }

    /// Runs all layers in one region of the pool.
    pub(crate) fn run(&self, pool: &Pool, kernels: &'static Kernels, input: &[f32]) -> Vec<f32> {
        self.run_watched(pool, kernels, input, &|_| {})
    }

    /// Runs and says how long each of the plan's steps took.
    pub(crate) fn time_steps(
        &self,
        pool: &Pool,
        kernels: &'static Kernels,
        input: &[f32],
    ) -> Vec<Duration> {
        let ends = Mutex::new(Vec::with_capacity(self.layers.len()));
        let watch = |worker: &Worker<'_>| {
            if worker.index() == 0 {
                ends.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
            }
        };
        self.run_watched(pool, kernels, input, &watch);
        let ends = ends.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut layers = ends.windows(2).map(|pair| pair[1] - pair[0]);
        let steps = self.plan.steps.iter().map(|step| match step.kernel {
            Kernel::Fused => Duration::ZERO,
            _ => layers.next().unwrap_or_default(),
        });
        steps.collect()
    }

    /// Every worker calls `watch` behind every layer.
    fn run_watched(
        &self,
        pool: &Pool,
        kernels: &'static Kernels,
        input: &[f32],
        watch: &(dyn Fn(&Worker<'_>) + Sync),
    ) -> Vec<f32> {
        let mut output = vec![0.0; self.output.iter().product()];
        let mut spare = self.arena.lock().unwrap_or_else(PoisonError::into_inner);
        // A run that panics drops its memory: borders may not be what the next run expects.
        let arena = spare.take().unwrap_or_else(|| Arena::new(&self.lengths));
        let run = Run { arena: &arena, kernels, input, output: Output::new(&mut output) };
        pool.run(&|worker| {
            for (layer, clear) in &self.layers {
                if let Some(slot) = clear {
                    border::clear(slot.place, &run, worker);
                }
                layer.run(&run, worker)?;
                worker.wait()?;
                watch(worker);
            }
            Ok(())
        });
        *spare = Some(arena);
        output
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

/// Floats of the buffer that layers by Winograd's algorithm share, if there are any.
fn scratch_len(layers: &[(Layer, Option<Slot>)], threads: usize) -> Option<usize> {
    let lengths = layers.iter().filter_map(|(layer, _)| match layer {
        Layer::Winograd(layer) => Some(layer.scratch_len(threads)),
        _ => None,
    });
    lengths.max()
}

fn clearing(slot: Slot) -> Option<Slot> {
    Some(slot).filter(|slot| slot.clear)
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
        let place = self.memory.slot(self.flow.step(step).input).place;
        let windows = self.flow.windows(step);
        let depth = convolution.inputs / convolution.groups;
        let residual = self.flow.residual(step).map(|value| self.memory.slot(value).place);
        let output = self.memory.slot(step + 1).place;
        let ends = Ends::new(output, residual, convolution.activation.bounds());
        match packed {
            Packed::Panels(panels) => {
                let merged = !panels.is_grouped() && place.layout.pixel == convolution.inputs;
                let input = Input::new(place, &windows, depth, merged);
                let projection = self.flow.projection(step);
                let kernel = match projection {
                    Some(_) => Kernel::DirectWithProjection,
                    None => Kernel::Direct,
                };
                let (inputs, outputs) = (place.layout, output.layout);
                let per_pixel = inputs.channels() * windows.stride * windows.stride
                    + outputs.channels() * if residual.is_some() { 2 } else { 1 };
                let layer = Direct {
                    projection: projection.map(|projection| self.projection(projection, panels)),
                    split: Split::choose(
                        panels,
                        inputs.pixels() * inputs.channels(),
                        outputs.pixels() * outputs.channels(),
                        self.threads,
                    ),
                    weights: panels.clone(),
                    input,
                    ends,
                    pixel_bytes: per_pixel * size_of::<f32>(),
                };
                (Layer::Direct(Box::new(layer)), kernel)
            }
            Packed::Channels(weights) => {
                let input = Input::new(place, &windows, 1, false);
                let layer = depthwise::Depthwise { weights: weights.clone(), input, ends };
                (Layer::Depthwise(Box::new(layer)), Kernel::Depthwise)
            }
            Packed::Groups(weights) => {
                let input = Input::new(place, &windows, depth, false);
                let layer = grouped::Grouped { weights: weights.clone(), input, ends };
                (Layer::Grouped(Box::new(layer)), Kernel::Grouped)
            }
        }
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
            scratch: self.memory.lengths.len(),
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
