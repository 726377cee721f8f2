//! Which repository, and which version of it.

use std::fmt;
use std::str::FromStr;

use crate::hub::HubError;

/// The longest name that the hub gives.
const LONGEST_NAME: usize = 96;

/// A repository of models on the hub, and a revision of it: `hf:ORG/NAME`, `hf:NAME` or `hf:ORG/NAME@REVISION`.
///
/// Without a revision it is `main`. A revision is a branch, a tag, a pull request (`refs/pr/1`) or a commit.
///
/// ```
/// use cam_fetch::hub::Reference;
///
/// let reference: Reference = "hf:facebook/dinov2-small@refs/pr/1".parse()?;
/// assert_eq!(reference.repository(), "facebook/dinov2-small");
/// assert_eq!(reference.revision(), "refs/pr/1");
/// # Ok::<(), cam_fetch::hub::HubError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    repository: String,
    revision: Option<String>,
}

impl Reference {
    /// What every reference begins with.
    pub const PREFIX: &'static str = "hf:";

    /// `ORG/NAME`, or `NAME` alone.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The revision, `main` where none was given.
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    /// The revision if it is a commit, which never changes what it means: 40 hexadecimal digits, in lower case.
    pub fn commit(&self) -> Option<String> {
        self.revision.as_deref().filter(|text| is_commit(text)).map(str::to_ascii_lowercase)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, self.repository)?;
        self.revision.iter().try_for_each(|revision| write!(f, "@{revision}"))
    }
}

impl FromStr for Reference {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        let refused = |problem: String| HubError::Reference { text: text.to_owned(), problem };
        let rest = text.strip_prefix(Self::PREFIX);
        let rest = rest.ok_or_else(|| refused("it does not begin with `hf:`".to_owned()))?;
        let (repository, revision) = match rest.split_once('@') {
            Some((repository, revision)) => (repository, Some(revision)),
            None => (rest, None),
        };
        check_repository(repository).map_err(refused)?;
        revision.map_or(Ok(()), check_revision).map_err(refused)?;
        Ok(Self { repository: repository.to_owned(), revision: revision.map(str::to_owned) })
    }
}

/// Whether the text is a whole commit.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn check_repository(repository: &str) -> Result<(), String> {
    let parts: Vec<&str> = repository.split('/').collect();
    if parts.len() > 2 {
        return Err("a repository is ORG/NAME or NAME; a revision follows after `@`".to_owned());
    }
    parts.iter().try_for_each(|part| check_part(part))?;
    match repository {
        // What the cache's folders put in place of the slash.
        text if text.contains("--") => Err("`--` is in no repository's name".to_owned()),
        text if text.ends_with(".git") => Err("the name ends without `.git`".to_owned()),
        _ => Ok(()),
    }
}

fn check_part(part: &str) -> Result<(), String> {
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    if part.is_empty() {
        return Err("a part of the repository's name is empty".to_owned());
    }
    if let Some(other) = part.chars().find(|c| !is_allowed(c)) {
        return Err(format!(
            "{other:?} is in no repository's name: letters, digits, `-`, `_`, `.`"
        ));
    }
    if part.contains("..") {
        return Err("`..` is in no repository's name".to_owned());
    }
    if part.starts_with(['-', '.']) || part.ends_with(['-', '.']) {
        return Err(format!("`{part}` begins or ends with `-` or `.`"));
    }
    match part.len() > LONGEST_NAME {
        true => Err(format!("`{part}` is longer than {LONGEST_NAME} characters")),
        false => Ok(()),
    }
}

