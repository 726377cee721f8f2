//! What a segment computes: which steps, on which shapes, and who reads what last.

use std::ops::Range;

use crate::layout::{Border, Layout};
use crate::prepared_graph::{PreparedGraph, PreparedOperation, PreparedStep};
use crate::windows::Windows;
use crate::winograd::Size;
use crate::{Activation, Error};

/// A segment of a network, for one input shape.
pub(crate) struct SegmentAnalysis<'a> {
    network: &'a PreparedGraph,
    segment: Range<usize>,
    /// Per value from the segment's start on.
    values: Vec<Value>,
    /// Per step of the segment.
    steps: Vec<StepAnalysis>,
}

#[derive(Clone, Copy, Default)]
struct Value {
    shape: [usize; 4],
    /// What its readers need around it.
    border: Border,
    /// The last step that reads it.
    last_reader: Option<usize>,
    readers: usize,
}

#[derive(Clone, Copy, Default)]
struct StepAnalysis {
    /// Whether anything depends on it.
    is_needed: bool,
    windows: Option<Windows>,
    /// The step whose projection is computed along with this one.
    projection: Option<usize>,
    /// Whether its result is computed along with a later step's.
    is_fused: bool,
    /// Whether Winograd's algorithm computes it.
    winograd: Option<Size>,
}

impl<'a> SegmentAnalysis<'a> {
    /// Follows a segment that is given a value of that shape.
    pub(crate) fn new(
        network: &'a PreparedGraph,
        segment: Range<usize>,
        shape: [usize; 4],
        exact: bool,
    ) -> Result<Self, Error> {
        let mut analysis = Self {
            network,
            values: vec![Value::default(); segment.len() + 1],
            steps: vec![StepAnalysis::default(); segment.len()],
            segment,
        };
        analysis.find_needed()?;
        analysis.find_shapes(shape)?;
        analysis.find_readers();
        analysis.fuse_projections();
        analysis.find_readers();
        if !exact {
            analysis.choose_winograd();
        }
        analysis.find_borders();
        Ok(analysis)
    }

