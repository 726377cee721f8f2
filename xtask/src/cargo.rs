//! Running cargo and other programs, with their output where the user sees it.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// The workspace's directory.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// A cargo command in the workspace's directory: the same cargo that runs this.
pub fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    as_a_user_would(&mut command);
    command
}

/// The same environment for a command as its user's shell has, without what cargo says there about this program.
pub fn as_a_user_would(command: &mut Command) {
    for (name, _) in env::vars_os().filter(|(name, _)| is_about_xtask(&name.to_string_lossy())) {
        command.env_remove(name);
    }
}

/// Whether cargo sets the variable for a program that it runs, about that program's package.
///
/// Build scripts that watch these variables (ring's does) would see a change and compile again, with everything above
/// them, between each command of ours and a plain `cargo build`.
fn is_about_xtask(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

/// Shows the command, runs it, and fails where it does.
pub fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", shown(command));
    let status = command.status().with_context(|| format!("cannot run `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs the command and returns what it prints; its errors go to the terminal.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot run `{}`", shown(command)))?;
    if !output.status.success() {
        bail!("`{}` ended with {}", shown(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed no text", shown(command)))
}

/// The triple of the machine that a compiler is for.
pub fn host(compiler: &mut Command) -> Result<String> {
    let version = output(compiler.arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}

/// Runs cargo's command to build, and finds the program of that name. Cargo reports where it is: the path depends on
/// the target directory, the host and the settings.
pub fn built(command: &mut Command, name: &str) -> Result<PathBuf> {
    let messages = output(command.args(["--message-format", "json-render-diagnostics"]))?;
    let missing = || format!("cargo built no program named `{name}`");
    executable(&messages, name).with_context(missing)
}

fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let of_line = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_ours = message.pointer("/target/name")?.as_str()? == name;
        is_ours.then(|| message.get("executable")?.as_str().map(PathBuf::from))?
    };
    messages.lines().find_map(of_line)
}

/// The command as one would type it: the program by its name, the arguments as they are.
fn shown(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    command.get_args().fold(name, |line, argument| format!("{line} {}", argument.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_about_xtask_are_not_passed_on() {
        let command = cargo(["build"]);
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).collect();
        assert!(removed.iter().any(|(name, _)| *name == "CARGO_PKG_NAME"), "{removed:?}");
        assert!(!is_about_xtask("CARGO_TARGET_DIR") && !is_about_xtask("CARGO_HOME"));
    }

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/somewhere/bin/cargo");
        assert_eq!(shown(command.args(["fmt", "--check"])), "cargo fmt --check");
    }

    #[test]
    fn the_binary_is_found_among_cargos_messages() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"cam_core"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"cam"},"executable":"/elsewhere/release/cam"}
            {"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages, "cam"), Some(PathBuf::from("/elsewhere/release/cam")));
        assert_eq!(executable(messages, "cam_core"), None);
    }
}
