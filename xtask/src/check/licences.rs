//! Licences and sources of packages, as deny.toml allows them.

use std::process::Command;

use anyhow::Result;

use super::Outcome;
use crate::cargo::{root, run as run_command};
use crate::tools::CARGO_DENY;

/// Advisories are left out: they change from day to day, and not with our changes.
pub fn run() -> Result<Outcome> {
    let Some(cargo_deny) = CARGO_DENY.program()? else {
        return Ok(Outcome::Skipped(CARGO_DENY.is_missing()));
    };
    let mut command = Command::new(cargo_deny);
    run_command(command.args(["check", "licenses", "bans", "sources"]).current_dir(root()))?;
    Ok(Outcome::Passed)
}
