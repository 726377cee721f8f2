use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::Digest as _;

use crate::Error;

/// SHA-256 of some content: 32 bytes in memory, 64 hexadecimal digits in files and for people.
///
/// ```
/// use cam_files::Sha256;
///
/// let digest: Sha256 = "0F".repeat(32).parse()?;
/// assert_eq!(digest.to_string(), "0f".repeat(32));
/// # Ok::<(), cam_files::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Of a file, read once in pieces: memory stays flat however large it is.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened or read.
    pub fn of_file(path: &Path) -> Result<Self, Error> {
        File::open(path).and_then(Self::of_reader).map_err(Error::io("read", path))
    }

    fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut hasher = sha2::Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(0) => return Ok(Self(hasher.finalize().into())),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(buffer.get(..read).unwrap_or_default());
        }
    }
}

impl FromStr for Sha256 {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Digest { found: text.to_owned() };
        let (digits, []) = text.as_bytes().as_chunks::<2>() else { return Err(refused()) };
        let mut bytes = [0; 32];
        if digits.len() != bytes.len() {
            return Err(refused());
        }
        for (byte, &[high, low]) in bytes.iter_mut().zip(digits) {
            let (high, low) = digit(high).zip(digit(low)).ok_or_else(refused)?;
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).map(|digit| digit as u8)
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;

        impl de::Visitor<'_> for Digits {
            type Value = Sha256;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 hexadecimal digits")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Sha256, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_digest_of_nothing_is_the_published_one() {
        assert_eq!(Sha256::of(b"").to_string(), EMPTY);
        assert_eq!(Sha256::of_reader(io::empty()).expect("no input can fail").to_string(), EMPTY);
    }

    #[test]
    fn a_file_in_pieces_has_the_digest_of_the_whole() {
        let bytes: Vec<u8> = (0..200_003_u32).map(|i| (i % 251) as u8).collect();
        assert_eq!(Sha256::of_reader(bytes.as_slice()).expect("memory"), Sha256::of(&bytes));
    }

    #[test]
    fn in_json_it_is_its_digits() {
        let json = serde_json::to_string(&Sha256::of(b"")).expect("digits");
        assert_eq!(json, format!("\"{EMPTY}\""));
        assert_eq!(serde_json::from_str::<Sha256>(&json).expect("digits"), Sha256::of(b""));
        serde_json::from_str::<Sha256>("\"0f\"").expect_err("two digits");
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        for text in ["", "0f", &"0g".repeat(32), &"0f".repeat(33), &"é".repeat(32)] {
            let refused = text.parse::<Sha256>().expect_err("no digest").to_string();
            assert!(refused.contains("64 hexadecimal digits"), "{refused}");
        }
    }
}
