//! SHA-256 digests, and the first digits of one that publishers write into file names.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use sha2::Digest as _;

use crate::error::FetchError;

/// Fewer digits than this would let a wrong file pass too easily; torchvision's names carry eight.
pub(crate) const SHORTEST_PREFIX: usize = 8;
/// The digits of a whole digest.
pub(crate) const WHOLE_DIGEST: usize = 64;

/// The SHA-256 of some content. Shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The first 8 to 64 hexadecimal digits of a SHA-256.
///
/// ```
/// use cam_fetch::{Sha256Prefix, sha256_of_bytes};
///
/// let prefix: Sha256Prefix = "BA7816BF".parse()?;
/// assert!(prefix.matches(&sha256_of_bytes(b"abc")));
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

/// The SHA-256 of bytes in memory.
pub fn sha256_of_bytes(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

/// The SHA-256 of a file, read once in pieces: memory stays flat however large it is.
///
/// # Errors
///
/// [`FetchError::Io`] if the file cannot be opened or read.
pub fn sha256_of_file(path: &Path) -> Result<Sha256, FetchError> {
    File::open(path).and_then(sha256_of_reader).map_err(FetchError::io("read", path))
}

fn sha256_of_reader(mut reader: impl Read) -> io::Result<Sha256> {
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => return Ok(Sha256(hasher.finalize().into())),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_digest_of_nothing_is_the_published_one() {
        assert_eq!(sha256_of_bytes(b"").to_string(), EMPTY);
        assert_eq!(sha256_of_reader(io::empty()).expect("no input can fail").to_string(), EMPTY);
    }

    #[test]
    fn a_file_in_pieces_has_the_digest_of_the_whole() {
        let bytes: Vec<u8> = (0..200_003_u32).map(|i| (i % 251) as u8).collect();
        assert_eq!(sha256_of_reader(bytes.as_slice()).expect("memory"), sha256_of_bytes(&bytes));
    }

    #[test]
    fn a_prefix_is_8_to_64_hexadecimal_digits() {
        for text in ["", "e3b0c44", "e3b0c44g", "0x3b0c44", &EMPTY.repeat(2), "e3b0c44é"] {
            assert!(text.parse::<Sha256Prefix>().is_err(), "{text}");
        }
        let empty = sha256_of_bytes(b"");
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