/// As git names branches and tags, in ASCII, and without what no file can be called.
fn check_revision(revision: &str) -> Result<(), String> {
    let is_allowed = |c: &char| c.is_ascii_graphic() && !"~^:?*[\\<>|\"".contains(*c);
    if let Some(other) = revision.chars().find(|c| !is_allowed(c)) {
        return Err(format!("{other:?} is in no revision's name"));
    }
    if revision.contains("..") || revision.contains("@{") {
        return Err("`..` and `@{` are in no revision's name".to_owned());
    }
    let is_bad = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with('.');
    match revision.split('/').find(|part| is_bad(part)) {
        Some("") if revision.is_empty() => Err("after `@` a revision is missing".to_owned()),
        Some("") => Err("a part of the revision's name is empty".to_owned()),
        Some(part) => Err(format!("`{part}` in the revision begins or ends with `.`")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789ABCDEF0123456789abcdef01234567";

    #[test]
    fn repository_and_revision_are_told_apart() {
        for (text, repository, revision) in [
            ("hf:facebook/dinov2-small", "facebook/dinov2-small", "main"),
            ("hf:gpt2", "gpt2", "main"),
            ("hf:timm/vit_base.a1_in1k@v1.0", "timm/vit_base.a1_in1k", "v1.0"),
            ("hf:a/b@refs/pr/1", "a/b", "refs/pr/1"),
            ("hf:a/b@user@home", "a/b", "user@home"),
        ] {
            let reference: Reference = text.parse().expect(text);
            assert_eq!((reference.repository(), reference.revision()), (repository, revision));
            assert_eq!((reference.to_string().as_str(), reference.commit()), (text, None));
        }
    }

    #[test]
    fn only_forty_digits_are_a_commit() {
        let reference: Reference = format!("hf:a/b@{COMMIT}").parse().expect("a commit");
        assert_eq!(reference.commit(), Some(COMMIT.to_ascii_lowercase()));
        let short: Reference = format!("hf:a/b@{}", &COMMIT[..39]).parse().expect("a tag");
        assert_eq!(short.commit(), None);
    }

    #[test]
    fn what_is_wrong_with_a_reference_is_said() {
        for (text, problem) in [
            ("facebook/dinov2", "it does not begin with `hf:`"),
            ("hf:", "a part of the repository's name is empty"),
            ("hf:a/", "a part of the repository's name is empty"),
            ("hf:/b", "a part of the repository's name is empty"),
            ("hf:a/b/c", "a repository is ORG/NAME or NAME; a revision follows after `@`"),
            ("hf:a/..", "`..` is in no repository's name"),
            ("hf:a/b..c", "`..` is in no repository's name"),
            ("hf:../b", "`..` is in no repository's name"),
            ("hf:a/b c", "' ' is in no repository's name: letters, digits, `-`, `_`, `.`"),
            ("hf:a/bé", "'é' is in no repository's name: letters, digits, `-`, `_`, `.`"),
            ("hf:a\\b", "'\\\\' is in no repository's name: letters, digits, `-`, `_`, `.`"),
            ("hf:a/b?c", "'?' is in no repository's name: letters, digits, `-`, `_`, `.`"),
            ("hf:a/b--1", "`--` is in no repository's name"),
            ("hf:a/.b", "`.b` begins or ends with `-` or `.`"),
            ("hf:a/b.git", "the name ends without `.git`"),
            ("hf:a/b@", "after `@` a revision is missing"),
            ("hf:a/b@/x", "a part of the revision's name is empty"),
            ("hf:a/b@x//y", "a part of the revision's name is empty"),
            ("hf:a/b@x/../y", "`..` and `@{` are in no revision's name"),
            ("hf:a/b@./y", "`.` in the revision begins or ends with `.`"),
            ("hf:a/b@x y", "' ' is in no revision's name"),
            ("hf:a/b@C:x", "':' is in no revision's name"),
        ] {
            let error = text.parse::<Reference>().expect_err(text).to_string();
            let expected =
                format!("`{text}` is no reference to the hub such as hf:ORG/NAME@REVISION: ");
            assert_eq!(error, expected + problem);
        }
        assert!(format!("hf:a/{}", "b".repeat(97)).parse::<Reference>().is_err());
    }
}
