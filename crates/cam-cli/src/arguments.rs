//! The arguments as typed.

mod bench;
mod demo;
mod evaluate;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use bench::{Bench, BenchExplain, Benchmark};
pub use demo::Demo;
pub use evaluate::Evaluate;

/// What in an image is similar to, or different from, a concept? A picture, a number and the raw
/// map, for networks that turn an image into an embedding.
///
/// Images are files, `-` for standard input, or http(s) URLs. Exit codes: 0 done, 1 failed,
/// 2 wrong usage, 3 some of several images failed, 4 bad model file, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "cam", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Say nothing but results and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more (what was loaded from where, how long it took).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what in images is similar to concepts, or speaks for classes.
    Explain(Explain),
    /// Write the embeddings of images.
    Embed(Embed),
    /// List the networks known by name, and where their weights are.
    Models(Json),
    /// List the methods, what each costs, and which of them coincide.
    Methods(Methods),
    /// List the layers a network can be explained at.
    Layers(Layers),
    /// Say what a weight file holds, and whether it can be used.
    Inspect(Inspect),
    /// Download published weights into the cache.
    Fetch(Fetch),
    /// Run the tutorial on shipped photographs: where is each concept, and where is it not?
    Demo(Demo),
    /// Measure how good methods are, on collages of a folder's images.
    Evaluate(Evaluate),
    /// Time what this program does, on this machine.
    Bench(Bench),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write man pages into a folder.
    Man {
        /// The folder; it is made if it does not exist.
        folder: PathBuf,
    },
}

/// Which network, and on what it runs.
#[derive(Debug, Clone, Args)]
pub struct Model {
    /// A network by name (`cam models` lists them); the embedded one unless weights are given.
    #[arg(long, value_name = "NAME", env = "CAM_MODEL")]
    pub model: Option<String>,

    /// A weight file (.pth or .safetensors) or its URL; the network is inferred from it unless named.
    #[arg(long, value_name = "FILE|URL", env = "CAM_WEIGHTS")]
    pub weights: Option<OsString>,

    /// Ignore unexpected tensors, let missing batch norms do nothing, and say how many there were.
    #[arg(long)]
    pub allow_partial: bool,

    /// What to run on: cpu, flex (the processor, by burn's own operations), or a card such as
    /// cuda:0, where the binary was built for it.
    #[arg(long, value_name = "D", env = "CAM_DEVICE")]
    pub device: Option<String>,

    /// Threads of the engine on the processor; 0 for all.
    #[arg(long, value_name = "N", env = "CAM_THREADS", default_value_t = 0)]
    pub threads: usize,

    /// Convolve directly only: slower than Winograd's algorithm, exact to one more digit.
    #[arg(long)]
    pub exact: bool,
}

/// How images are read.
#[derive(Debug, Args)]
pub struct Images {
    /// Size of the network's input: WxH, or `native` for each image's own; the model's unless given.
    #[arg(long, value_name = "WxH|native")]
    pub size: Option<String>,

    /// Refuse damaged images instead of marking what comes of them.
    #[arg(long)]
    pub strict: bool,

    /// Follow another library's arithmetic, step by step.
    #[arg(long, value_name = "LIBRARY")]
    pub compat: Option<Compat>,
}

/// Arguments of `cam explain`.
#[derive(Debug, Args)]
#[command(
    after_long_help = EXPLAIN_HELP,
    override_usage = "cam explain [OPTIONS] <QUERY>... --concept <[NAME=]IMAGE>...\n       \
                      cam explain [OPTIONS] <QUERY>... --class <N>",
    group = ArgGroup::new("questions").args(["concepts", "classes"]).required(true).multiple(true)
)]
pub struct Explain {
    /// The images to explain.
    #[arg(value_name = "QUERY", required = true)]
    pub queries: Vec<OsString>,

    /// Images of what to look for, each with a name or named after its file. Queries come before
    /// them: everything up to the next option is a concept.
    #[arg(long = "concept", value_name = "[NAME=]IMAGE", num_args = 1..)]
    pub concepts: Vec<OsString>,

    /// Images of what not to look for: each concept is asked for in contrast to the mean of them
    /// (cosine to the concept less the mean cosine to these).
    #[arg(long = "negative", value_name = "IMAGE", num_args = 1.., requires = "concepts")]
    pub negatives: Vec<OsString>,

    /// Also ask where each concept is not (1 − cosine).
    #[arg(long)]
    pub difference: bool,

    /// Ask what speaks for a class of the classifier, numbered from 0.
    #[arg(long = "class", value_name = "N", allow_negative_numbers = true, value_parser = class)]
    pub classes: Vec<usize>,

    /// Which network.
    #[command(flatten)]
    pub model: Model,

    /// Where to explain; several layers are averaged. The last one unless given.
    #[arg(long = "layer", value_name = "L[,L]", value_delimiter = ',')]
    pub layers: Vec<String>,

    /// What to ask: of concepts cosine, dot or neg-l2, of classes logit, softmax, rest or finer.
    #[arg(long, value_name = "T")]
    pub target: Option<TargetName>,

