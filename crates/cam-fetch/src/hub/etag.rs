//! What the hub says of a file's content: its entity tag is a digest.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr as _;

use cam_files::Sha256;
use sha1::{Digest as _, Sha1};

/// The digest in an entity tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    /// Of a large file (LFS, Xet): 64 hexadecimal digits.
    Sha256(Sha256),
    /// Of a small one, as git names it: 40 hexadecimal digits in lower case.
    Sha1(String),
}

impl Digest {
    /// Reads `"DIGEST"`, `W/"DIGEST"` and `DIGEST`; anything else tells nothing of the content.
    pub fn in_tag(tag: &str) -> Option<Self> {
        let tag = tag.trim();
        let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
        let is_sha1 = tag.len() == 40 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
        match is_sha1 {
            true => Some(Self::Sha1(tag.to_ascii_lowercase())),
            false => Sha256::from_str(tag).ok().map(Self::Sha256),
        }
    }

    /// The digest that a whole download is held to by itself.
    pub fn sha256(&self) -> Option<Sha256> {
        match self {
            Self::Sha256(digest) => Some(*digest),
            Self::Sha1(_) => None,
        }
    }

    /// Why a file is not the one meant, if it is not. A SHA-256 is verified elsewhere.
    ///
    /// Git's SHA-1 is that of the length and the content. Mirrors that are no git (Artifactory) give the content's own.
    pub fn contradicts(&self, path: &Path) -> io::Result<Option<String>> {
        let Self::Sha1(expected) = self else { return Ok(None) };
        let [blob, content] = sha1_of(path)?;
        let fits = *expected == blob || *expected == content;
        let problem = || format!("its git sha-1 is {blob}, the hub announced {expected}");
        Ok((!fits).then(problem))
    }
}

/// The SHA-1 of a file as git's blob, and of its bytes alone.
fn sha1_of(path: &Path) -> io::Result<[String; 2]> {
    let mut file = File::open(path)?;
    let mut blob = Sha1::new_with_prefix(format!("blob {}\0", file.metadata()?.len()));
    let mut content = Sha1::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => {
                return Ok(
                    [blob, content].map(|hasher| Hexadecimal(&hasher.finalize()).to_string())
                );
            }
            Ok(read) => {
                let bytes = buffer.get(..read).unwrap_or_default();
                blob.update(bytes);
                content.update(bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

struct Hexadecimal<'a>(&'a [u8]);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf hello | git hash-object --stdin` and `printf hello | sha1sum`.
    const HELLO: [&str; 2] =
        ["b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"];

    #[test]
    fn git_s_digest_of_a_file_is_git_s() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, "hello").expect("written");
        for digest in HELLO {
            let digest = Digest::in_tag(digest).expect("a digest");
            assert_eq!(digest.contradicts(&path).expect("read"), None);
        }
        let other = Digest::in_tag(&"0".repeat(40)).expect("a digest");
        assert!(
            other.contradicts(&path).expect("read").is_some_and(|text| text.contains(HELLO[0]))
        );
    }

    #[test]
    fn a_tag_is_read_with_and_without_its_wrapping() {
        let sha256 = Sha256::of(b"hello");
        for tag in [format!("\"{sha256}\""), format!("W/\"{sha256}\""), sha256.to_string()] {
            assert_eq!(Digest::in_tag(&tag), Some(Digest::Sha256(sha256)), "{tag}");
        }
        let weak = format!("W/\"{}\"", HELLO[0].to_ascii_uppercase());
        assert_eq!(Digest::in_tag(&weak), Some(Digest::Sha1(HELLO[0].to_owned())));
    }

    #[test]
    fn other_tags_tell_nothing() {
        let (md5, parts) = ("5d41402abc4b2a76b9719d911017c592", format!("{}-3", HELLO[0]));
        for tag in ["", "\"\"", "W/", md5, parts.as_str(), "\"v1\"", &"g".repeat(40)] {
            assert_eq!(Digest::in_tag(tag), None, "{tag}");
        }
    }
}
