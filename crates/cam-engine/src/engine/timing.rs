use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Engine, check_input};
use crate::Error;
use crate::plan::Kernel;
use crate::pool::Worker;

impl Engine {
    /// How long every step of [`plan`](Self::plan) takes within one run. Steps fused to a later
    /// one take no time.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn time_steps(
        &self,
        segment: Range<usize>,
        input: &[f32],
        shape: [usize; 4],
    ) -> Result<Vec<Duration>, Error> {
        check_input(input, shape)?;
        let Some(program) = self.program_to_end(segment, shape, false)? else {
            return Ok(Vec::new());
        };
        let steps = &program.plan().steps;
        let ends = Mutex::new(Vec::with_capacity(steps.len() + 2));
        let watch = |worker: &Worker<'_>| {
            if worker.index() == 0 {
                ends.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
            }
        };
        program.schedule().run(self.given(input), &watch);
        let ends = ends.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut layers = ends.windows(2).map(|pair| pair[1] - pair[0]);
        let times = steps.iter().map(|step| match step.kernel {
            Kernel::Fused => Duration::ZERO,
            _ => layers.next().unwrap_or_default(),
        });
        Ok(times.collect())
    }
}
