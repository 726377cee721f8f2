//! What a segment computes: which steps, on which shapes, and who reads what last.

use std::ops::Range;

use crate::layout::Layout;
use crate::packed::Packed;
use crate::prepared_graph::{PreparedGraph, Winograd};
use crate::shapes;
use crate::wanted::{Rows, Wanted};
use crate::windows::Windows;
use crate::winograd::Size;
use crate::{Border, Convolution, Error, Operation, Step};

/// A segment of a network, for one input shape.
pub(crate) struct SegmentAnalysis<'a> {
    network: &'a PreparedGraph,
    segment: Range<usize>,
    /// What is given out.
    wanted: &'a [Wanted],
    /// Per value from the segment's start on.
    values: Vec<Value>,
    /// Per step of the segment.
    steps: Vec<StepAnalysis>,
}

/// Rows of a panel's weights that stay near while a band passes over them.
const MOST_ROWS: usize = 512;

#[derive(Clone, Copy, Default)]
struct Value {
    shape: [usize; 4],
    /// Which rows are computed: those that somebody reads.
    rows: Rows,
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
    /// The step in front, of which this one takes its input band by band.
    fed_by: Option<usize>,
    /// Of a global average, the step that gives the sums of its input's rows.
    rows_of: Option<usize>,
    /// Whether it gives the sums of its rows.
    sums_rows: bool,
    /// Whether its result is computed along with a later step's.
    is_fused: bool,
    /// Whether Winograd's algorithm computes it.
    winograd: Option<Size>,
}

impl<'a> SegmentAnalysis<'a> {
    /// Follows a segment that is given a value of that shape and gives out some values, the last among them;
    /// where it is to `keep` them for a gradient, all are written whole.
    pub(crate) fn new(
        network: &'a PreparedGraph,
        (segment, wanted): (Range<usize>, &'a [Wanted]),
        shape: [usize; 4],
        (exact, keep): (bool, bool),
    ) -> Result<Self, Error> {
        let mut analysis = Self {
            network,
            wanted,
            values: vec![Value::default(); segment.len() + 1],
            steps: vec![StepAnalysis::default(); segment.len()],
            segment,
        };
        analysis.find_needed()?;
        analysis.find_shapes(shape)?;
        analysis.find_rows(keep)?;
        analysis.find_readers();
        analysis.fuse_projections();
        analysis.find_readers();
        if !exact {
            analysis.choose_winograd();
        }
        if !keep {
            analysis.fuse_depthwise();
            analysis.find_readers();
            analysis.find_row_sums();
        }
        analysis.find_borders();
        Ok(analysis)
    }

    /// The steps that run, in order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = usize> + '_ {
        self.segment.clone().filter(|&step| self.state(step).is_needed)
    }

