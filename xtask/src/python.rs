//! `cargo xtask python`: the Python package, built as a wheel, installed and tested.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::cargo::{as_a_user_would, root, run as run_command};
use crate::metadata::target_directory;
use crate::tools::is_runnable;

/// Build the Python package and run its tests
///
/// Makes a virtual environment in the target directory, with pytest, Ray, Daft and what else the tests need; builds the
/// wheel with the release profile, installs it and runs the tests of crates/cam-py. Needs a network the first time, and
/// python3 from 3.11 on with venv.
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask python                          everything but the peers
  cargo xtask python -- -k ray                tests whose names contain `ray`
  cargo xtask python --peers                  beside PyTorch, pytorch-grad-cam, torch-cam and captum: gigabytes
  cargo xtask python --wheel dist             the wheel alone, into a folder")]
pub struct Arguments {
    /// Install the libraries that the package is compared with too, and run the tests beside them.
    #[arg(long)]
    peers: bool,

    /// Build a small wheel into this folder, to be handed out, and run no test: a build of its own profile.
    #[arg(long, value_name = "FOLDER")]
    wheel: Option<PathBuf>,

    /// Arguments for pytest.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// What builds wheels, as the package's own pyproject.toml asks for it.
const MATURIN: &str = "maturin>=1.16,<2";

pub fn run(arguments: &Arguments) -> Result<()> {
    let folder = target_directory()?.join("python");
    let environment = Environment::make(folder.join("venv"))?;
    if let Some(wheels) = &arguments.wheel {
        environment.pip(&["install", "--quiet"], Path::new(MATURIN))?;
        let wheel = environment.wheel("wheel", &std::path::absolute(wheels)?)?;
        println!("{}", wheel.display());
        return Ok(());
    }
    environment.install(&package().join("tests/requirements.txt"))?;
    if arguments.peers {
        environment.install(&package().join("tests/peers/requirements.txt"))?;
    }
    // With the release profile, whose burn the other tests use.
    let wheel = environment.wheel("release", &folder.join("wheels"))?;
    environment.pip(&["install", "--quiet", "--force-reinstall", "--no-deps"], &wheel)?;
    environment.test(arguments)
}

fn package() -> PathBuf {
    root().join("crates/cam-py")
}

/// A virtual environment of Python's.
struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// The one in a folder, made there if need be.
    fn make(folder: PathBuf) -> Result<Self> {
        let environment = Self { folder };
        if !is_runnable(environment.program("python")) {
            ensure!(
                is_runnable("python3"),
                "python3 is missing (Debian, Ubuntu: `apt install python3-venv`)"
            );
            let mut make = Command::new("python3");
            run_command(make.args(["-m", "venv", "--clear"]).arg(&environment.folder))
                .context("python3 makes no virtual environment: is its module venv installed?")?;
        }
        Ok(environment)
    }

    fn program(&self, name: &str) -> PathBuf {
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        self.folder.join(folder).join(name)
    }

    fn pip(&self, arguments: &[&str], what: &Path) -> Result<()> {
        let mut pip = Command::new(self.program("python"));
        pip.args(["-m", "pip", "--disable-pip-version-check"]).args(arguments).arg(what);
        run_command(&mut pip)
    }

    /// Installs what a file lists, unless that was done since the file last changed.
    fn install(&self, requirements: &Path) -> Result<()> {
        let wanted =
            fs::read_to_string(requirements).with_context(|| requirements.display().to_string())?;
        let name = requirements.parent().and_then(Path::file_name).unwrap_or_default();
        let done = self.folder.join(name).with_extension("installed");
        if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        self.pip(&["install", "--quiet", "--only-binary", ":all:", "-r"], requirements)?;
        fs::write(&done, wanted).with_context(|| done.display().to_string())
    }

    /// Builds the wheel into a folder; what else lies there goes.
    fn wheel(&self, profile: &str, folder: &Path) -> Result<PathBuf> {
        for old in wheels(folder) {
            fs::remove_file(&old).with_context(|| old.display().to_string())?;
        }
        let mut build = Command::new(self.program("maturin"));
        build.args(["build", "--profile", profile, "--locked", "--out"]).arg(folder);
        build.arg("--manifest-path").arg(package().join("Cargo.toml"));
        // The same cargo, the same target directory and the workspace's features: burn is not built again.
        build.env("CARGO_TARGET_DIR", target_directory()?).current_dir(root());
        as_a_user_would(&mut build);
        run_command(&mut build)?;
        wheels(folder).pop().context("maturin built no wheel")
    }

    fn test(&self, arguments: &Arguments) -> Result<()> {
        let mut pytest = Command::new(self.program("python"));
        pytest.args(["-m", "pytest", "--quiet"]).current_dir(package().join("tests"));
        if !arguments.peers {
            pytest.args(["--ignore", "peers"]);
        }
        // Nothing of these tests phones home.
        pytest.envs([("RAY_USAGE_STATS_ENABLED", "0"), ("DAFT_ANALYTICS_ENABLED", "0")]);
        // The programs of the environment are found first.
        let folders = env::var_os("PATH").unwrap_or_default();
        let own = self.program("python").parent().map(PathBuf::from).unwrap_or_default();
        let path = env::join_paths([own].into_iter().chain(env::split_paths(&folders)))?;
        run_command(pytest.env("PATH", path).args(&arguments.arguments)).context("tests failed")
    }
}

/// The wheels of a folder.
fn wheels(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("cam_explain-") && name.ends_with(".whl")
    };
    paths.filter(is_ours).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folders_wheels_are_those_of_the_package() {
        let folder = env::temp_dir().join(format!("cam-wheels-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        for name in
            ["cam_explain-0.1.0-cp311-abi3-linux.whl", "numpy-2.0.whl", "cam_explain-0.1.0.tar.gz"]
        {
            fs::write(folder.join(name), "").expect("written");
        }
        let found = wheels(&folder);
        fs::remove_dir_all(&folder).expect("removed");
        assert_eq!(found, [folder.join("cam_explain-0.1.0-cp311-abi3-linux.whl")]);
        assert!(wheels(&folder).is_empty());
    }
}
