use std::path::PathBuf;

use clap::Args;
use clap::builder::Resettable;

use super::Model;

/// Arguments of `cam demo`, which shows the embedded network whatever the environment asks for.
#[derive(Debug, Args)]
#[command(
    mut_arg("model", |argument| argument.env(Resettable::Reset)),
    mut_arg("weights", |argument| argument.env(Resettable::Reset))
)]
pub struct Demo {
    /// Where the figure goes.
    #[arg(short, long, value_name = "FIGURE", default_value = "tutorial.png")]
    pub out: PathBuf,

    /// Which network.
    #[command(flatten)]
    pub model: Model,
}
