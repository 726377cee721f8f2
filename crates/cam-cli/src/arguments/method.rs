use clap::Args;

/// What can be set about methods, in every command that makes maps; refused where none of the methods
/// asked for has a use for it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Method")]
pub struct MethodOptions {
    /// Take the first principal component of what the channels contribute, not their sum.
    #[arg(long, hide_short_help = true)]
    pub eigen: bool,

    /// Only mask the N channels with the widest range (Score-CAM, SS-CAM, IS-CAM); all unless given.
    #[arg(long, value_name = "N", value_parser = channels, hide_short_help = true)]
    pub top_channels: Option<u32>,

    /// Number of samples, steps or masks to average, where a method does so; its own number unless given.
    #[arg(long, value_name = "N", value_parser = samples, hide_short_help = true)]
    pub samples: Option<u32>,

    /// How many of a transformer's last blocks to explain, or `all`, where a method explains blocks; its own number
    /// unless given.
    #[arg(long, value_name = "N|all", value_parser = blocks, hide_short_help = true)]
    pub blocks: Option<usize>,

    /// Random seed; 0 unless given.
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub seed: Option<u64>,
}

/// More than any layer has.
fn channels(text: &str) -> Result<u32, String> {
    counted(text, 65_536)
}

/// More would take days.
fn samples(text: &str) -> Result<u32, String> {
    counted(text, 100_000)
}

/// All are as many as there are.
pub(super) fn blocks(text: &str) -> Result<usize, String> {
    match text {
        "all" => Ok(usize::MAX),
        text => {
            counted(text, 1000).map(|count| count as usize).map_err(|e| format!("{e}, or are all"))
        }
    }
}

fn counted(text: &str, most: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("they count from 1, up to {most}"))
}
