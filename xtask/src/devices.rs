//! `cargo xtask bench --device NAME`: an explanation in its parts on one device or several, as a table and
//! a picture.

mod chart;
mod machine;
mod measured;

use std::fs;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};

use crate::backend::{self, Surroundings};
use crate::cargo::{cargo, run as run_command};
use crate::metadata::target_directory;
use measured::{Measured, PARTS};

/// Times every device in turn, then writes what came of it.
pub fn run(devices: &str, arguments: &[String]) -> Result<()> {
    let devices: Vec<&str> = devices.split(',').map(str::trim).collect();
    let backends: Vec<&str> = devices.iter().map(|device| backend_of(device)).collect();
    let backends = backend::parse(&backends.join(","))?;
    let surroundings = backends.iter().map(|backend| Surroundings::of(backend));
    let surroundings = surroundings.collect::<Result<Vec<_>>>()?;
    let features = backend::features(&surroundings);
    let begun = SystemTime::now();
    for (device, surroundings) in devices.iter().zip(&surroundings) {
        let mut bench = cargo(["bench", "-p", "cam-benches", "--bench", "devices"]);
        bench.args(["--no-default-features", "--features", &features, "--"]);
        let bench = surroundings.put(bench.args(arguments)).env("CAM_BENCH_DEVICE", device);
        run_command(bench)?;
    }
    let target = target_directory()?;
    let measured = measured::since(&target.join("criterion"), begun)?;
    if measured.is_empty() {
        bail!("nothing was timed: is a filter too narrow?");
    }
    let machine = machine::described(surroundings.iter().filter_map(|s| s.remark.as_deref()));
    let folder = target.join("devices");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let page = format!("{machine}\n{}", table(&measured));
    for (name, text) in [("devices.md", &page), ("devices.svg", &chart::svg(&measured, &machine))] {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    println!("\n{page}\n{}", folder.display());
    Ok(())
}

/// `cpu` is the engine, which stands on flex.
fn backend_of(device: &str) -> &str {
    if device == "cpu" { "flex" } else { device }
}

/// A row for each network, size, device and precision; milliseconds of each part.
fn table(measured: &[Measured]) -> String {
    let mut text =
        format!("| network, layer | size | device | precision | {} |\n", PARTS.join(" | "));
    text += &format!("|---|---|---|---|{}\n", "---:|".repeat(PARTS.len()));
    for row in measured {
        let cell =
            |part: &&str| row.parts.get(*part).map_or(String::new(), |ms| format!("{ms:.2}"));
        let cells: Vec<String> = PARTS.iter().map(cell).collect();
        let Measured { subject, size, device, precision, .. } = row;
        text +=
            &format!("| {subject} | {size} | {device} | {precision} | {} |\n", cells.join(" | "));
    }
    text + "\nMedian milliseconds of one image.\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_the_parts_in_their_order() {
        let row = Measured {
            subject: "resnet50 layer4".to_owned(),
            size: "224x224".to_owned(),
            device: "cuda".to_owned(),
            precision: "f16".to_owned(),
            parts: [("trunk".to_owned(), 2.0), ("all".to_owned(), 3.456)].into(),
        };
        let table = table(&[row]);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].ends_with("| upload | trunk | tail | map | read-back | all |"));
        assert_eq!(
            lines[2],
            "| resnet50 layer4 | 224x224 | cuda | f16 |  | 2.00 |  |  |  | 3.46 |"
        );
    }

    #[test]
    fn the_engine_stands_on_flex() {
        assert_eq!((backend_of("cpu"), backend_of("cuda")), ("flex", "cuda"));
    }
}
