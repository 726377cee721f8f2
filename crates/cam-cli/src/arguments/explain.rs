use std::ffi::OsString;
use std::path::PathBuf;

use cam_core::AlongEmbedding;
use cam_explain::{ClassScore, ConceptScore};
use clap::{Args, ValueEnum, value_parser};

use super::{ImageList, Images, MethodOptions, Model, Upsampled};

/// Arguments of `cam explain`.
#[derive(Debug, Args)]
#[command(after_long_help = EXPLAIN_HELP)]
pub struct Explain {
    /// The images to explain.
    #[command(flatten)]
    pub queries: ImageList,

    /// An image of what to look for, with a name or named after its file; repeat it for more.
    #[arg(short, long = "concept", value_name = "[NAME=]IMAGE")]
    pub concepts: Vec<OsString>,

    /// A vector of what to look for, from a text encoder, say: a .npy array, a .parquet table or a .safetensors file as
    /// wide as the network's embeddings, and a row of it by its number from 0 or its name; repeat it for more.
    #[arg(long = "vector", value_name = "[NAME=]FILE[:ROW]")]
    pub vectors: Vec<OsString>,

    /// An image of what not to look for; repeat it for more. Each concept is asked for in contrast to the mean of them
    /// (cosine to the concept less the mean cosine to these).
    #[arg(long = "negative", value_name = "IMAGE")]
    pub negatives: Vec<OsString>,

    /// Also ask where each concept is not (1 − cosine).
    #[arg(long)]
    pub difference: bool,

    /// Ask what speaks for a class of the classifier, by its name or its number from 0.
    #[arg(long = "class", value_name = "NAME|N", allow_negative_numbers = true)]
    pub classes: Vec<String>,

    /// Ask what speaks for the K likeliest classes of each query; 1 where nothing else is asked.
    #[arg(
        long,
        value_name = "K",
        value_parser = value_parser!(u32).range(1..=10_000),
        conflicts_with_all = ["concepts", "vectors", "classes"],
    )]
    pub top: Option<u32>,

    /// Which network.
    #[command(flatten)]
    pub model: Model,

    /// Where to explain; several layers are averaged. The last one unless given.
    #[arg(short, long = "layer", value_name = "L[,L]", value_delimiter = ',')]
    pub layers: Vec<String>,

    /// What to ask: of concepts cosine, dot or neg-l2, of classes logit, softmax, rest or finer.
    #[arg(long, value_name = "T", hide_short_help = true)]
    pub target: Option<TargetName>,

    /// How maps are made.
    #[command(flatten)]
    pub method: Method,

    /// How images are read.
    #[command(flatten)]
    pub images: Images,

    /// How maps come to the picture.
    #[command(flatten)]
    pub upsampled: Upsampled,

    /// The colours of overlays: turbo, jet, viridis, inferno, or diverging for the signed map.
    #[arg(long, value_name = "MAP")]
    pub colormap: Option<cam_viz::Colormap>,

    /// Write a figure: concepts, query, overlays, captions (.png or .jpg).
    #[arg(short, long, value_name = "FIGURE")]
    pub out: Option<PathBuf>,

    /// Write each overlay, at the query's own size, with --compat at the input's (.png or .jpg).
    #[arg(long, value_name = "FILE")]
    pub overlay: Option<PathBuf>,

    /// Write the signed raw maps at the layer's size: f32 [questions, h', w'].
    #[arg(long, value_name = "FILE.npy", hide_short_help = true)]
    pub raw: Option<PathBuf>,

    /// Write the finished maps in 0..=1 at the input's size: f32 [questions, h, w]; .png writes 16-bit grey.
    #[arg(long, value_name = "FILE.npy", hide_short_help = true)]
    pub map: Option<PathBuf>,

    /// Draw the boxes of connected regions in which a finished map is at least T, above 0 and at most 1, and list them
    /// with --json.
    #[arg(long, value_name = "T", value_parser = threshold)]
    pub boxes: Option<f32>,

    /// Print one JSON document instead of text.
    #[arg(short, long)]
    pub json: bool,
}

