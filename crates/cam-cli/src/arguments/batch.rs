use std::path::PathBuf;

use clap::Args;

use cam_explain::concepts::ConceptsAs;

use super::{Images, MethodOptions, Model};

/// Arguments of `cam batch`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Batch {
    /// The folder of images, and of folders of images.
    #[arg(value_name = "DIR")]
    pub images: PathBuf,

    /// The file of concepts (`cam concept` makes it).
    #[arg(long, value_name = "FILE")]
    pub concepts: PathBuf,

    /// Output folder (created if missing).
    #[arg(short, long, value_name = "FOLDER")]
    pub out: PathBuf,

    /// What a concept of the file is.
    #[arg(long = "as", value_name = "centroid|contrast|prototypes", default_value = "contrast")]
    pub concepts_as: ConceptsAs,

    /// How maps are made (`cam list methods` lists them).
    /// Contributions sum to the score, and can be compared from image to image.
    #[arg(long, value_name = "M", default_value = "contributions")]
    pub method: String,

    /// What can be set about the method.
    #[command(flatten)]
    pub options: MethodOptions,

    /// Where to explain; the last layer unless given.
    #[arg(short, long, value_name = "L")]
    pub layer: Option<String>,

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

    /// Which network.
    #[command(flatten)]
    pub model: Model,

    /// How images are read.
    #[command(flatten)]
    pub reading: Images,

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
