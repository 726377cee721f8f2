use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, value_parser};

use super::{Images, Model};

/// Arguments of `cam index`.
#[derive(Debug, Args)]
pub struct Index {
    /// The folder of images; folders in it are looked through too.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// The folder of the index; it is made if it does not exist.
    #[arg(long, value_name = "FOLDER", default_value = "cam-index")]
    pub index: PathBuf,

    /// Keep embeddings only: a fiftieth of the room, but what is found cannot be explained.
    #[arg(long)]
    pub no_maps: bool,

    /// The folder is the one that was indexed, moved, though less than half of its images are as they were.
    #[arg(long, conflicts_with = "verify")]
    pub moved: bool,

    /// Compare everything that is kept with its checksums, and change nothing.
    #[arg(
        long,
        conflicts_with_all = ["no_maps", "size", "strict", "compat", "prefix", "allow_partial", "batch", "exact"]
    )]
    pub verify: bool,

    /// Then give back the room of images that changed or went; as much is needed while that is done.
    #[arg(long, conflicts_with = "verify")]
    pub compact: bool,

    /// Which network.
    #[command(flatten)]
    pub model: Model,

    /// How images are read.
    #[command(flatten)]
    pub reading: Images,

    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `cam search`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Search {
    /// The image that others are compared with.
    #[arg(value_name = "QUERY")]
    pub query: OsString,

    /// The folder of the index.
    #[arg(long, value_name = "FOLDER", default_value = "cam-index")]
    pub index: PathBuf,

    /// How many images are shown.
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = value_parser!(u32).range(1..=10_000))]
    pub top: u32,

    /// Show which part of the query belongs to which of every image found, in a figure
    /// (QUERY.search.png unless --out says otherwise).
    #[arg(long)]
    pub explain: bool,

    /// The folder of the index's images, where it is elsewhere than when they were indexed.
    #[arg(long, value_name = "DIR")]
    pub images: Option<PathBuf>,

    /// What in the query makes A rank above B: ranks of this search, or paths in the index.
    #[arg(long, value_names = ["A", "B"], num_args = 2)]
    pub why: Option<Vec<String>>,

    /// Which network.
    #[command(flatten)]
    pub model: Model,

    /// How images are read; the index's own size unless given.
    #[command(flatten)]
    pub reading: Images,

    /// The figure, .png or .jpg.
    #[arg(long, value_name = "FIGURE")]
    pub out: Option<PathBuf>,

    /// A page with everything in it.
    #[arg(long, value_name = "FILE.html")]
    pub html: Option<PathBuf>,

    /// Print a line of JSON for each image that was found.
    #[arg(long)]
    pub json: bool,
}

const HELP: &str = "\
What is found is explained from the feature maps in the index, without running the network on it again.

Examples:
  cam index photographs
  cam search cup.jpg --explain --top 3
  cam search cup.jpg --why 1 2 --html why.html";
