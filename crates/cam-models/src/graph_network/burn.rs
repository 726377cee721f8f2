use std::sync::OnceLock;

use burn::tensor::Device;
use cam_graph::{Graph, Value};

use super::{Machine, Parameters};
use crate::graph_engine::GraphEngine;
use crate::graph_executor::GraphExecutor;
use crate::precision::Precision;

/// burn's operations for a network whose front the engine may run: then they hold the parameters of what follows, and
/// those of all of it only once autodiff asks for it: they then come out of the engine's packed ones.
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
        machine: Machine<'_>,
        engine: Option<&GraphEngine>,
    ) -> Self {
        let burn = Self {
            graph: graph.clone(),
            parameters,
            machine: (machine.device.clone(), machine.precision),
            end: engine.map(GraphEngine::end),
            tail: OnceLock::new(),
            whole: OnceLock::new(),
        };
        if engine.is_none() {
            // Nobody else runs it: what the device says to its weights is said now.
            burn.executor(false, None);
        }
        burn
    }

    /// The numbers of a parameter, where the engine does not have them.
    pub(super) fn parameter(&self, name: &str) -> Option<&Vec<f32>> {
        self.parameters.get(name)
    }

    #[cfg(feature = "files")]
    pub(super) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// What runs the steps behind the engine, or all of them.
    pub(super) fn executor(&self, is_tail: bool, engine: Option<&GraphEngine>) -> &GraphExecutor {
        let (device, precision) = &self.machine;
        let made = |graph: Graph| {
            let numbers = |name: &String| {
                let own = self.parameters.get(name).cloned();
                Some((name.clone(), own.or_else(|| engine?.weight(name))?))
            };
            let parameters = graph.parameters.keys().filter_map(numbers).collect();
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
