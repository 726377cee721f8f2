use std::ops::Range;
use std::time::Duration;

use burn::tensor::Tensor;
use cam_core::Network as _;
use cam_engine::{Engine, Plan};
use cam_explain::Cancel;
use cam_explain::tensors::read;

use super::samples::median;
use super::subject::Subject;
use super::way::Way;
use crate::failure::Failure;

/// How the engine runs a part of the network.
pub struct Planned {
    /// Which one: `forward` to the layer, `tail` behind it.
    pub part: &'static str,
    /// The engine's own account.
    pub plan: Plan,
    /// The median milliseconds of each step, where they were asked for.
    pub milliseconds: Option<Vec<f64>>,
}

/// What the engine runs, each of its steps timed in so many rounds; nothing without the engine.
pub fn plans(subject: &Subject, way: &Way<'_>, rounds: u32) -> Result<Vec<Planned>, Failure> {
    let Subject { network, layer, cancel, .. } = subject;
    let Some(engine) = network.engine() else { return Ok(Vec::new()) };
    let cut = network.description().cuts[layer.index()].value.steps_before();
    let images = way.images()?;
    let mut plans = vec![planned((engine, cancel), "forward", 0..cut, images.clone(), rounds)?];
    if cut < engine.steps() {
        let activations = network.forward_to(images, *layer);
        plans.push(planned((engine, cancel), "tail", cut..engine.steps(), activations, rounds)?);
    }
    Ok(plans)
}

fn planned(
    (engine, cancel): (&Engine, &Cancel),
    part: &'static str,
    segment: Range<usize>,
    input: Tensor<4>,
    rounds: u32,
) -> Result<Planned, Failure> {
    let shape = input.dims();
    let plan = engine.plan(segment.clone(), shape).map_err(anyhow::Error::from)?;
    let values = read(input)?;
    let mut samples = vec![Vec::new(); plan.steps.len()];
    for _ in 0..rounds {
        cancel.check("nothing was reported")?;
        let times = engine.time_steps(segment.clone(), &values, shape);
        for (samples, time) in samples.iter_mut().zip(times.map_err(anyhow::Error::from)?) {
            samples.push(milliseconds(time));
        }
    }
    let medians = || samples.iter().map(|samples| median(samples)).collect();
    Ok(Planned { part, plan, milliseconds: (rounds > 0).then(medians) })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