    /// A step of the network.
    pub(crate) fn step(&self, step: usize) -> &'a Step {
        &self.network.steps[step].step
    }

    /// A convolution with its weights, where the step is one.
    pub(crate) fn convolution(
        &self,
        step: usize,
    ) -> Option<(&'a Convolution, &'a Packed, &'a Winograd)> {
        self.network.steps[step].convolution()
    }

    /// How a step's windows lie on its input.
    pub(crate) fn windows(&self, step: usize) -> Windows {
        self.state(step).windows.expect("every step that is needed has windows")
    }

    /// The projection computed along with a step.
    pub(crate) fn projection(&self, step: usize) -> Option<usize> {
        self.state(step).projection
    }

    /// The convolution in front of a depthwise one that is computed along with it, band by band.
    pub(crate) fn fed_by(&self, step: usize) -> Option<usize> {
        self.state(step).fed_by
    }

    /// The step that gives the sums of rows of which a global average is made.
    pub(crate) fn row_sums(&self, step: usize) -> Option<usize> {
        self.state(step).rows_of
    }

    /// Whether a step gives the sums of its rows as well.
    pub(crate) fn sums_rows(&self, step: usize) -> bool {
        self.state(step).sums_rows
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
        let residual = self.network.steps[step].residual();
        residual.filter(|_| self.projection(step).is_none())
    }

    /// Whether `step` is the last to read `value`, which nobody else wants.
    pub(crate) fn is_last_reader(&self, step: usize, value: usize) -> bool {
        value != self.segment.end && self.value(value).last_reader == Some(step)
    }

    /// All that a step reads; of steps that are computed along with it, what they read instead of what they give.
    pub(crate) fn reads(&self, step: usize) -> Vec<usize> {
        let fused = [self.projection(step), self.fed_by(step)].into_iter().flatten();
        let mut reads = self.step(step).reads();
        for fused in fused {
            let read = reads.iter_mut().find(|read| **read == fused + 1);
            *read.expect("what is fused is read") = self.step(fused).input;
        }
        reads
    }

    /// Whether the sums in front of a convolution's activation are needed for the way back.
    pub(crate) fn keeps_sums(&self, step: usize) -> bool {
        let convolution = self.step(step).operation.convolution();
        convolution.is_some_and(|convolution| !convolution.activation.is_known_by_its_output())
    }

    /// What a step reads and may put its own result in the place of, if nobody else wants it.
    pub(crate) fn replaced(&self, step: usize) -> Option<usize> {
        if self.projection(step).is_some() {
            return None;
        }
        let reads = self.step(step).reads();
        // Whatever is read in any other way as well must stay.
        let stays = |value: usize| {
            let mut operands = reads.iter().enumerate().filter(|(_, read)| **read == value);
            operands.any(|(operand, _)| !self.step(step).operation.replaces(operand))
        };
        let mut free = reads.iter().copied().filter(|&value| {
            !stays(value)
                && self.is_last_reader(step, value)
                && self.shape(value) == self.shape(step + 1)
        });
        free.next()
    }

    pub(crate) fn shape(&self, value: usize) -> [usize; 4] {
        self.value(value).shape
    }

    /// Which rows of a value are computed.
    pub(crate) fn rows(&self, value: usize) -> Rows {
        self.value(value).rows
    }

    /// Whether a step that gives some rows reads the same of what it reads as that operand.
    pub(crate) fn reads_same_rows(&self, step: usize, operand: usize, value: usize) -> bool {
        self.is_row_by_row(step)
            && self.step(step).keeps_rows_apart(operand)
            && self.shape(value)[2] == self.shape(step + 1)[2]
    }

    /// A convolution's windows for the rows that are computed.
    pub(crate) fn computed_windows(&self, step: usize) -> Windows {
        let windows = self.windows(step);
        Windows { outputs: [self.rows(step + 1).len(), windows.outputs[1]], ..windows }
    }

    /// `[n, c, h, w]` of the rows that are computed.
    pub(crate) fn computed(&self, value: usize) -> [usize; 4] {
        let [images, channels, _, width] = self.shape(value);
        [images, channels, self.rows(value).len(), width]
    }

    fn is_whole(&self, value: usize) -> bool {
        self.rows(value) == Rows::all(self.shape(value)[2])
    }

    fn is_wanted(&self, value: usize) -> bool {
        self.wanted.iter().any(|wanted| wanted.value == value)
    }

    /// How a value lies in memory. The segment's input is a picture as a rule: three channels, which only
    /// what finds each of its pixels by itself can read without padding.
    pub(crate) fn layout(&self, value: usize) -> Result<Layout, Error> {
        let Value { shape, border, .. } = *self.value(value);
        if value == self.segment.start
            && shape[1] < crate::layout::CHANNELS
            && self.is_read_by_windows(value)
        {
            Layout::tight(shape, border)
        } else {
            Layout::padded(shape, border)
        }
    }

    /// The step of the segment that gives a value; none gives its input.
    fn giver(&self, value: usize) -> Option<usize> {
        value.checked_sub(1).filter(|step| self.segment.contains(step))
    }

    fn is_read_by_windows(&self, value: usize) -> bool {
        let mut readers = self.steps().filter(|&step| self.step(step).reads().contains(&value));
        readers.all(|step| {
            let operation = &self.step(step).operation;
            matches!(operation, Operation::Convolution(_) | Operation::MaxPool(_))
        })
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
        self.wanted.iter().for_each(|given| wanted[given.value] = true);
        for index in (start..end).rev() {
            if !wanted[index + 1] {
                continue;
            }
            self.state_mut(index).is_needed = true;
            for value in self.step(index).reads() {
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
            let reads: Vec<_> = step.reads().into_iter().map(|value| self.shape(value)).collect();
            let (shape, windows) = shapes::shape(index, step, &reads)?;
            self.state_mut(index).windows = windows;
            self.value_mut(index + 1).shape = shape;
        }
        Ok(())
    }

    /// Walks back from what is wanted. Where a gradient is going to come back, all rows are kept.
    fn find_rows(&mut self, keep: bool) -> Result<(), Error> {
        let Range { start, end } = self.segment;
        for &Wanted { value, ref rows } in self.wanted {
            let height = self.shape(value)[2];
            let rows = match rows {
                Some(rows) if rows.start >= rows.end || rows.end > height => {
                    let Range { start, end } = *rows;
                    return Err(Error::Rows { value, start, end, height });
                }
                Some(rows) if !keep => Rows::of(rows),
                _ => Rows::all(height),
            };
            self.read_rows(value, rows);
        }
        for index in
            (start..end).rev().filter(|&step| self.state(step).is_needed).collect::<Vec<_>>()
        {
            if keep || !self.is_row_by_row(index) {
                self.read_rows(index + 1, Rows::all(self.shape(index + 1)[2]));
            }
            for (operand, read) in self.step(index).reads().into_iter().enumerate() {
                let rows = match self.reads_same_rows(index, operand, read) {
                    true => self.rows(index + 1),
                    false => Rows::all(self.shape(read)[2]),
                };
                self.read_rows(read, rows);
            }
        }
        Ok(())
    }

    fn read_rows(&mut self, value: usize, rows: Rows) {
        let value = self.value_mut(value);
        value.rows = value.rows.and(rows);
    }

    /// Whether a row of what a step gives can be computed without the others.
    fn is_row_by_row(&self, step: usize) -> bool {
        match &self.step(step).operation {
            Operation::Convolution(convolution) => {
                self.network.steps[step].is_pointwise() && convolution.stride == [1, 1]
            }
            _ => self.step(step).keeps_rows_apart(0),
        }
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
            let Some(residual) = self.residual(index) else { continue };
            let Some(source) = self.giver(residual) else { continue };
            let fits = self.network.steps[index].is_pointwise()
                && self.is_projection(source)
                && self.value(residual).readers == 1
                && !self.is_wanted(residual)
                && self.is_whole(index + 1);
            if fits {
                self.state_mut(index).projection = Some(source);
                self.state_mut(source).is_fused = true;
            }
        }
    }

    /// Where a dense convolution widens a map for a depthwise one and for nobody else, the wide map never exists.
    fn fuse_depthwise(&mut self) {
        for index in self.steps().collect::<Vec<_>>() {
            let value = self.step(index).input;
            let Some(source) = self.giver(value) else { continue };
            let fits = matches!(self.convolution(index), Some((_, Packed::Channels(_), _)))
                && self.widens(source)
                && self.value(value).readers == 1
                && !self.is_wanted(value);
            if fits {
                self.state_mut(index).fed_by = Some(source);
                self.state_mut(source).is_fused = true;
            }
        }
    }

    /// Squeeze-and-excitation (Hu et al., arXiv 1709.01507) averages what a depthwise convolution gives: rows are summed
    /// while they are near.
    fn find_row_sums(&mut self) {
        for index in self.steps().collect::<Vec<_>>() {
            let Some(source) = self.giver(self.step(index).input) else { continue };
            let is_average = matches!(self.step(index).operation, Operation::GlobalAverage);
            if is_average && self.fed_by(source).is_some() && !self.sums_rows(source) {
                self.state_mut(index).rows_of = Some(source);
                self.state_mut(source).sums_rows = true;
            }
        }
    }

    /// Whether a step is a dense convolution whose panels run in one go.
    fn widens(&self, step: usize) -> bool {
        let Some((_, Packed::Panels(panels), _)) = self.convolution(step) else { return false };
        let is_alone =
            self.step(step).operation.convolution().is_some_and(|convolution| {
                convolution.residual.is_none() && convolution.groups == 1
            });
        is_alone && self.winograd(step).is_none() && panels.rows() <= MOST_ROWS
    }

    fn is_projection(&self, step: usize) -> bool {
        let is_linear = self.step(step).operation.convolution().is_some_and(|convolution| {
            convolution.activation.is_identity() && convolution.residual.is_none()
        });
        is_linear && self.network.steps[step].is_pointwise()
    }

    fn choose_winograd(&mut self) {
        for index in self.steps().collect::<Vec<_>>() {
            if let Some(convolution) = self.step(index).operation.convolution() {
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
            if step.operation.convolution().is_some() {
                let windows = self.windows(index);
                let border = match self.winograd(index) {
                    Some(size) => size.border(&windows),
                    None => windows.border(),
                };
                if self.fed_by(index).is_none() {
                    let value = self.value_mut(step.input);
                    value.border = value.border.union(border);
                }
            }
        }
        self.share_borders();
    }

    /// A sum can take its residual's place only if both lie in memory in the same way.
    fn share_borders(&mut self) {
        for index in self.steps().collect::<Vec<_>>() {
            if let Some(replaced) = self.replaced(index) {
                let border = self.value(replaced).border.union(self.value(index + 1).border);
                self.value_mut(replaced).border = border;
                self.value_mut(index + 1).border = border;
            }
        }
    }
}
