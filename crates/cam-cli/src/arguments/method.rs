use clap::Args;

/// What can be set about methods, in every command that makes maps; refused where none of the methods
/// asked for has a use for it.
#[derive(Debug, Clone, Args)]
pub struct MethodOptions {
    /// Take the first principal component of what the channels contribute, not their sum.
    #[arg(long)]
    pub eigen_smooth: bool,

    /// Channels that score-cam and its kin look through: those that vary most; all unless given.
    #[arg(long, value_name = "N", value_parser = channels)]
    pub top_channels: Option<u32>,

    /// Samples, steps or masks that are averaged, where a method does so; its own number unless given.
    #[arg(long, value_name = "N", value_parser = samples)]
    pub samples: Option<u32>,

    /// Where random numbers begin, 0 unless given: the same seed gives the same maps.
    #[arg(long, value_name = "N")]
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

fn counted(text: &str, most: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("they count from 1, up to {most}"))
}
