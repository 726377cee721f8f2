//! Where a redirect's `Location` leads, seen from the address that gave it (RFC 3986, section 5.2).

use ureq::http::Uri;

use crate::address::scheme;

/// The absolute address that a reference means, without its fragment. It may be of any scheme, and no address at
/// all: whoever asks there has to look.
pub(crate) fn resolved(base: &Uri, reference: &str) -> String {
    let reference = reference.split('#').next().unwrap_or_default();
    if scheme(reference).is_some() {
        return reference.to_owned();
    }
    let scheme = base.scheme_str().unwrap_or_default();
    if let Some(rest) = reference.strip_prefix("//") {
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let path = if path.is_empty() { String::new() } else { without_dots(path) };
        return format!("{scheme}://{authority}{path}{query}");
    }
    let authority = base.authority().map_or("", |authority| authority.as_str());
    let (path, query) = match reference.find('?') {
        Some(at) => reference.split_at(at),
        None => (reference, ""),
    };
    let own_query = || base.query().map(|query| format!("?{query}")).unwrap_or_default();
    let query = if reference.is_empty() { own_query() } else { query.to_owned() };
    format!("{scheme}://{authority}{}{query}", path_from(base.path(), path))
}

fn path_from(base: &str, path: &str) -> String {
    if path.is_empty() {
        return base.to_owned();
    }
    if path.starts_with('/') {
        return without_dots(path);
    }
    let folder = base.rfind('/').and_then(|slash| base.get(..=slash)).unwrap_or("/");
    without_dots(&format!("{folder}{path}"))
}

/// A path without `.` and `..`, which cannot lead out of its root.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let is_folder = path.ends_with("/.") || path.ends_with("/..");
    let end = if is_folder && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::resolved;

    /// Section 5.4 of RFC 3986.
    #[test]
    fn the_examples_of_the_standard_come_out_as_it_says() {
        let base = "http://a/b/c/d;p?q".parse().expect("an address");
        for (reference, expected) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            ("g?y#s", "http://a/b/c/g?y"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
        ] {
            assert_eq!(resolved(&base, reference), expected, "{reference}");
        }
    }

    #[test]
    fn a_whole_address_replaces_all() {
        let base = "https://a:1/b".parse().expect("an address");
        for (reference, expected) in [
            ("http://c/d", "http://c/d"),
            ("file:///etc/passwd", "file:///etc/passwd"),
            ("/d", "https://a:1/d"),
            ("//c:2/d", "https://c:2/d"),
            ("//c:2/../d/./e?f/../g", "https://c:2/d/e?f/../g"),
            ("//c?f", "https://c?f"),
        ] {
            assert_eq!(resolved(&base, reference), expected, "{reference}");
        }
    }
}
