use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::Setup;

/// Arguments of `cam view`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct View {
    /// A folder of images, an index, or images; two shipped photographs unless given. Nothing else is read.
    #[arg(value_name = "FOLDER|INDEX|IMAGE")]
    pub what: Vec<PathBuf>,

    /// Where the index of a folder is, or is built when the page is asked to; in the cache unless given.
    #[arg(long, value_name = "FOLDER")]
    pub index: Option<PathBuf>,

    /// Where to listen; a free port unless given.
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub port: u16,

    /// The address to listen at; who can reach it and knows the printed secret may look at everything.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1", hide_short_help = true)]
    pub listen: IpAddr,

    /// Print the address, and open no browser.
    #[arg(long)]
    pub no_open: bool,

    /// Which network, and how images are read.
    #[command(flatten)]
    pub setup: Setup,
}

const HELP: &str = "\
The page's address holds what is asked and shown: whoever has the same files sees the same by it. No other host is asked
for anything. Ctrl-C ends it.

Examples:
  cam view
  cam view photographs
  cam view street.jpg car.jpg --model resnet50
  cam view shelf --no-open --port 8000";
