use std::path::PathBuf;

use cam_explain::concepts::ConceptsAs;
use clap::Args;

use super::{ImageList, MethodOptions, Setup, Upsampled};

/// Arguments of `cam segment`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Segment {
    /// The images.
    #[command(flatten)]
    pub queries: ImageList,

    /// The file of concepts (`cam concept` makes it).
    #[arg(long, value_name = "FILE")]
    pub concepts: PathBuf,

    /// What a concept of the file is: the mean of its images, the same in contrast to its negatives
    /// or else to all images of the file, or whichever of its images is the most similar.
    #[arg(long = "as", value_name = "centroid|contrast|prototypes", default_value = "contrast")]
    pub concepts_as: ConceptsAs,

    /// Where to explain; the last layer unless given.
    #[arg(short, long, value_name = "L")]
    pub layer: Option<String>,

    /// How maps are made (`cam list methods` lists them). Unless given, token-contributions for a transformer, and grad-cam
    /// for other networks.
    #[arg(long, value_name = "M")]
    pub method: Option<String>,

    /// What can be set about the method.
    #[command(flatten)]
    pub options: MethodOptions,

    /// Which network, and how images are read.
    #[command(flatten)]
    pub setup: Setup,

    /// How maps come to the picture.
    #[command(flatten)]
    pub upsampled: Upsampled,

    /// The colours of the maps: turbo, jet, viridis, inferno, or diverging for signed maps.
    #[arg(long, value_name = "MAP")]
    pub colormap: Option<cam_viz::Colormap>,

    /// Write a figure: image, segmentation, legend, and the maps with the largest shares (.png or .jpg).
    #[arg(short, long, value_name = "FIGURE")]
    pub out: Option<PathBuf>,

    /// Write each segmentation (.png or .jpg).
    #[arg(long, value_name = "FILE")]
    pub overlay: Option<PathBuf>,

    /// Write the signed raw maps at the layer's size: f32 [concepts, h', w'].
    #[arg(long, value_name = "FILE.npy", hide_short_help = true)]
    pub raw: Option<PathBuf>,

    /// Print one JSON document instead of text.
    #[arg(short, long)]
    pub json: bool,
}

const HELP: &str = "\
Names of output files may hold {query}; where there are several images, they must. Without --out,
--overlay, --raw and --json a figure is written to QUERY.cam.png in the current folder.

Example:
  cam segment street.jpg --concepts things.safetensors -o figure.png";