    /// How maps are made.
    #[command(flatten)]
    pub method: Method,

    /// How images are read.
    #[command(flatten)]
    pub images: Images,

    /// The colours of overlays: turbo, jet, viridis, inferno, or diverging for the signed map.
    #[arg(long, value_name = "MAP")]
    pub colormap: Option<cam_viz::Colormap>,

    /// Write a figure: concepts, query, overlays, captions (.png or .jpg).
    #[arg(long, value_name = "FIGURE")]
    pub out: Option<PathBuf>,

    /// Write each overlay, at the query's own size, with --compat at the input's (.png or .jpg).
    #[arg(long, value_name = "FILE")]
    pub overlay: Option<PathBuf>,

    /// Write the signed raw maps at the layer's size: f32 [questions, h', w'].
    #[arg(long, value_name = "FILE.npy")]
    pub raw: Option<PathBuf>,

    /// Write the finished maps in 0..=1 at the input's size: f32 [questions, h, w]; .png writes 16-bit grey.
    #[arg(long, value_name = "FILE.npy")]
    pub map: Option<PathBuf>,

    /// Print one JSON document instead of text.
    #[arg(long)]
    pub json: bool,
}

const EXPLAIN_HELP: &str = "\
Questions come in this order: for each concept its similarity and, with --difference, its
difference; then the classes; each by every method in turn. Names of output files may hold {query},
{concept}, {layer} and {method}; where there are several of one, the name must hold it. `-` writes to standard output.

Without --out, --overlay, --raw, --map and --json a figure is written to QUERY.cam.png in the
current folder.

Examples:
  cam explain street.jpg --concept car.jpg --concept sky=clouds.jpg --difference --out figure.png
  cam explain street.jpg --concept car.jpg --model resnet50 --size 512x512 --compat pytorch-grad-cam
  cam explain street.jpg --concept car.jpg --method grad-cam,ablation-cam,score-cam --top-channels 64
  cam explain street.jpg --class 817 --target softmax --json";

fn class(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "classes are numbered from 0")
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

/// Another library whose arithmetic can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Compat {
    /// pytorch-grad-cam 1.5.7 and OpenCV's resize.
    PytorchGradCam,
}

/// Arguments of `cam embed`.
#[derive(Debug, Args)]
pub struct Embed {
    /// The images.
    #[arg(value_name = "IMAGE", required = true)]
    pub images: Vec<OsString>,

    /// Where to: f32 [images, width]. Images that fail have no row.
    #[arg(long, value_name = "FILE.npy")]
    pub out: PathBuf,

    /// Which network.
    #[command(flatten)]
    pub model: Model,

    /// How images are read.
    #[command(flatten)]
    pub reading: Images,

    /// Print one JSON document that says which row is which image.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of commands that only list.
#[derive(Debug, Args)]
pub struct Json {
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// How maps are made.
#[derive(Debug, Args)]
pub struct Method {
    /// The rule, or several side by side (`cam methods` lists them).
    #[arg(
        id = "method",
        long = "method",
        value_name = "M[,M]",
        value_delimiter = ',',
        default_value = "grad-cam"
    )]
    pub names: Vec<String>,

    /// Take the first principal component of what the channels contribute, not their sum.
    #[arg(long)]
    pub eigen_smooth: bool,

    /// Average the finished maps of six copies: mirrored or not, darker, as they are and brighter.
    #[arg(long)]
    pub aug_smooth: bool,

    /// Channels that score-cam and its kin look through: those that vary most; all unless given.
    #[arg(long, value_name = "N")]
    pub top_channels: Option<usize>,

    /// Samples, steps or masks that are averaged, where a method does so; its own number unless given.
    #[arg(long, value_name = "N")]
    pub samples: Option<usize>,

    /// Where random numbers begin: the same seed gives the same maps.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// Arguments of `cam methods`.
#[derive(Debug, Args)]
pub struct Methods {
    /// The network whose coinciding methods are told; the embedded one unless given.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,

    /// The layer; the last one unless given.
    #[arg(long, value_name = "L")]
    pub layer: Option<String>,

    /// What is asked; the cosine unless given.
    #[arg(long, value_name = "T")]
    pub target: Option<TargetName>,

    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `cam layers`.
#[derive(Debug, Args)]
pub struct Layers {
    /// The network's name; the embedded one unless given.
    pub model: Option<String>,

    /// A weight file instead, whose network is inferred.
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub weights: Option<PathBuf>,

    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `cam inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The weight file.
    pub file: PathBuf,

    /// List every tensor.
    #[arg(long)]
    pub tensors: bool,

    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `cam fetch`.
#[derive(Debug, Args)]
pub struct Fetch {
    /// Which weights (`cam models` lists them).
    #[arg(required = true)]
    pub models: Vec<String>,

    /// Fetch from another place that has files of the same names.
    #[arg(long, value_name = "URL", env = "CAM_MIRROR")]
    pub mirror: Option<String>,
}
