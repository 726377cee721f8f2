use crate::arguments::{Bench, Benchmark};
use crate::bench;
use crate::failure::Failure;

pub fn run(arguments: &Bench) -> Result<(), Failure> {
    match &arguments.benchmark {
        Benchmark::Explain(arguments) => bench::explain(arguments),
    }
}
