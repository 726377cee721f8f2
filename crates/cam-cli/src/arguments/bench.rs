use clap::{Args, Subcommand, value_parser};

use super::{MethodOptions, Model};

/// Arguments of `cam bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// What to time.
    #[command(subcommand)]
    pub benchmark: Benchmark,
}

/// What can be timed.
#[derive(Debug, Subcommand)]
pub enum Benchmark {
    /// Time an explanation, step by step, from pixels to the finished map.
    Explain(BenchExplain),
}

/// Arguments of `cam bench explain`.
#[derive(Debug, Args)]
#[command(after_long_help = EXPLAIN_HELP)]
pub struct BenchExplain {
    /// Size of the network's input, one number for a square; the model's unless given.
    #[arg(long, value_name = "WxH|N")]
    pub size: Option<String>,

    /// Where to explain. The last layer unless given.
    #[arg(short, long, value_name = "L")]
    pub layer: Option<String>,

    /// How maps are made (`cam list methods` lists them). Unless given, token-contributions for a transformer, and grad-cam
    /// for other networks and with --layer.
    #[arg(long, value_name = "M")]
    pub method: Option<String>,

    /// How many images go through the network together.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..=1000))]
    pub images: u32,

    /// How many concepts are asked about at once.
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = value_parser!(u32).range(1..=1000))]
    pub concepts: u32,

    /// How often everything is timed, after a first time that does not count.
    #[arg(long, value_name = "R", default_value_t = 20, value_parser = value_parser!(u32).range(1..=100_000))]
    pub repeat: u32,

    /// Print one JSON document instead of text.
    #[arg(short, long)]
    pub json: bool,

    /// Which network.
    #[command(flatten)]
    pub model: Model,

    /// What can be set about the method.
    #[command(flatten)]
    pub options: MethodOptions,
}

const EXPLAIN_HELP: &str = "\
What is timed begins with 8-bit RGB pixels of the network's input size in memory and ends with the
finished maps in memory. total is timed on its own, without stops between the steps, and so is
forward: the network alone, from prepared images to embeddings. A network that is named and whose
weights are not here gets placeholders: its speed is the same. `cargo xtask bench` times the parts.

Examples:
  cam bench explain
  cam bench explain --model resnet50 --size 512x512 --threads 2 --repeat 50
  cam bench explain --model resnet50 --layer layer3 --concepts 100 --json
  cam bench explain --weights vit.onnx --method legrad --blocks 4";
