use std::path::PathBuf;

use cam_explain::concepts::ConceptsAs;
use clap::Args;

use super::MethodOptions;

/// What is made of each of a series of images, files or frames, by a file of concepts, and where it goes.
#[derive(Debug, Args)]
pub struct Series {
    /// The file of concepts (`cam concept` makes it).
    #[arg(long, value_name = "FILE")]
    pub concepts: PathBuf,

    /// Output folder (created if missing).
    #[arg(short, long, value_name = "FOLDER")]
    pub out: PathBuf,

    /// What a concept of the file is.
    #[arg(long = "as", value_name = "centroid|contrast|prototypes", default_value = "contrast")]
    pub concepts_as: ConceptsAs,

    /// How maps are made (`cam list methods` lists them). Unless given, contributions, and for a transformer
    /// token-contributions: they sum to the score, and can be compared from image to image.
    #[arg(long, value_name = "M")]
    pub method: Option<String>,

    /// What can be set about the method.
    #[command(flatten)]
    pub options: MethodOptions,

    /// Where to explain; the last layer unless given.
    #[arg(short, long, value_name = "L")]
    pub layer: Option<String>,
}
