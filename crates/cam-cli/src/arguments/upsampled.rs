use cam_explain::Upsample;
use clap::Args;

use super::Images;
use crate::failure::Failure;

/// How maps come to the size of pictures, in every command in which that changes something.
#[derive(Debug, Clone, Copy, Args)]
pub struct Upsampled {
    /// What lies between the positions of a map: nothing, each being flat (nearest), lines (bilinear), or what follows
    /// the picture's edges, which are not the network's (guided); bilinear unless given.
    #[arg(long, value_name = "nearest|bilinear|guided", hide_short_help = true)]
    pub upsample: Option<Upsample>,
}

impl Upsampled {
    /// The way that is meant; a library that is followed has its own.
    pub fn meant(self, images: &Images) -> Result<Upsample, Failure> {
        let upsample = self.upsample.unwrap_or_default();
        if images.compat.is_some() && upsample != Upsample::Bilinear {
            return Err(Failure::usage(format!(
                "--compat follows a library whose maps are bilinear: leave out --upsample {upsample}, or --compat"
            )));
        }
        Ok(upsample)
    }

    /// The same where maps are drawn and nothing else: refused where nothing is.
    pub fn drawn(self, images: &Images, draws: bool, remedy: &str) -> Result<Upsample, Failure> {
        match self.upsample {
            Some(_) if !draws => Err(Failure::usage(format!(
                "--upsample is for maps that are drawn, and none is: {remedy}"
            ))),
            _ => self.meant(images),
        }
    }
}
