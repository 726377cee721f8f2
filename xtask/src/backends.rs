//! `cargo xtask backends`: the suite on every backend that this machine may run.

use anyhow::Result;
use clap::Args;

use crate::{backend, test};

/// Run the suite on several backends and say where it passed
///
/// Runs the tests of cam-tests on each backend in turn, as `cargo xtask test --backend` does.
#[derive(Args)]
pub struct Arguments {
    /// Backends.
    #[arg(value_delimiter = ',', value_parser = backend::NAMES, default_value = "flex,ndarray,wgpu")]
    names: Vec<String>,
}

pub fn run(Arguments { names }: &Arguments) -> Result<()> {
    test::on_backends(names, &["-p", "cam-tests"].map(str::to_owned))
}
