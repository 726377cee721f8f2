//! A checked graph whose weights are packed.

use std::sync::{Arc, OnceLock};

use crate::backward::TransposedWeights;
use crate::kernels::Kernels;
use crate::packed::{Packed, Panels, Transformed};
use crate::packed_weights;
use crate::pool::Pool;
use crate::windows::is_borderless;
use crate::winograd::Size;
use crate::{Convolution, Error, Graph, Operation, Step};

/// A convolution's weights transformed for Winograd's algorithm, once a program wants them: how
/// many outputs it computes together depends on the input's size.
#[derive(Default)]
pub(crate) struct Winograd([OnceLock<Arc<Transformed>>; 2]);

impl Winograd {
    /// The weights for one size.
    pub(crate) fn weights(&self, panels: &Panels, size: Size) -> Arc<Transformed> {
        let weights =
            self.0[size as usize].get_or_init(|| Arc::new(Transformed::new(panels, size)));
        Arc::clone(weights)
    }
}

/// The steps of a graph, as programs are made of them.
pub(crate) struct PreparedGraph {
    pub(crate) steps: Vec<PreparedStep>,
    /// Per step, its weights for the way back.
    pub(crate) transposed: Vec<TransposedWeights>,
}

pub(crate) struct PreparedStep {
    /// A convolution's own weights are gone: they are packed.
    pub(crate) step: Step,
    packed: Option<(Packed, Winograd)>,
}

impl PreparedGraph {
    /// Checks a graph and packs its weights, convolutions in parallel.
    pub(crate) fn new(graph: Graph, kernels: &Kernels, pool: &Pool) -> Result<Self, Error> {
        crate::check::check(&graph)?;
        Ok(packed_weights::pack(graph, (kernels, pool)))
    }

    /// Steps, and the weights of those that are convolutions.
    pub(crate) fn of_steps(steps: impl Iterator<Item = (Step, Option<Packed>)>) -> Self {
        let steps: Vec<_> = steps.map(|(step, packed)| PreparedStep::new(step, packed)).collect();
        let transposed = steps.iter().map(|_| TransposedWeights::default()).collect();
        Self { steps, transposed }
    }
}

impl PreparedStep {
    fn new(mut step: Step, packed: Option<Packed>) -> Self {
        if let Operation::Convolution(convolution) = &mut step.operation {
            convolution.weight = Vec::new();
        }
        Self { step, packed: packed.map(|packed| (packed, Winograd::default())) }
    }

    /// A convolution and its weights, packed and, once they are wanted, transformed.
    pub(crate) fn convolution(&self) -> Option<(&Convolution, &Packed, &Winograd)> {
        let (packed, winograd) = self.packed.as_ref()?;
        Some((self.step.operation.convolution()?, packed, winograd))
    }

    /// The value added before the activation of a convolution.
    pub(crate) fn residual(&self) -> Option<usize> {
        self.step.operation.convolution()?.residual
    }

    /// Whether it is a plain sum over the channels of single pixels.
    pub(crate) fn is_pointwise(&self) -> bool {
        self.step.operation.convolution().is_some_and(|convolution| {
            convolution.kernel == [1, 1]
                && convolution.groups == 1
                && is_borderless(convolution.padding)
        })
    }
}
