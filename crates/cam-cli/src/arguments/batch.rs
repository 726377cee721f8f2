use std::path::PathBuf;

use clap::{Args, value_parser};

use cam_explain::concepts::ConceptsAs;

use super::{Images, MethodOptions, Model};

/// Arguments of `cam batch`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Batch {
    /// The folder of images, folders in it too; `-` for raw frames from standard input.
    #[arg(value_name = "DIR|-")]
    pub images: PathBuf,

    /// The file of concepts (`cam concept` makes it).
    #[arg(long, value_name = "FILE")]
    pub concepts: PathBuf,

    /// The folder for what comes of it; it is made if it does not exist.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,

    /// What a concept of the file is.
    #[arg(long = "as", value_name = "centroid|contrast|prototypes", default_value = "contrast")]
    pub concepts_as: ConceptsAs,

    /// How maps are made (`cam methods` lists them).
    /// Contributions sum to the score, and can be compared from image to image.
    #[arg(long, value_name = "M", default_value = "contributions")]
    pub method: String,

    /// What can be set about the method.
    #[command(flatten)]
    pub options: MethodOptions,

    /// Where to explain; the last layer unless given.
    #[arg(long, value_name = "L")]
    pub layer: Option<String>,

    /// Only every n-th part of the images, as in 2/8: parts can run on different machines.
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

    /// Width and height of the raw RGB frames on standard input.
    #[arg(long, value_name = "WxH")]
    pub frames: Option<String>,

    /// How much of a frame's map is its own; the rest is that of the frames before it.
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, value_parser = share, requires = "frames")]
    pub smooth: f32,

    /// Stop after so many frames.
    #[arg(long, value_name = "N", requires = "frames", value_parser = value_parser!(u64).range(1..=99_999_999))]
    pub most_frames: Option<u64>,

    /// Which network.
    #[command(flatten)]
    pub model: Model,

    /// How images are read.
    #[command(flatten)]
    pub reading: Images,

    /// Print the summary as one JSON document.
    #[arg(long)]
    pub json: bool,
}

fn share(text: &str) -> Result<f32, &'static str> {
    match text.parse() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err("it takes a number above 0, up to 1"),
    }
}

const HELP: &str = "\
Written into FOLDER: results.jsonl (results-I-of-N.jsonl of a shard): a line for the settings, then one
for each image, in the order of their names, with score and raw map of every concept, or with the reason
why there are none. With --pictures: pictures/NAME.CONCEPT.jpg (pictures-I-of-N of a shard), in folders
as the images are. A run that was interrupted goes on where it stopped, with the same command, and comes
to the same bytes. Images that changed since are done again, and lines of those that are gone removed.

Examples:
  cam batch photographs --concepts things.safetensors --out results --pictures
  ffmpeg -i film.mp4 -f rawvideo -pix_fmt rgb24 -s 640x360 - | \\
      cam batch - --frames 640x360 --smooth 0.3 --concepts things.safetensors --out film";
