//! The arguments as typed.

mod batch;
mod bench;
mod classify;
mod compare;
mod concept;
mod demo;
mod evaluate;
mod explain;
mod factorize;
mod image_list;
mod index;
mod list;
mod meant;
mod method;
mod pictures;
mod segment;
mod series;
mod setup;
mod upsampled;
mod video;
#[cfg(feature = "view")]
mod view;

use std::ffi::OsString;
use std::path::PathBuf;

use cam_models::{Fit, Precision, UnknownPrecision};
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use clap_complete::Shell;

pub use batch::Batch;
pub use bench::{Bench, BenchExplain, Benchmark};
pub use classify::Classify;
pub use compare::Compare;
pub use concept::{AddConcept, ConceptCommand, ListConcepts, RemoveConcept, ShowConcept};
pub use demo::Demo;
pub use evaluate::Evaluate;
pub use explain::{Explain, TargetName};
pub use factorize::Factorize;
pub use image_list::ImageList;
pub use index::{Export, Index, IndexCommand, Search};
pub use list::{Json, Layers, List, Methods};
pub use method::MethodOptions;
pub use pictures::PictureLimits;
pub use segment::Segment;
pub use series::Series;
pub use setup::Setup;
pub use upsampled::Upsampled;
pub use video::Video;
#[cfg(feature = "view")]
pub use view::View;

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
    Explain(Box<Explain>),
    /// Show which concept of a file is where in images.
    Segment(Segment),
    /// Show why two images are similar: which part of one belongs to which of the other.
    Compare(Compare),
    /// Keep concepts, each a name with many images, in a file.
    Concept {
        /// What to do.
        #[command(subcommand)]
        command: ConceptCommand,
    },
    /// Show what images have in common, without a question: deep feature factorization.
    Factorize(Factorize),
    /// Write the embeddings of images.
    Embed(Embed),
    /// Say what images are of, by the network's classifier.
    Classify(Classify),
    /// Explain a folder of images by a file of concepts.
    Batch(Batch),
    /// Explain the frames of a film on standard input by a file of concepts.
    Video(Video),
    /// Keep the embeddings and feature maps of a folder's images, to search them.
    Index(Box<Index>),
    /// Find the images of an index that are most similar to one, and show why.
    Search(Search),
    /// Look at images and their maps on a local page, and search a folder.
    #[cfg(feature = "view")]
    View(Box<View>),
    /// List networks, methods, layers or devices.
    List {
        /// What to list.
        #[command(subcommand)]
        list: List,
    },
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
    #[command(hide = true)]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write man pages into a folder.
    #[command(hide = true)]
    Man {
        /// The folder; it is made if it does not exist.
        folder: PathBuf,
    },
}

impl Command {
    /// How large images may be, where it reads any that are not its own.
    pub fn picture_limits(&self) -> PictureLimits {
        match self {
            Self::Explain(arguments) => arguments.images.limits,
            Self::Compare(arguments) => arguments.setup.reading.limits,
            Self::Concept { command: ConceptCommand::Add(add) } => add.setup.reading.limits,
            Self::Factorize(arguments) => arguments.setup.reading.limits,
            Self::Segment(arguments) => arguments.setup.reading.limits,
            Self::Video(arguments) => arguments.setup.reading.limits,
            Self::Embed(arguments) => arguments.setup.reading.limits,
            Self::Classify(arguments) => arguments.setup.reading.limits,
            Self::Batch(arguments) => arguments.setup.reading.limits,
            Self::Index(arguments) => arguments.setup.reading.limits,
            Self::Search(arguments) => arguments.setup.reading.limits,
            #[cfg(feature = "view")]
            Self::View(arguments) => arguments.setup.reading.limits,
            Self::Evaluate(arguments) => arguments.limits,
            _ => PictureLimits::default(),
        }
    }
}

/// Which network, and on what it runs.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Network")]
pub struct Model {
    /// A network by name (`cam list models` lists them); the embedded one unless weights are given.
    #[arg(short, long, value_name = "NAME", env = "CAM_MODEL")]
    pub model: Option<String>,

    /// A weight file (.pth, .safetensors or .onnx) or its URL, whose network is inferred unless named; or a folder of
    /// transformers, timm or open_clip.
    #[arg(long, value_name = "FILE|URL", env = "CAM_WEIGHTS")]
    pub weights: Option<OsString>,

    /// The value of an ONNX file that is the embedding, by its name; found by itself unless given.
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub embedding: Option<String>,

    /// Of several networks in the weight file, the one whose names begin so (`teacher.`); `cam
    /// inspect` lists them.
    #[arg(long, value_name = "NAMES", hide_short_help = true)]
    pub prefix: Option<String>,

