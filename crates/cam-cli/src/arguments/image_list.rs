use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// Several images.
#[derive(Debug, Args)]
pub struct ImageList {
    /// Images: files, folders (with the folders in them), patterns such as 'photographs/*.jpg', http(s) URLs, or `-`
    /// for an image on standard input.
    #[arg(value_name = "IMAGE", required_unless_present = "files_from")]
    pub images: Vec<OsString>,

    /// Also the images that a file names, one on each line; `-` reads the names from standard input.
    #[arg(long, value_name = "FILE", help_heading = "Images", hide_short_help = true)]
    pub files_from: Option<PathBuf>,

    /// Names in that file end with a zero byte instead of a line break, as `find -print0` writes them.
    #[arg(
        short = '0',
        long,
        requires = "files_from",
        help_heading = "Images",
        hide_short_help = true
    )]
    pub null: bool,
}
