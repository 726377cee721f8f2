use clap::{Args, value_parser};

use super::{ImageList, Setup};

/// Arguments of `cam classify`.
#[derive(Debug, Args)]
pub struct Classify {
    /// The images.
    #[command(flatten)]
    pub images: ImageList,

    /// How many classes of each image are told, the likeliest first.
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = value_parser!(u32).range(1..=10_000))]
    pub top: u32,

    /// Which network, whose weights must hold a classifier, and how images are read.
    #[command(flatten)]
    pub setup: Setup,

    /// Print one JSON document instead of text.
    #[arg(short, long)]
    pub json: bool,
}
