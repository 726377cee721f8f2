//! A page, read as far as a walk over it needs.

/// A tag and its attributes, unescaped.
#[derive(Debug, Clone)]
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

/// Elements that hold nothing.
const VOID: [&str; 5] = ["meta", "link", "input", "img", "br"];

impl Tag {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// All tags of a page or a drawing, in order; those that close begin with `/`.
///
/// # Panics
/// Where tags do not nest, or an attribute is not quoted: some text was not escaped.
pub fn tags(text: &str) -> Vec<Tag> {
    let (mut tags, mut open, mut rest) = (Vec::new(), Vec::new(), text);
    while let Some((before, after)) = rest.split_once('<') {
        assert!(!before.contains('>'), "a stray `>`: {}", end_of(before));
        let (inside, after) = split_tag(after);
        rest = after;
        if inside.starts_with(['!', '?']) {
            continue;
        }
        let tag = tag(inside);
        if let Some(name) = tag.name.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "tags do not nest: {inside}");
        } else if !VOID.contains(&tag.name.as_str()) && !inside.ends_with('/') {
            open.push(tag.name.clone());
            // What stands in a style is no markup.
            if tag.name == "style" {
                rest = rest.split_once("</style").map_or(rest, |(style, _)| &rest[style.len()..]);
            }
        }
        tags.push(tag);
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    tags
}

fn end_of(text: &str) -> String {
    text.chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect()
}

/// What is inside of a tag, up to the first `>` that is not quoted, and what follows.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(begun), _) if begun == character => quote = None,
            (None, '>') => return (&text[..at], &text[at + 1..]),
            (None, '<') => panic!("a tag within a tag: {}", &text[..at]),
            _ => {}
        }
    }
    panic!("a tag that does not end: {}", text.chars().take(80).collect::<String>())
}

fn tag(inside: &str) -> Tag {
    let inside = inside.trim_end_matches('/');
    let (name, mut rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-:_".contains(c))
    };
    assert!(is_name(name.trim_start_matches('/')), "no tag: <{inside}>");
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            assert!(rest.is_empty(), "no attribute: {rest}");
            return Tag {
                name: inside.split_whitespace().next().unwrap_or_default().to_owned(),
                attributes,
            };
        }
        assert!(is_name(name), "no attribute: {name} in <{inside}>");
        let Some(value) = after.strip_prefix('=') else {
            attributes.push((name.to_owned(), String::new()));
            rest = after;
            continue;
        };
        let quote = value.chars().next().filter(|quote| "\"'".contains(*quote));
        let quote = quote.unwrap_or_else(|| panic!("no quoted value: {value}"));
        let (value, after) = value[1..].split_once(quote).expect("it was closed");
        attributes.push((name.to_owned(), unescaped(value)));
        rest = after;
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn a_text_that_was_not_escaped_is_seen() {
    assert_eq!(tags("<p class=\"a&lt;\"><img src='x'>a &lt; b</p>")[0].get("class"), Some("a<"));
    for wrong in [
        "<p><script>alert(1)</p>",
        "<p>a < b</p>",
        "<p>a > b</p>",
        "<img alt=\"\"onerror=x\">",
        "<p title=\"\"><b>\">x</p>",
        "<p",
    ] {
        assert!(std::panic::catch_unwind(|| tags(wrong)).is_err(), "{wrong}");
    }
}
