use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Device;
use cam_graph::{Graph, Operation, Value};

use super::{Machine, Parameters};
use crate::graph_engine::GraphEngine;
use crate::graph_executor::GraphExecutor;
use crate::precision::Precision;

/// burn's operations for a network whose front the engine may run: then they hold the parameters of what they were asked
/// for so far, which come out of the engine's packed ones where those have them.
pub(super) struct Burn {
    graph: Graph,
    parameters: Parameters,
    machine: (Device, Precision),
    executor: Mutex<Option<Arc<GraphExecutor>>>,
}

impl Burn {
    pub(super) fn new(
        graph: &Graph,
        parameters: Parameters,
        machine: Machine<'_>,
        engine: Option<&GraphEngine>,
    ) -> Self {
        let Machine { device, precision, .. } = machine;
        let (mut parameters, mut known) = (parameters, None);
        if engine.is_none() {
            // Nobody else runs it: what the device says to its weights is said now, and they are not kept twice.
            let constants = constants(graph, &parameters);
            let executor = GraphExecutor::new(graph.clone(), parameters, device, precision);
            let executor = executor.expect("the parameters were counted");
            known = Some(Arc::new(executor));
            parameters = constants;
        }
        Self {
            graph: graph.clone(),
            parameters,
            machine: (device.clone(), precision),
            executor: Mutex::new(known),
        }
    }

    /// The numbers of the constants.
    pub(super) fn constants(&self) -> Parameters {
        constants(&self.graph, &self.parameters)
    }

    /// Where its tensors lie.
    pub(super) fn device(&self) -> &Device {
        &self.machine.0
    }

    /// The numbers of a parameter: its own, or the engine's out of their packed order.
    pub(super) fn numbers(&self, name: &str, engine: Option<&GraphEngine>) -> Option<Vec<f32>> {
        self.parameters.get(name).cloned().or_else(|| engine?.weight(name))
    }

    #[cfg(feature = "files")]
    pub(super) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// What computes the wanted values from those that are given.
    pub(super) fn executor(
        &self,
        is_given: impl Fn(Value) -> bool,
        wanted: &[Value],
        engine: Option<&GraphEngine>,
    ) -> Arc<GraphExecutor> {
        let needed = self.graph.needed(is_given, wanted);
        let steps = self.graph.steps.iter().zip(needed).filter(|(_, needed)| *needed);
        let names: BTreeSet<&str> =
            steps.flat_map(|(step, _)| step.operation.parameters()).collect();
        let mut known = self.executor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(executor) = known.as_ref() {
            let has = &executor.graph().parameters;
            if names.iter().all(|name| has.contains_key(*name)) {
                return Arc::clone(executor);
            }
        }
        // What it had it gets again, from where the rest comes.
        let had = known.take();
        let had = had.iter().flat_map(|executor| executor.graph().parameters.keys());
        let names = had.map(String::as_str).chain(names).map(str::to_owned).collect();
        Arc::clone(known.insert(Arc::new(self.made(&names, engine))))
    }

    fn made(&self, names: &BTreeSet<String>, engine: Option<&GraphEngine>) -> GraphExecutor {
        let mut graph = self.graph.clone();
        graph.parameters.retain(|name, _| names.contains(name));
        let numbers = |name: &String| Some((name.clone(), self.numbers(name, engine)?));
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
