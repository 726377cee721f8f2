use std::path::PathBuf;

use clap::Args;

use super::{Series, Setup, Upsampled};

/// Arguments of `cam batch`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Batch {
    /// The folder of images, and of folders of images.
    #[arg(value_name = "DIR")]
    pub images: PathBuf,

    /// What is made of each image, and where it goes.
    #[command(flatten)]
    pub series: Series,

    /// Only this part of the images, as in 2/8: parts can run on different machines.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,

    /// Also write the results as a table of columns, results.parquet: a row for each image and concept.
    #[arg(long)]
    pub parquet: bool,

    /// Also draw every image with every concept's map over it.
    #[arg(long)]
    pub pictures: bool,

    /// What the strongest colour of a picture stands for: the largest value of the image, of the
    /// concept over all images, of all, or a number.
    #[arg(
        long,
        value_name = "image|concept|global|NUMBER",
        default_value = "concept",
        requires = "pictures"
    )]
    pub scale: String,

    /// How maps come to pictures.
    #[command(flatten)]
    pub upsampled: Upsampled,

    /// Which network, and how images are read.
    #[command(flatten)]
    pub setup: Setup,

    /// Print the summary as one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

const HELP: &str = "\
Written into FOLDER: results.jsonl (results-I-of-N.jsonl of a shard): a line for the settings, then one
for each image, in the order of their names, with score and raw map of every concept, or with the reason
why there are none. With --pictures: pictures/NAME.CONCEPT.jpg (pictures-I-of-N of a shard), in folders
as the images are. A run that was interrupted goes on where it stopped, with the same command, and comes
to the same bytes. Images that changed since are done again, and lines of those that are gone removed.

Example:
  cam batch photographs --concepts things.safetensors --out results --pictures";
