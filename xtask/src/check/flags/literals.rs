//! The strings in a Rust file, without reading the rest of the language.

/// What stands between the quotes of each string, with the line on which it begins. Comments are passed over.
pub fn of(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < source.len() {
            let (literal, len) = first(source, at);
            let line = source[..at].matches('\n').count() + 1;
            at += len;
            if let Some(literal) = literal {
                return Some((line, literal));
            }
        }
        None
    })
}

/// The string that begins at a place, if one does, and how long what begins there is.
fn first(source: &str, at: usize) -> (Option<&str>, usize) {
    let rest = &source[at..];
    let is_in_word = source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let until = |end: &str| rest.find(end).map_or(rest.len(), |found| found + end.len());
    match rest.as_bytes() {
        [b'/', b'/', ..] => (None, until("\n")),
        [b'/', b'*', ..] => (None, until("*/")),
        [b'r', b'"' | b'#', ..] if !is_in_word => raw(rest),
        [b'"', ..] => {
            let len = closing(&rest[1..], '"');
            (Some(&rest[1..=len]), len + 2)
        }
        // A letter, which may be a quote; else a lifetime.
        [b'\'', b'\\', ..] => (None, closing(&rest[1..], '\'') + 2),
        [b'\'', ..] => {
            let letter = rest[1..].chars().next().map_or(0, char::len_utf8);
            (None, if rest[1 + letter..].starts_with('\'') { letter + 2 } else { 1 })
        }
        _ => (None, rest.chars().next().map_or(1, char::len_utf8)),
    }
}

/// `r"…"`, with as many `#` around it as there are; `r#type` is a name.
fn raw(rest: &str) -> (Option<&str>, usize) {
    let hashes = rest[1..].bytes().take_while(|&byte| byte == b'#').count();
    let Some(text) = rest[1 + hashes..].strip_prefix('"') else { return (None, 1) };
    let end = format!("\"{}", "#".repeat(hashes));
    let len = text.find(&end).unwrap_or(text.len());
    (Some(&text[..len]), 1 + hashes + 1 + len + end.len())
}

/// How many bytes stand before the quote that ends a literal, which is not one behind a backslash.
fn closing(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let ends = |(_, c): &(usize, char)| {
        let ends = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    };
    text.char_indices().find(ends).map_or(text.len().saturating_sub(1), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_and_what_looks_like_one_is_not() {
        let source = concat!(
            "/// \"a comment\"\nfn f<'a>(x: &'a str) -> char {\n  let s = \"one \\\" \\\\\";\n",
            "  /* \"another\" */ let r#type = r#\"two \"quoted\"\"#; let for_r = br\"three\";\n",
            "  ('\"', '\\'', 'ä', \"four\")\n}\n",
        );
        let found: Vec<_> = of(source).collect();
        let expected = [(3, "one \\\" \\\\"), (4, "two \"quoted\""), (4, "three"), (5, "four")];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_string_without_an_end_is_the_last() {
        for source in ["\"", "\"ab", "r#\"ab\"", "'\\", "'"] {
            assert!(of(source).count() <= 1, "{source}");
        }
    }
}
