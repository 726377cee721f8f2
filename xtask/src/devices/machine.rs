//! The machine, in a few lines: figures mean nothing without it.

use std::process::Command;
use std::{env, fs, thread};

/// A list in Markdown: processor, cards, system, revision, and remarks.
pub fn described<'a>(remarks: impl Iterator<Item = &'a str>) -> String {
    let processors = thread::available_parallelism().map_or(0, usize::from);
    let cpu = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| model(&text));
    let cpu = cpu.unwrap_or_else(|| "unknown processor".to_owned());
    let mut lines = vec![format!("processor: {cpu}, {processors} threads")];
    lines.extend(cards().into_iter().map(|card| format!("card: {card}")));
    lines.push(format!("system: {} {}", env::consts::OS, env::consts::ARCH));
    lines.extend(
        said("git", &["describe", "--always", "--dirty"]).map(|at| format!("revision: {at}")),
    );
    lines.extend(remarks.map(|remark| format!("remark: {remark}")));
    lines.into_iter().map(|line| format!("- {line}\n")).collect()
}

fn model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// What the vendors' own tools list; where none is installed, the backends' remarks must do.
fn cards() -> Vec<String> {
    let query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"];
    let listed = said("nvidia-smi", &query).or_else(|| said("rocm-smi", &["--showproductname"]));
    listed.map_or_else(Vec::new, |text| text.lines().map(str::to_owned).collect())
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_are_among_the_lines() {
        let text = described(["software driver"].into_iter());
        assert!(text.starts_with("- processor: ") && text.contains("- remark: software driver\n"));
    }

    #[test]
    fn a_processor_s_name_is_found() {
        assert_eq!(model("processor\t: 0\nmodel name\t: A: fast\n"), Some("A: fast".to_owned()));
        assert_eq!(model(""), None);
    }
}
