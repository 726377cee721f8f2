//! Which gradients there are, and what each is made of.

use std::ops::Range;

use super::phases::{Phase, phases};
use crate::layout::Layout;
use crate::segment_analysis::SegmentAnalysis;
use crate::winograd::Size;
use crate::{Border, Convolution, Error};

/// The gradients of a segment's values, from the segment's start on.
pub(crate) struct Gradients {
    start: usize,
    list: Vec<Option<Gradient>>,
}

/// ∂/∂v of one value, once all that was made of it has been gone back through.
#[derive(Default)]
pub(crate) struct Gradient {
    /// `[n, c, h, w]`, one image per gradient.
    shape: [usize; 4],
    /// What the way back through the step that gives it needs around it.
    border: Border,
    /// Values it was added to as it is: their gradients are added to this one.
    pub(crate) copies: Vec<usize>,
    /// Steps that read it in another way, and as which of their operands.
    pub(crate) reads: Vec<(usize, usize)>,
    /// Whether the step that gives it ends in an activation.
    pub(crate) is_activated: bool,
    /// The value whose gradient is the same, number by number.
    pub(crate) same_as: Option<usize>,
}

/// The way back through one convolution.
pub(crate) struct TransposedConvolution {
    pub(crate) phases: Vec<Phase>,
    /// Taken where there is one phase that suits it.
    pub(crate) winograd: Option<Size>,
}

impl Gradients {
    /// For so many gradients per image.
    pub(crate) fn new(
        analysis: &SegmentAnalysis<'_>,
        segment: &Range<usize>,
        questions: usize,
        exact: bool,
    ) -> Self {
        let list = (segment.start..=segment.end).map(|_| None).collect();
        let mut gradients = Self { start: segment.start, list };
        gradients.add(analysis, segment.start, questions);
        for step in analysis.steps() {
            gradients.add(analysis, step + 1, questions);
            let operation = &analysis.step(step).operation;
            for (operand, value) in analysis.step(step).reads().into_iter().enumerate() {
                let read = gradients.get_mut(value);
                match operation.adds(operand) {
                    true => read.copies.push(step + 1),
                    false => read.reads.push((step, operand)),
                }
            }
            gradients.get_mut(step + 1).is_activated = !operation.activation().is_identity();
            if let Some(convolution) = operation.convolution() {
                let turn = TransposedConvolution::new(analysis, step, convolution, exact);
                gradients.get_mut(step + 1).border = turn.border();
            }
        }
        gradients.find_same();
        gradients
    }

    fn add(&mut self, analysis: &SegmentAnalysis<'_>, value: usize, questions: usize) {
        let [images, channels, height, width] = analysis.shape(value);
        let shape = [images * questions, channels, height, width];
        self.list[value - self.start] = Some(Gradient { shape, ..Gradient::default() });
    }

    /// Values in the order in which their gradients are made.
    pub(crate) fn values(&self) -> impl Iterator<Item = usize> + use<> {
        let exist: Vec<bool> = self.list.iter().map(Option::is_some).collect();
        let start = self.start;
        (0..exist.len()).rev().filter(move |&i| exist[i]).map(move |i| start + i)
    }

    pub(crate) fn get(&self, value: usize) -> &Gradient {
        self.list[value - self.start].as_ref().expect("every value that is needed has a gradient")
    }

    fn get_mut(&mut self, value: usize) -> &mut Gradient {
        self.list[value - self.start].as_mut().expect("every value that is needed has a gradient")
    }

    /// The value in whose name a gradient lies in memory.
    pub(crate) fn owner(&self, value: usize) -> usize {
        self.get(value).same_as.unwrap_or(value)
    }

    /// How a gradient lies in memory.
    pub(crate) fn layout(&self, value: usize) -> Result<Layout, Error> {
        let gradient = self.get(self.owner(value));
        Layout::padded(gradient.shape, gradient.border)
    }

    /// How many gradients are made from this one.
    pub(crate) fn uses(&self, value: usize) -> usize {
        let is = |made_from: &usize| self.owner(*made_from) == value;
        let made = self.list.iter().flatten().filter(|gradient| gradient.same_as.is_none());
        made.map(|gradient| gradient.made_from().filter(is).count()).sum()
    }

    /// What was only ever added to one other value, and not clamped, has that value's gradient.
    fn find_same(&mut self) {
        let last = self.start + self.list.len() - 1;
        for value in self.values() {
            let gradient = self.get(value);
            let is_inner = value != last && value != self.start;
            if is_inner
                && gradient.reads.is_empty()
                && !gradient.is_activated
                && let &[copy] = gradient.copies.as_slice()
            {
                let (owner, border) = (self.owner(copy), gradient.border);
                self.get_mut(value).same_as = Some(owner);
                let owner = self.get_mut(owner);
                owner.border = owner.border.union(border);
            }
        }
    }
}

impl Gradient {
    /// The values whose gradients it is made from, one as often as it is read.
    pub(crate) fn made_from(&self) -> impl Iterator<Item = usize> {
        self.copies.iter().copied().chain(self.reads.iter().map(|(step, _)| step + 1))
    }
}

impl TransposedConvolution {
    /// The way back through a step.
    pub(crate) fn new(
        analysis: &SegmentAnalysis<'_>,
        step: usize,
        convolution: &Convolution,
        exact: bool,
    ) -> Self {
        let [_, _, height, width] = analysis.shape(analysis.step(step).input);
        let phases = phases(&analysis.windows(step), [height, width]);
        let winograd = match phases.as_slice() {
            [phase] if !exact => {
                let channels = [convolution.outputs, convolution.inputs];
                Size::choose(&phase.windows, channels, convolution.groups)
            }
            _ => None,
        };
        Self { phases, winograd }
    }

    /// Whether some of the input's pixels are read by no window.
    pub(crate) fn leaves_out(&self) -> bool {
        self.phases.iter().any(Phase::is_empty)
    }

    fn border(&self) -> Border {
        let read = self.phases.iter().filter(|phase| !phase.is_empty());
        let mut border =
            read.fold(Border::default(), |border, phase| border.union(phase.windows.border()));
        if let (Some(size), [phase]) = (self.winograd, self.phases.as_slice()) {
            border = border.union(size.border(&phase.windows));
        }
        border
    }
}
