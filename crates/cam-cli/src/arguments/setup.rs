use clap::Args;

use super::{Images, Model};

/// Which network, and how the images are read that it is given.
#[derive(Debug, Args)]
pub struct Setup {
    /// Which network.
    #[command(flatten)]
    pub model: Model,

    /// How images are read.
    #[command(flatten)]
    pub reading: Images,
}
