//! A checked graph whose weights are packed.

use std::sync::{Arc, OnceLock};

use crate::backward::TransposedWeights;
use crate::kernels::Kernels;
use crate::packed::{Filters, Packed, Panels, Transformed};
use crate::pool::Pool;
use crate::winograd::Size;
use crate::{Convolution, Error, Graph, MaxPool, Operation, Padding};

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
    pub(crate) input: usize,
    pub(crate) operation: PreparedOperation,
}

pub(crate) enum PreparedOperation {
    /// The convolution's own weights are gone: they are packed.
    Convolution(Convolution, Packed, Winograd),
    MaxPool(MaxPool),
}

impl PreparedGraph {
    /// Checks a graph and packs its weights, convolutions in parallel.
    pub(crate) fn new(graph: Graph, kernels: &Kernels, pool: &Pool) -> Result<Self, Error> {
        crate::check::check(&graph)?;
        let packed: Vec<OnceLock<Packed>> = graph.steps.iter().map(|_| OnceLock::new()).collect();
        pool.each(graph.steps.len(), &|index| {
            if let Operation::Convolution(convolution) = &graph.steps[index].operation {
                packed[index].get_or_init(|| Packed::new(&Filters::of(convolution), kernels.lanes));
            }
        });
        let operations = graph.steps.into_iter().zip(packed).map(|(step, packed)| {
            let operation = match step.operation {
                Operation::Convolution(convolution) => {
                    let packed = packed.into_inner();
                    operation(convolution, packed.expect("every convolution has been packed"))
                }
                Operation::MaxPool(pool) => PreparedOperation::MaxPool(pool),
            };
            (step.input, operation)
        });
        Ok(Self::of_operations(operations.collect()))
    }

    /// What each step reads and does.
    pub(crate) fn of_operations(operations: Vec<(usize, PreparedOperation)>) -> Self {
        let transposed = operations.iter().map(|_| TransposedWeights::default()).collect();
        let steps = operations.into_iter();
        let steps = steps.map(|(input, operation)| PreparedStep { input, operation });
        Self { steps: steps.collect(), transposed }
    }
}

fn operation(mut convolution: Convolution, packed: Packed) -> PreparedOperation {
    convolution.weight = Vec::new();
    PreparedOperation::Convolution(convolution, packed, Winograd::default())
}

impl PreparedStep {
    /// The value added before the activation.
    pub(crate) fn residual(&self) -> Option<usize> {
        match &self.operation {
            PreparedOperation::Convolution(convolution, ..) => convolution.residual,
            PreparedOperation::MaxPool(_) => None,
        }
    }

    /// Whether it is a plain sum over the channels of single pixels.
    pub(crate) fn is_pointwise(&self) -> bool {
        match &self.operation {
            PreparedOperation::Convolution(convolution, ..) => {
                convolution.kernel == 1
                    && convolution.groups == 1
                    && matches!(convolution.padding, Padding::Each(0) | Padding::Same)
            }
            PreparedOperation::MaxPool(_) => false,
        }
    }
}
