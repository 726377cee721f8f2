//! A checked graph whose weights are packed.

use std::sync::{Arc, OnceLock};

use crate::kernels::Kernels;
use crate::packed::{Packed, Panels, Transformed};
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
pub(crate) struct Network {
    pub(crate) steps: Vec<NetworkStep>,
}

pub(crate) struct NetworkStep {
    pub(crate) input: usize,
    pub(crate) operation: NetworkOperation,
}

pub(crate) enum NetworkOperation {
    /// The convolution's own weights are gone: they are packed.
    Convolution(Convolution, Packed, Winograd),
    MaxPool(MaxPool),
}

impl Network {
    /// Checks a graph and packs its weights.
    pub(crate) fn new(graph: Graph, kernels: &Kernels) -> Result<Self, Error> {
        crate::check::check(&graph)?;
        let steps = graph.steps.into_iter().map(|step| NetworkStep {
            input: step.input,
            operation: match step.operation {
                Operation::Convolution(convolution) => pack(convolution, kernels),
                Operation::MaxPool(pool) => NetworkOperation::MaxPool(pool),
            },
        });
        Ok(Self { steps: steps.collect() })
    }
}

fn pack(mut convolution: Convolution, kernels: &Kernels) -> NetworkOperation {
    let packed = Packed::new(&convolution, kernels.lanes);
    convolution.weight = Vec::new();
    NetworkOperation::Convolution(convolution, packed, Winograd::default())
}

impl NetworkStep {
    /// The value added before the activation.
    pub(crate) fn residual(&self) -> Option<usize> {
        match &self.operation {
            NetworkOperation::Convolution(convolution, ..) => convolution.residual,
            NetworkOperation::MaxPool(_) => None,
        }
    }

    /// Whether it is a plain sum over the channels of single pixels.
    pub(crate) fn is_pointwise(&self) -> bool {
        match &self.operation {
            NetworkOperation::Convolution(convolution, ..) => {
                convolution.kernel == 1
                    && convolution.groups == 1
                    && matches!(convolution.padding, Padding::Each(0) | Padding::Same)
            }
            NetworkOperation::MaxPool(_) => false,
        }
    }
}
