use clap::{Args, value_parser};

use super::{Series, Setup};

/// Arguments of `cam video`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Video {
    /// Width and height of the raw RGB frames on standard input.
    #[arg(long, value_name = "WxH")]
    pub frame_size: String,

    /// Weight of the current frame in an exponential moving average of maps (1 = no smoothing).
    #[arg(long, value_name = "WEIGHT", default_value_t = 1.0, value_parser = share)]
    pub ema: f32,

    /// Stop after so many frames.
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=99_999_999))]
    pub max_frames: Option<u64>,

    /// What is made of each frame, and where it goes.
    #[command(flatten)]
    pub series: Series,

    /// Also write the results as a table of columns, results.parquet: a row for each frame and concept.
    #[arg(long)]
    pub parquet: bool,

    /// Which network, and how frames are read.
    #[command(flatten)]
    pub setup: Setup,

    /// Print the summary as one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

fn share(text: &str) -> Result<f32, &'static str> {
    match text.parse() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err("it takes a number above 0, up to 1"),
    }
}

const HELP: &str = "\
Written into FOLDER: results.jsonl, a line for the settings, then one for each frame with score and raw
map of every concept. A run that was interrupted goes on where it stopped: pipe the film in again.

Example:
  ffmpeg -i film.mp4 -f rawvideo -pix_fmt rgb24 -s 640x360 - | \\
      cam video --frame-size 640x360 --ema 0.3 --concepts things.safetensors -o film";
