use std::sync::OnceLock;

use burn::tensor::Device;
use cam_graph::{Graph, Operation, Value};

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
        let Machine { device, precision, .. } = machine;
        let (mut parameters, whole) = (parameters, OnceLock::new());
        if engine.is_none() {
            // Nobody else runs it: what the device says to its weights is said now, and they are not kept twice.
            let constants = constants(graph, &parameters);
            let executor = GraphExecutor::new(graph.clone(), parameters, device, precision);
            whole.get_or_init(|| executor.expect("the parameters were counted"));
            parameters = constants;
        }
        Self {
            graph: graph.clone(),
            parameters,
            machine: (device.clone(), precision),
            end: engine.map(GraphEngine::end),
            tail: OnceLock::new(),
            whole,
        }
    }

    /// The numbers of the constants.
    pub(super) fn constants(&self) -> Parameters {
        constants(&self.graph, &self.parameters)
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

/// The numbers of the constants, which are part of what a graph computes and no weights.
fn constants(graph: &Graph, parameters: &Parameters) -> Parameters {
    let names = graph.steps.iter().filter_map(|step| match &step.operation {
        Operation::Constant { parameter } => Some(parameter),
        _ => None,
    });
    names.filter_map(|name| Some((name.clone(), parameters.get(name)?.clone()))).collect()
}
