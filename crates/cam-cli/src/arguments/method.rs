use clap::{Args, value_parser};

/// What can be set about methods, in every command that makes maps; refused where none of the methods
/// asked for has a use for it.
#[derive(Debug, Clone, Args)]
pub struct MethodOptions {
    /// Take the first principal component of what the channels contribute, not their sum.
    #[arg(long)]
    pub eigen_smooth: bool,

    /// Channels that score-cam and its kin look through: those that vary most; all unless given.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=65_536))]
    pub top_channels: Option<u32>,

    /// Samples, steps or masks that are averaged, where a method does so; its own number unless given.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000))]
    pub samples: Option<u32>,

    /// Where random numbers begin, 0 unless given: the same seed gives the same maps.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}
