use std::ffi::OsString;
use std::num::NonZero;

use clap::Args;

use super::{Images, Model};

/// Arguments of `cam classify`.
#[derive(Debug, Args)]
pub struct Classify {
    /// The images.
    #[arg(value_name = "IMAGE", required = true)]
    pub images: Vec<OsString>,

    /// How many classes of each image are told, the likeliest first.
    #[arg(long, value_name = "K", default_value = "5")]
    pub top: NonZero<usize>,

    /// Which network; its weights must hold a classifier.
    #[command(flatten)]
    pub model: Model,

    /// How images are read.
    #[command(flatten)]
    pub reading: Images,

    /// Print one JSON document instead of text.
    #[arg(long)]
    pub json: bool,
}
