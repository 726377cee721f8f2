use std::path::PathBuf;

use clap::{Args, value_parser};

use super::{ImageList, Setup, Upsampled};

/// Arguments of `cam factorize`.
#[derive(Debug, Args)]
pub struct Factorize {
    /// The images.
    #[command(flatten)]
    pub images: ImageList,

    /// How many parts are looked for.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = value_parser!(u32).range(1..=100))]
    pub parts: u32,

    /// Steps of the factorization.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = value_parser!(u32).range(1..=100_000))]
    pub steps: u32,

    /// Where random numbers begin.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// A file of concepts (`cam concept` makes it): each part is called after the one most like it.
    #[arg(long, value_name = "FILE")]
    pub concepts: Option<PathBuf>,

    /// Where to look; the last layer unless given.
    #[arg(short, long, value_name = "L")]
    pub layer: Option<String>,

    /// Which network, and how images are read; all are brought to one size.
    #[command(flatten)]
    pub setup: Setup,

    /// How maps come to the picture.
    #[command(flatten)]
    pub upsampled: Upsampled,

    /// The figure, .png or .jpg; IMAGE.parts.png unless given.
    #[arg(short, long, value_name = "FIGURE")]
    pub out: Option<PathBuf>,

    /// How much of each part is where: f32 [images, parts, h', w'].
    #[arg(long, value_name = "FILE.npy")]
    pub raw: Option<PathBuf>,

    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}
