use std::sync::OnceLock;

use burn::tensor::Device;
use cam_graph::{Graph, Value};

use super::Parameters;
use crate::graph_executor::GraphExecutor;
use crate::network::NetworkError;
use crate::precision::Precision;

/// burn's operations for a network whose front the engine may run: then they hold the parameters of what follows, and
/// those of all of it only once autodiff asks for it.
pub(super) struct Burn {
    graph: Graph,
    parameters: Parameters,
    machine: (Device, Precision),
    pub(super) end: Option<Value>,
    tail: OnceLock<GraphExecutor>,
    whole: OnceLock<GraphExecutor>,
}

impl Burn {
    pub(super) fn new(
        graph: &Graph,
        parameters: Parameters,
        (device, precision): (&Device, Precision),
        end: Option<Value>,
    ) -> Result<Self, NetworkError> {
        let fits = graph.parameters.iter().all(|(name, shape)| {
            parameters
                .get(name)
                .is_some_and(|numbers| numbers.len() == shape.iter().product::<usize>())
        });
        if !fits {
            return Err(NetworkError::Weights);
        }
        let burn = Self {
            graph: graph.clone(),
            parameters,
            machine: (device.clone(), precision),
            end,
            tail: OnceLock::new(),
            whole: OnceLock::new(),
        };
        if end.is_none() {
            // Nobody else runs it: what the device says to its weights is said now.
            burn.executor(false);
        }
        Ok(burn)
    }

    /// What runs the steps behind the engine, or all of them.
    pub(super) fn executor(&self, is_tail: bool) -> &GraphExecutor {
        let (device, precision) = &self.machine;
        let made = |graph: Graph| {
            let parameters = graph
                .parameters
                .keys()
                .filter_map(|name| Some((name.clone(), self.parameters.get(name)?.clone())));
            let parameters = parameters.collect();
            GraphExecutor::new(graph, parameters, device, *precision)
                .expect("the parameters were counted")
        };
        match (is_tail, self.end) {
            (true, Some(end)) => self.tail.get_or_init(|| {
                let mut graph = self.graph.clone();
                let needed = graph.needed(|value| value == end, &[graph.output]);
                let steps = graph.steps.iter().zip(needed).filter(|(_, needed)| *needed);
                let names: Vec<String> = steps
                    .flat_map(|(step, _)| step.operation.parameters())
                    .map(str::to_owned)
                    .collect();
                graph.parameters.retain(|name, _| names.contains(name));
                made(graph)
            }),
            _ => self.whole.get_or_init(|| made(self.graph.clone())),
        }
    }
}
