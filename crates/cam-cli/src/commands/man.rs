use std::path::Path;

use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output;

pub fn run(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut command = Arguments::command();
    command.build();
    write(folder, "cam", &command)?;
    for sub in command.get_subcommands() {
        write(folder, &format!("cam-{}", sub.get_name()), sub)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, command: &Command) -> Result<(), Failure> {
    let mut page = Vec::new();
    Man::new(command.clone())
        .title(name.to_uppercase())
        .render(&mut page)
        .context("rendering a man page")?;
    output::write(&folder.join(format!("{name}.1")), &page)
}
