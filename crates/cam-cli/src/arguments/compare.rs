use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, value_parser};

use super::{Setup, Upsampled};

/// Arguments of `cam compare`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Compare {
    /// The first image.
    #[arg(value_name = "A")]
    pub first: OsString,

    /// The second image.
    #[arg(value_name = "B")]
    pub second: OsString,

    /// How many correspondences are drawn and listed.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = value_parser!(u32).range(0..=1000))]
    pub lines: u32,

    /// Points of A, in its own pixels, whose parts of B are shown. May be repeated.
    #[arg(long = "point", value_name = "X,Y")]
    pub points: Vec<String>,

    /// Which network, and how images are read.
    #[command(flatten)]
    pub setup: Setup,

    /// How maps come to the picture.
    #[command(flatten)]
    pub upsampled: Upsampled,

    /// The figure, .png or .jpg.
    #[arg(short, long, value_name = "FIGURE")]
    pub out: Option<PathBuf>,

    /// What every pair of positions adds: f32 [rows of A, columns of A, rows of B, columns of B].
    #[arg(long, value_name = "FILE.npy")]
    pub raw: Option<PathBuf>,

    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

const HELP: &str = "\
The cosine of two embeddings is a sum over all pairs of positions, one of each image, where the network
ends in pooling. Which part of A makes it similar to B, which part of B to A, and which matches which
are sums and entries of that one table; everything adds up to the cosine.

Without --out, --raw and --json a figure is written to A+B.compare.png in the current folder.

Examples:
  cam compare shoe.jpg catalogue.jpg
  cam compare shoe.jpg catalogue.jpg --point 120,88 --lines 4 --out why.png --raw pairs.npy";
