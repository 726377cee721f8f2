//! A file's name in a repository, and names in addresses.

use std::fmt::Write as _;

use crate::hub::HubError;

/// Refuses a name that would lead out of the repository's folder, on any system.
pub(super) fn check(name: &str) -> Result<(), HubError> {
    let leads_out = |part: &str| {
        let is_odd = |c: char| c.is_control() || "\\:*?\"<>|".contains(c);
        part.is_empty() || part.ends_with('.') || part.contains(is_odd)
    };
    match name.split('/').any(leads_out) {
        true => Err(HubError::FileName { name: name.escape_debug().to_string() }),
        false => Ok(()),
    }
}

/// The text in an address: what is not plain comes as `%XX`. Slashes of a file's path stay, those of a revision don't.
pub(super) fn escaped(text: &str, slashes_stay: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            b'/' if slashes_stay => escaped.push('/'),
            // Writing to a string cannot fail.
            byte => write!(escaped, "%{byte:02X}").unwrap_or_default(),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../../x",
            "a//b",
            "a/",
            ".",
            "a/.",
            "a\\b",
            "..\\x",
            "C:x",
            "C:/x",
            "a\nb",
            "a\0b",
            "x.",
        ] {
            assert!(check(name).is_err(), "{name:?}");
        }
        for name in ["config.json", "unet/model.safetensors", ".gitattributes", "a b", "ä", "..x"]
        {
            check(name).expect(name);
        }
    }

    #[test]
    fn addresses_hold_plain_characters_only() {
        assert_eq!(escaped("refs/pr/1", false), "refs%2Fpr%2F1");
        assert_eq!(escaped("a b/ä?#%.json", true), "a%20b/%C3%A4%3F%23%25.json");
    }
}
