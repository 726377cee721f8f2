//! The first digits of a SHA-256, which publishers write into file names.

use std::fmt;
use std::str::FromStr;

use cam_files::Sha256;

use crate::error::FetchError;

/// Fewer digits than this would let a wrong file pass too easily; torchvision's names carry eight.
pub(crate) const SHORTEST_PREFIX: usize = 8;
/// The digits of a whole digest.
pub(crate) const WHOLE_DIGEST: usize = 64;

/// The first 8 to 64 hexadecimal digits of a SHA-256.
///
/// ```
/// use cam_fetch::Sha256Prefix;
/// use cam_files::Sha256;
///
/// let prefix: Sha256Prefix = "BA7816BF".parse()?;
/// assert!(prefix.matches(&Sha256::of(b"abc")));
/// # Ok::<(), cam_fetch::FetchError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sha256Prefix(String);

impl Sha256Prefix {
    /// Whether the digest begins with these digits.
    pub fn matches(&self, digest: &Sha256) -> bool {
        digest.to_string().starts_with(&self.0)
    }
}

impl FromStr for Sha256Prefix {
    type Err = FetchError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_prefix = (SHORTEST_PREFIX..=WHOLE_DIGEST).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match is_prefix {
            true => Ok(Self(text.to_ascii_lowercase())),
            false => Err(FetchError::InvalidDigest { text: text.to_owned() }),
        }
    }
}

impl From<Sha256> for Sha256Prefix {
    fn from(digest: Sha256) -> Self {
        Self(digest.to_string())
    }
}

impl fmt::Display for Sha256Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_prefix_is_8_to_64_hexadecimal_digits() {
        for text in ["", "e3b0c44", "e3b0c44g", "0x3b0c44", &EMPTY.repeat(2), "e3b0c44é"] {
            assert!(text.parse::<Sha256Prefix>().is_err(), "{text}");
        }
        let empty = Sha256::of(b"");
        for (text, expected) in
            [("e3b0c442", true), (EMPTY, true), ("E3B0C442", true), ("e3b0c443", false)]
        {
            assert_eq!(
                text.parse::<Sha256Prefix>().expect(text).matches(&empty),
                expected,
                "{text}"
            );
        }
    }
}
