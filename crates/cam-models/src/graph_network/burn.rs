use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Device;
use cam_graph::{Graph, Operation, Value};

use super::{Machine, Parameters};
use crate::graph_engine::GraphEngine;
use crate::graph_executor::GraphExecutor;
use crate::precision::Precision;

/// burn's operations for a network whose front the engine may run: then they hold the parameters of what follows the
/// last value that they were asked to start from, and those of more only once something starts earlier, such as autodiff
/// at the image: they then come out of the engine's packed ones.
pub(super) struct Burn {
    graph: Graph,
    parameters: Parameters,
    machine: (Device, Precision),
    /// What runs the steps behind a value.
    behind: Mutex<Option<(Value, Arc<GraphExecutor>)>>,
}

impl Burn {
    pub(super) fn new(
        graph: &Graph,
        parameters: Parameters,
        machine: Machine<'_>,
        engine: Option<&GraphEngine>,
    ) -> Self {
        let Machine { device, precision, .. } = machine;
        let (mut parameters, mut behind) = (parameters, None);
        if engine.is_none() {
            // Nobody else runs it: what the device says to its weights is said now, and they are not kept twice.
            let constants = constants(graph, &parameters);
            let executor = GraphExecutor::new(graph.clone(), parameters, device, precision);
            let executor = executor.expect("the parameters were counted");
            behind = Some((Value::INPUT, Arc::new(executor)));
            parameters = constants;
        }
        Self {
            graph: graph.clone(),
            parameters,
            machine: (device.clone(), precision),
            behind: Mutex::new(behind),
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

    /// What runs the steps behind a value.
    pub(super) fn executor(&self, from: Value, engine: Option<&GraphEngine>) -> Arc<GraphExecutor> {
        let mut known = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, executor)) = known.as_ref().filter(|(start, _)| *start <= from) {
            return Arc::clone(executor);
        }
        // What it had is part of what it gets.
        *known = None;
        let executor = Arc::new(self.made(from, engine));
        Arc::clone(&known.insert((from, executor)).1)
    }

    fn made(&self, from: Value, engine: Option<&GraphEngine>) -> GraphExecutor {
        let mut graph = self.graph.clone();
        let needed = graph.needed(|value| value == from, &[graph.output]);
        let steps = graph.steps.iter().zip(needed).filter(|(_, needed)| *needed);
        let names = steps.flat_map(|(step, _)| step.operation.parameters());
        let names: BTreeSet<String> = names.map(str::to_owned).collect();
        graph.parameters.retain(|name, _| names.contains(name));
        let numbers = |name: &String| {
            let own = self.parameters.get(name).cloned();
            Some((name.clone(), own.or_else(|| engine?.weight(name))?))
        };
        let parameters = graph.parameters.keys().filter_map(numbers).collect();
        let (device, precision) = &self.machine;
        GraphExecutor::new(graph, parameters, device, *precision)
            .expect("the parameters were counted")
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
