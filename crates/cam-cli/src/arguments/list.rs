use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::TargetName;

/// What to list.
#[derive(Debug, Subcommand)]
pub enum List {
    /// List the networks known by name, and where their weights are.
    Models(Json),
    /// List the methods, what each costs, and which of them coincide.
    Methods(Methods),
    /// List the layers a network can be explained at.
    Layers(Layers),
    /// List the devices, and which of them this binary can use here.
    Devices(Json),
}

/// Arguments of commands that only list.
#[derive(Debug, Args)]
pub struct Json {
    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

/// Arguments of `cam list methods`.
#[derive(Debug, Args)]
pub struct Methods {
    /// The network whose coinciding methods are told; the embedded one unless given.
    #[arg(short, long, value_name = "NAME")]
    pub model: Option<String>,

    /// The layer; the last one unless given.
    #[arg(short, long, value_name = "L")]
    pub layer: Option<String>,

    /// What is asked; the cosine unless given.
    #[arg(long, value_name = "T")]
    pub target: Option<TargetName>,

    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

/// Arguments of `cam list layers`.
#[derive(Debug, Args)]
pub struct Layers {
    /// A weight file or an ONNX file, whose network is inferred, or a folder with a network's settings.
    #[arg(value_name = "FILE", conflicts_with_all = ["model", "weights"])]
    pub file: Option<PathBuf>,

    /// The network's name; the embedded one unless a file is given.
    #[arg(short, long, value_name = "NAME")]
    pub model: Option<String>,

    /// The same as FILE.
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub weights: Option<PathBuf>,

    /// List the layers too beside which a residual passes by.
    #[arg(short, long)]
    pub all: bool,

    /// The size of the images; the network's own unless given.
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub size: Option<(usize, usize)>,

    /// Of several networks in the weight file, the one whose names begin so.
    #[arg(long, value_name = "NAMES", conflicts_with = "model")]
    pub prefix: Option<String>,

    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

fn size(text: &str) -> Result<(usize, usize), String> {
    match text.parse::<cam_explain::Size>() {
        Ok(cam_explain::Size::Fixed(width, height)) => Ok((width, height)),
        _ => Err("write a size in pixels, as in 224x224".to_owned()),
    }
}
