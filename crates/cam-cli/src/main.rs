//! The binary `cam`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(cam_cli::run(std::env::args_os()))
}
