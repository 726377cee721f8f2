//! Names of what TIFF files may hold and is not read.

use super::layout::unsupported;
use crate::decode::DecodeError;

/// Refuses a compression that is not read, by its name.
pub(super) fn check_compression(compression: u64) -> Result<(), DecodeError> {
    let name = match compression {
        1..=5 | 7 | 8 | 32_773 | 32_946 | 50_001 => return Ok(()),
        6 => "old-style JPEG",
        9 | 10 | 34_661 => "JBIG",
        32_766 => "NeXT",
        32_771 => "CCITT RLE by words",
        32_809 => "ThunderScan",
        32_908 | 32_909 => "PixarLog",
        33_003..=33_005 | 34_712 => "JPEG 2000",
        34_676 | 34_677 => "SGI Log",
        34_887 => "LERC",
        34_892 => "lossy JPEG of raw data",
        34_925 => "LZMA",
        50_000 | 34_926 => "Zstandard",
        50_002 | 52_546 => "JPEG XL",
        other => return Err(unsupported(format!("compression {other}"))),
    };
    Err(unsupported(format!("{name} compression")))
}

/// What a photometric interpretation that is not read is called.
pub(super) fn photometric(value: u64) -> String {
    let name = match value {
        4 => "a transparency mask",
        8 => "CIE L*a*b* colours",
        9 => "ICC L*a*b* colours",
        10 => "ITU L*a*b* colours",
        32_803 => "a raw colour filter array",
        32_844 | 32_845 => "logarithmic luminance",
        34_892 => "raw linear samples",
        other => return format!("photometric interpretation {other}"),
    };
    name.to_owned()
}
