use clap::Args;

/// How large images may be.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct PictureLimits {
    /// Pixels that an image may have, as in 300M; 0 for as many as the memory allows, 500M at most.
    #[arg(long, value_name = "N", env = "CAM_MAX_PIXELS", default_value = "0", value_parser = pixels, hide_short_help = true)]
    pub max_pixels: u64,

    /// Memory that decoding images may take, of all threads together, as in 512M or 4G; 0 for a quarter of
    /// the machine's.
    #[arg(long, value_name = "SIZE", env = "CAM_MEMORY", default_value = "0", value_parser = memory, hide_short_help = true)]
    pub memory: u64,
}

/// A number of pixels; thousands, millions or billions of them behind K, M or G.
fn pixels(text: &str) -> Result<u64, String> {
    number(text, 1000).ok_or_else(|| "write a number of pixels, as in 300000000 or 300M".to_owned())
}

/// A number of bytes, by 1024 behind K, M, G or T.
fn memory(text: &str) -> Result<u64, String> {
    let text = text.trim_end_matches(['B', 'b']).trim_end_matches(['I', 'i']);
    number(text, 1024).ok_or_else(|| "write a number of bytes, as in 512M or 4G".to_owned())
}

/// An empty environment variable counts as unset.
fn number(text: &str, base: u64) -> Option<u64> {
    const UNITS: [char; 4] = ['K', 'M', 'G', 'T'];
    let Some(last) = text.chars().last() else { return Some(0) };
    let unit = UNITS.iter().position(|unit| unit.eq_ignore_ascii_case(&last));
    let digits = if unit.is_some() { &text[..text.len() - 1] } else { text };
    let factor = base.checked_pow(unit.map_or(0, |unit| unit as u32 + 1))?;
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_and_what_is_no_size_is_refused() {
        assert_eq!(
            [memory("512M"), memory("4GiB"), memory("")],
            [Ok(512 << 20), Ok(4 << 30), Ok(0)]
        );
        assert_eq!(
            [memory("7"), memory("1kB"), pixels("300M")],
            [Ok(7), Ok(1024), Ok(300_000_000)]
        );
        for text in ["M", "-1", "1.5G", "much", "99999999T"] {
            assert!(memory(text).is_err() && pixels(text).is_err(), "{text}");
        }
    }
}
