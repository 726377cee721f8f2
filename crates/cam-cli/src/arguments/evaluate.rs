use std::path::PathBuf;

use cam_explain::evaluate::Negatives;
use cam_models::Fit;
use clap::{Args, value_parser};

use super::{MethodOptions, Model, PictureLimits};

/// Arguments of `cam evaluate`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Evaluate {
    /// The folder of images.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// The folder for what is measured; it is made if it does not exist.
    #[arg(short, long, value_name = "FOLDER", default_value = "evaluation")]
    pub out: PathBuf,

    /// The methods that are measured, beside the baselines. Unless given, token-contributions, attention-contributions,
    /// legrad, rollout and grad-cam for a transformer, and grad-cam, grad-cam-plus-plus, layer-cam, eigen-cam and
    /// ablation-cam for other networks.
    #[arg(long = "method", value_name = "M[,M]", value_delimiter = ',')]
    pub methods: Vec<String>,

    /// What is measured, beside the time: inside, points, overlap, deletion, insertion, drop, increase, road, arcc,
    /// complexity, sensitivity, randomised, agreement (the rank correlation with the first method's map). All of it unless
    /// given; inside, points and overlap take a single run of the
    /// network for a map, the others take up to a hundred.
    #[arg(long = "measure", value_name = "M[,M]", value_delimiter = ',')]
    pub measures: Vec<String>,

    /// Take photographs as they are, in place of collages, and ask about each object that a file of labelme outlines
    /// (photograph.jpg, photograph.json): the concept is the object, cut out.
    #[arg(long, conflicts_with_all = ["collages", "grid", "cell", "fit"])]
    pub objects: bool,

    /// Ask for the cosine to a concept alone, or less the mean cosine to the others in the picture, or less the mean cosine
    /// to everything that can be asked about.
    #[arg(long, value_name = "none|others|mean", default_value_t)]
    pub negatives: Negatives,

    /// How many collages are made. Each is asked about each of its images.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = value_parser!(u32).range(1..=100_000))]
    pub collages: u32,

    /// Rows and columns of a collage.
    #[arg(long, value_name = "RxC", default_value = "2x2")]
    pub grid: String,

    /// Side of a cell in pixels. Unless given the model's input, or, of a model of one size alone, what makes the collage of
    /// that size.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(16..=1024))]
    pub cell: Option<u32>,

    /// How images of other proportions come into a cell: squash them, crop them around the centre, or pad
    /// them with the mean colour.
    #[arg(long, value_name = "squash|crop|pad", default_value_t, value_parser = fit_in_a_cell)]
    pub fit: Fit,

    /// How large images may be.
    #[command(flatten)]
    pub limits: PictureLimits,

    /// Which network.
    #[command(flatten)]
    pub model: Model,

    /// Where to explain. The last layer unless given.
    #[arg(short, long, value_name = "L")]
    pub layer: Option<String>,

    /// What can be set about the methods. The seed also chooses the collages' images.
    #[command(flatten)]
    pub options: MethodOptions,

    /// Print the summary as one JSON document instead of a table.
    #[arg(short, long)]
    pub json: bool,
}

fn fit_in_a_cell(name: &str) -> Result<Fit, String> {
    match name.parse() {
        Ok(Fit::Keep) => Err("cells have one size, and their images cannot keep theirs".to_owned()),
        fit => fit.map_err(|error| error.to_string()),
    }
}

const HELP: &str = "\
Collages put several images side by side; the question is always where one of them is, as the cosine
to its embedding. So the right place is known, and the score that is measured is the one that was
explained. Three baselines stand in the same table: a random map, a Gaussian in the centre, and edges.
Each number has the interval in which the mean lies with 95 % confidence, by bootstrap over the pictures.

Written into FOLDER: records.jsonl (a line per map, as soon as it is measured), summary.csv,
summary.json and summary.png. A run that was interrupted goes on where it stopped.

Examples:
  cam evaluate photographs --method grad-cam,score-cam --top-channels 64 --out scores
  cam evaluate photographs --measure inside,points --collages 50
  cam evaluate annotated --objects";
