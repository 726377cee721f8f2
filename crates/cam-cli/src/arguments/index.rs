use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, value_parser};

use super::method::blocks;
use super::{Setup, Upsampled};

/// Arguments of `cam index`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_long_help = INDEX_HELP)]
pub struct Index {
    /// What to do with an index that is there.
    #[command(subcommand)]
    pub command: Option<IndexCommand>,

    /// The folder of images, and of folders of images.
    #[arg(value_name = "DIR", required = true)]
    pub folder: Option<PathBuf>,

    /// The folder of the index; it is made if it does not exist.
    #[arg(long, value_name = "FOLDER", default_value = "cam-index")]
    pub index: PathBuf,

    /// Keep embeddings only: a fiftieth of the space, but what is found cannot be explained.
    #[arg(long)]
    pub no_maps: bool,

    /// Of a transformer whose class token is read, keep what so many of the last blocks took from each patch, or `all`;
    /// 4 unless given.
    #[arg(long, value_name = "N|all", value_parser = blocks, hide_short_help = true, conflicts_with = "no_maps")]
    pub blocks: Option<usize>,

    /// The folder is the one that was indexed, moved, though less than half of its images are as they were.
    #[arg(long, hide_short_help = true)]
    pub moved: bool,

    /// Which network, and how images are read.
    #[command(flatten)]
    pub setup: Setup,

    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

/// What to do with an index.
#[derive(Debug, Subcommand)]
pub enum IndexCommand {
    /// Compare everything that is kept with its checksums, and change nothing.
    Verify(Kept),
    /// Reclaim the space of changed and removed images.
    ///
    /// Temporarily needs as much free disk space as what is kept.
    Compact(Kept),
    /// Write a Parquet table with a row for each image.
    ///
    /// Its columns are path, embedding (at length one), width, height, sha256 and damaged.
    Export(Export),
}

/// Arguments of `cam index export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The folder of the index.
    #[arg(value_name = "INDEX")]
    pub index: PathBuf,

    /// The table.
    #[arg(value_name = "FILE.parquet")]
    pub table: PathBuf,

    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

/// An index that is there.
#[derive(Debug, Args)]
pub struct Kept {
    /// The folder of the index.
    #[arg(value_name = "INDEX", default_value = "cam-index")]
    pub index: PathBuf,

    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

const INDEX_HELP: &str = "\
The same command again adds what is new, looks again at what changed, and removes what is gone.

Examples:
  cam index photographs --index shelf
  cam index verify shelf
  cam index compact shelf
  cam index export shelf shelf.parquet";

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
    #[arg(short, long, value_name = "K", default_value_t = 5, value_parser = value_parser!(u32).range(1..=10_000))]
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

    /// Which network, and how images are read; the index's own size unless given.
    #[command(flatten)]
    pub setup: Setup,

    /// How maps come to pictures.
    #[command(flatten)]
    pub upsampled: Upsampled,

    /// The figure, .png or .jpg.
    #[arg(short, long, value_name = "FIGURE")]
    pub out: Option<PathBuf>,

    /// A page with everything in it.
    #[arg(long, value_name = "FILE.html")]
    pub html: Option<PathBuf>,

    /// Print a line of JSON for each image that was found.
    #[arg(short, long)]
    pub json: bool,
}

const HELP: &str = "\
What is found is explained from what the index keeps of it, without running the network on it again.

Examples:
  cam index photographs --index shelf
  cam search cup.jpg --index shelf --explain --top 3
  cam search cup.jpg --index shelf --why 1 2 --html why.html";