    /// Ignore unexpected tensors, let missing batch norms do nothing, and say how many there were.
    #[arg(long, hide_short_help = true)]
    pub allow_partial: bool,

    /// What to run on: cpu, flex (the processor, by burn's own operations), or a card such as
    /// cuda:0, where the binary was built for it; several, as in cuda:0,cuda:1, share many images.
    #[arg(long, value_name = "D[,D]", env = "CAM_DEVICE")]
    pub device: Option<String>,

    /// In which numbers a card computes convolutions: f32, f16 or bf16. Everything else is f32.
    #[arg(long, value_name = "P", env = "CAM_PRECISION", value_parser = precision, hide_short_help = true)]
    pub precision: Option<Precision>,

    /// Images that a card runs at once; 0 for as many as its memory allows.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u32).range(0..=4096), hide_short_help = true)]
    pub batch: u32,

    /// Threads of the engine on the processor; 0 for all.
    #[arg(long, value_name = "N", env = "CAM_THREADS", default_value = "0", value_parser = threads, hide_short_help = true)]
    pub threads: u32,

    /// How images are prepared for the network: imagenet, torchvision, clip, siglip, half, unit, raw or caffe, or a file
    /// of JSON such as transformers' preprocessor_config.json; the network's own way unless given.
    #[arg(long, value_name = "NAME|FILE", hide_short_help = true)]
    pub preprocess: Option<OsString>,

    /// Convolve directly only: slower than Winograd's algorithm, exact to one more digit.
    #[arg(long, hide_short_help = true)]
    pub exact: bool,
}

/// More threads than any machine has cores for; an empty environment variable counts as unset.
fn threads(text: &str) -> Result<u32, String> {
    /// Each takes a stack and a workspace of its own.
    const MOST: u32 = 1024;
    match text {
        "" => Ok(0),
        number => number
            .parse()
            .ok()
            .filter(|&threads| threads <= MOST)
            .ok_or_else(|| format!("it takes a number from 0 to {MOST}")),
    }
}

/// An empty environment variable counts as unset.
fn precision(text: &str) -> Result<Precision, UnknownPrecision> {
    if text.is_empty() { Ok(Precision::default()) } else { text.parse() }
}

/// How images are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Images")]
pub struct Images {
    /// Size of the network's input: WxH, one side of a square, or `native` for each image's own; the
    /// model's unless given.
    #[arg(long, value_name = "WxH|N|native")]
    pub size: Option<String>,

    /// How images of other proportions come to that size: squash them, crop them around the centre, pad
    /// them with the mean colour, or keep their proportions at about the size's area; squash unless given.
    #[arg(long, value_name = "squash|crop|pad|keep")]
    pub fit: Option<Fit>,

    /// Refuse damaged images instead of marking what comes of them.
    #[arg(long, hide_short_help = true)]
    pub strict: bool,

    /// Spread each image's own range over black to white: for data that use a small part of 16 bits, or
    /// floats outside 0 to 1.
    #[arg(long, hide_short_help = true)]
    pub stretch: bool,

    /// Follow another library's arithmetic, step by step.
    #[arg(long, value_name = "LIBRARY", hide_short_help = true)]
    pub compat: Option<Compat>,

    /// How large they may be.
    #[command(flatten)]
    pub limits: PictureLimits,
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
    #[command(flatten)]
    pub images: ImageList,

    /// Where to: an array of f32 [images, width], or a table with the columns image, embedding and damaged where the
    /// name ends in .parquet. Images that fail have no row.
    #[arg(short, long, value_name = "FILE.npy|FILE.parquet")]
    pub out: PathBuf,

    /// Which network, and how images are read.
    #[command(flatten)]
    pub setup: Setup,

    /// Print one JSON document that says which row is which image.
    #[arg(short, long)]
    pub json: bool,
}

/// Arguments of `cam inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The weight file, or a folder of transformers, timm or open_clip.
    pub file: PathBuf,

    /// Of several networks in it, the one whose names begin so.
    #[arg(long, value_name = "NAMES")]
    pub prefix: Option<String>,

    /// The value of an ONNX file that is the embedding; found by itself unless given.
    #[arg(long, value_name = "NAME")]
    pub embedding: Option<String>,

    /// List every tensor.
    #[arg(long)]
    pub tensors: bool,

    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

/// Arguments of `cam fetch`.
#[derive(Debug, Args)]
pub struct Fetch {
    /// Which weights (`cam list models` lists them).
    #[arg(required = true)]
    pub models: Vec<String>,

    /// Fetch from another place that has files of the same names.
    #[arg(long, value_name = "URL", env = "CAM_MIRROR")]
    pub mirror: Option<String>,
}