const EXPLAIN_HELP: &str = "\
Questions come in this order: for each concept its similarity and, with --difference, its
difference; then the classes; each by every method in turn. Names of output files may hold {query},
{concept}, {layer} and {method}; where there are several of one, the name must hold it. `-` writes to standard output.

Without --out, --overlay, --raw, --map and --json a figure is written to QUERY.cam.png in the
current folder.

Examples:
  cam explain street.jpg -c car.jpg -c sky=clouds.jpg --difference -o figure.png
  cam explain street.jpg -c car.jpg -m resnet50 --size 512x512 --compat pytorch-grad-cam
  cam explain street.jpg -c car.jpg --method grad-cam,ablation-cam,score-cam --top-channels 64
  cam explain street.jpg -c car.jpg --boxes 0.5 -o figure.png
  cam explain street.jpg --vector car=texts.parquet:\"a photo of a car\" -o figure.png
  cam explain street.jpg --class 'sports car' --target softmax --json
  cam explain street.jpg --top 3";

impl Explain {
    /// How many concepts are asked for, of images and of vectors.
    pub fn concept_count(&self) -> usize {
        self.concepts.len() + self.vectors.len()
    }
}

fn threshold(text: &str) -> Result<f32, &'static str> {
    let threshold = text.parse().ok().filter(|threshold| *threshold > 0.0 && *threshold <= 1.0);
    threshold.ok_or("finished maps are in 0 to 1: write a number above 0 and at most 1, as in 0.5")
}

/// What to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetName {
    /// Cosine similarity to a concept.
    Cosine,
    /// Inner product with a concept.
    Dot,
    /// Negative distance to a concept.
    NegL2,
    /// A class's logit.
    Logit,
    /// A class's probability.
    Softmax,
    /// A class's residual softmax: its logit plus the logarithm of its probability.
    Rest,
    /// What tells a class from the three most like it.
    Finer,
}

impl TargetName {
    /// How its score changes along the embedding; the cosine's unless given.
    pub fn along_embedding(target: Option<Self>) -> AlongEmbedding {
        let target = target.unwrap_or(Self::Cosine);
        let of_concepts = target.of_concepts().map(ConceptScore::along_embedding);
        let of_classes = target.of_classes().map(ClassScore::along_embedding);
        of_concepts.or(of_classes).unwrap_or(AlongEmbedding::Curved)
    }

    /// Of a concept, where it is asked of concepts.
    pub fn of_concepts(self) -> Option<ConceptScore> {
        match self {
            Self::Cosine => Some(ConceptScore::Cosine),
            Self::Dot => Some(ConceptScore::Dot),
            Self::NegL2 => Some(ConceptScore::NegativeDistance),
            _ => None,
        }
    }

    /// Of a class, where it is asked of classes.
    pub fn of_classes(self) -> Option<ClassScore> {
        match self {
            Self::Logit => Some(ClassScore::Logit),
            Self::Softmax => Some(ClassScore::Softmax),
            Self::Rest => Some(ClassScore::Rest),
            Self::Finer => Some(ClassScore::Finer),
            _ => None,
        }
    }
}

/// How maps are made.
#[derive(Debug, Args)]
pub struct Method {
    /// The rule, or several side by side (`cam list methods` lists them). Unless given, token-contributions for a
    /// transformer, and grad-cam for other networks, with --layer and with --compat.
    #[arg(id = "method", long = "method", value_name = "M[,M]", value_delimiter = ',')]
    pub names: Vec<String>,

    /// Average over six copies of the image (test-time augmentation): mirrored or not, darker, as it is and brighter.
    #[arg(long, hide_short_help = true)]
    pub tta: bool,

    /// What can be set about the methods.
    #[command(flatten)]
    pub options: MethodOptions,
}
