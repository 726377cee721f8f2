use cam_explain::Environment;

use super::benchmark;
use crate::arguments::{Bench, Benchmark};
use crate::failure::Failure;

pub fn run(arguments: &Bench, environment: &Environment) -> Result<(), Failure> {
    match &arguments.benchmark {
        Benchmark::Explain(arguments) => benchmark::explain(arguments, environment),
    }
}