    /// The steps that run, in order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = usize> + '_ {
        self.segment.clone().filter(|&step| self.state(step).is_needed)
    }

    /// A step of the network.
    pub(crate) fn step(&self, step: usize) -> &'a PreparedStep {
        &self.network.steps[step]
    }

    /// How a step's windows lie on its input.
    pub(crate) fn windows(&self, step: usize) -> Windows {
        self.state(step).windows.expect("every step that is needed has windows")
    }

    /// The projection computed along with a step.
    pub(crate) fn projection(&self, step: usize) -> Option<usize> {
        self.state(step).projection
    }

    /// Whether a step is computed along with a later one.
    pub(crate) fn is_fused(&self, step: usize) -> bool {
        self.state(step).is_fused
    }

    /// How many outputs Winograd's algorithm computes together, where it is taken.
    pub(crate) fn winograd(&self, step: usize) -> Option<Size> {
        self.state(step).winograd
    }

    /// The value that a step adds, unless it computes it itself.
    pub(crate) fn residual(&self, step: usize) -> Option<usize> {
        let residual = self.step(step).residual();
        residual.filter(|_| self.projection(step).is_none())
    }

    /// Whether `step` is the last to read `value`, which nobody else wants.
    pub(crate) fn is_last_reader(&self, step: usize, value: usize) -> bool {
        value != self.segment.end && self.value(value).last_reader == Some(step)
    }

    /// All that a step reads.
    pub(crate) fn reads(&self, step: usize) -> impl Iterator<Item = usize> + use<> {
        let projected = self.projection(step).map(|projection| self.step(projection).input);
        [Some(self.step(step).input), self.residual(step), projected].into_iter().flatten()
    }

    pub(crate) fn shape(&self, value: usize) -> [usize; 4] {
        self.value(value).shape
    }

    /// How a value lies in memory. The segment's input is a picture as a rule: three channels.
    pub(crate) fn layout(&self, value: usize) -> Result<Layout, Error> {
        let Value { shape, border, .. } = *self.value(value);
        if value == self.segment.start && shape[1] < crate::layout::CHANNELS {
            Layout::tight(shape, border)
        } else {
            Layout::padded(shape, border)
        }
    }

    fn value(&self, value: usize) -> &Value {
        &self.values[value - self.segment.start]
    }

    fn value_mut(&mut self, value: usize) -> &mut Value {
        &mut self.values[value - self.segment.start]
    }

    fn state(&self, step: usize) -> &StepAnalysis {
        &self.steps[step - self.segment.start]
    }

    fn state_mut(&mut self, step: usize) -> &mut StepAnalysis {
        &mut self.steps[step - self.segment.start]
    }

    /// Walks back from the segment's last value.
    fn find_needed(&mut self) -> Result<(), Error> {
        let Range { start, end } = self.segment;
        let mut wanted = vec![false; end + 1];
        wanted[end] = true;
        for index in (start..end).rev() {
            if !wanted[index + 1] {
                continue;
            }
            self.state_mut(index).is_needed = true;
            let step = self.step(index);
            for value in [Some(step.input), step.residual()].into_iter().flatten() {
                if value < start {
                    return Err(Error::Cut { step: index, value, start });
                }
                wanted[value] = true;
            }
        }
        Ok(())
    }

    fn find_shapes(&mut self, shape: [usize; 4]) -> Result<(), Error> {
        let start = self.segment.start;
        self.value_mut(start).shape = shape;
        for index in self.steps().collect::<Vec<_>>() {
            let step = self.step(index);
            let [images, channels, height, width] = self.shape(step.input);
            let (windows, channels) = match &step.operation {
                PreparedOperation::Convolution(convolution, ..) => {
                    let expected = convolution.inputs;
                    if channels != expected {
                        let (value, found) = (step.input, channels);
                        return Err(Error::Channels { step: index, value, expected, found });
                    }
                    let windows = Windows::of_convolution(index, convolution, [height, width])?;
                    (windows, convolution.outputs)
                }
                PreparedOperation::MaxPool(pool) => {
                    (Windows::of_pool(index, pool, [height, width])?, channels)
                }
            };
            let [height, width] = windows.outputs;
            let expected = [images, channels, height, width];
            if let Some(found) = step.residual().map(|residual| self.shape(residual))
                && found != expected
            {
                return Err(Error::Residual { step: index, expected, found });
            }
            self.state_mut(index).windows = Some(windows);
            self.value_mut(index + 1).shape = expected;
        }
        Ok(())
    }

    fn find_readers(&mut self) {
        for value in &mut self.values {
            (value.last_reader, value.readers) = (None, 0);
        }
        for index in self.steps().filter(|&step| !self.is_fused(step)).collect::<Vec<_>>() {
            for value in self.reads(index) {
                let value = self.value_mut(value);
                value.last_reader = Some(index);
                value.readers += 1;
            }
        }
    }

    /// A projection that is only added to one pointwise convolution becomes a second source of
    /// that convolution's sums, and its own result never exists.
    fn fuse_projections(&mut self) {
        for index in self.steps().collect::<Vec<_>>() {
            let Some(residual) = self.step(index).residual() else { continue };
            let Some(source) = residual.checked_sub(1).filter(|s| self.segment.contains(s)) else {
                continue;
            };
            let fits = self.step(index).is_pointwise()
                && self.is_projection(source)
                && self.value(residual).readers == 1
                && residual != self.segment.end;
            if fits {
                self.state_mut(index).projection = Some(source);
                self.state_mut(source).is_fused = true;
            }
        }
    }

    fn is_projection(&self, step: usize) -> bool {
        let step = self.step(step);
        let is_linear = match &step.operation {
            PreparedOperation::Convolution(convolution, ..) => {
                convolution.activation == Activation::Identity && convolution.residual.is_none()
            }
            PreparedOperation::MaxPool(_) => false,
        };
        is_linear && step.is_pointwise()
    }

    fn choose_winograd(&mut self) {
        for index in self.steps().collect::<Vec<_>>() {
            if let PreparedOperation::Convolution(convolution, ..) = &self.step(index).operation {
                let channels = [convolution.inputs, convolution.outputs];
                let size = Size::choose(&self.windows(index), channels, convolution.groups);
                self.state_mut(index).winograd = size;
            }
        }
    }

    /// A max pool clips its windows and needs no border.
    fn find_borders(&mut self) {
        for index in self.steps().collect::<Vec<_>>() {
            let step = self.step(index);
            if let PreparedOperation::Convolution(..) = step.operation {
                let windows = self.windows(index);
                let border = match self.winograd(index) {
                    Some(size) => size.border(&windows),
                    None => windows.border(),
                };
                let value = self.value_mut(step.input);
                value.border = value.border.union(border);
            }
        }
        self.share_borders();
    }

    /// A sum can take its residual's place only if both lie in memory in the same way.
    fn share_borders(&mut self) {
        for index in self.steps().collect::<Vec<_>>() {
            let Some(residual) = self.residual(index) else { continue };
            if self.is_last_reader(index, residual) {
                let border = self.value(residual).border.union(self.value(index + 1).border);
                self.value_mut(residual).border = border;
                self.value_mut(index + 1).border = border;
            }
        }
    }
}
