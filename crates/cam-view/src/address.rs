//! What is asked and shown, as it stands in the page's address: whoever has the same files sees the same by it.

use std::fmt;

/// Each name that an address may hold, in the order in which they are written.
const NAMES: &[&str] = &[
    "view",
    "image",
    "other",
    "concept",
    "negative",
    "vector",
    "class",
    "top",
    "difference",
    "target",
    "method",
    "layer",
    "rank",
    "why",
    "page",
    "find",
    "colormap",
    "opacity",
    "scale",
];

/// Names that may stand there several times.
const SEVERAL: &[&str] = &["concept", "negative", "vector", "class", "why"];

/// Names that change how a map is shown, and not what is computed.
const LOOKS: &[&str] = &["view", "page", "find", "opacity", "scale", "rank", "why", "colormap"];

/// The longest address: as long as a request's head may be.
const MOST_BYTES: usize = 64 << 10;

/// Values at most. Each has a link on the page that holds all others.
const MOST_VALUES: usize = 64;

/// Values by name, in one order however they were written, so that one question has one address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Address(Vec<(&'static str, String)>);

impl Address {
    /// Reads what stands behind the `?`. A field that was left empty is not there.
    ///
    /// # Errors
    /// A sentence that says which name is not known, or stands twice, or that it is too long.
    pub fn read(query: &str) -> Result<Self, String> {
        if query.len() > MOST_BYTES {
            return Err(format!("an address has at most {} KiB", MOST_BYTES >> 10));
        }
        let mut address = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some(&name) = NAMES.iter().find(|known| **known == name) else {
                let similar = cam_core::nearest(&name, NAMES.iter().copied());
                let meant = similar.first().map(|name| format!("; did you mean `{name}`?"));
                return Err(format!("an address has no `{name}`{}", meant.unwrap_or_default()));
            };
            let value = value.trim();
            if value.is_empty() || address.0.iter().any(|(n, v)| *n == name && v == value) {
                continue;
            }
            if !SEVERAL.contains(&name) && address.get(name).is_some() {
                return Err(format!("the address says twice what `{name}` is"));
            }
            if address.0.len() == MOST_VALUES {
                return Err(format!("an address has at most {MOST_VALUES} values"));
            }
            address.add(name, value);
        }
        Ok(address)
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box is ticked.
    pub fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The same with another value in a name's place.
    pub fn with(&self, name: &'static str, value: impl fmt::Display) -> Self {
        let mut address = self.without(name);
        address.add(name, &value.to_string());
        address
    }

    /// The same with one more value of a name.
    pub fn and(&self, name: &'static str, value: &str) -> Self {
        let mut address = self.clone();
        if !address.all(name).any(|before| before == value) {
            address.add(name, value);
        }
        address
    }

    /// The same without any value of a name.
    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(known, _)| *known != name).cloned().collect())
    }

    /// The same without one value of a name.
    pub fn less(&self, name: &str, value: &str) -> Self {
        let is_other = |(n, v): &&(&'static str, String)| *n != name || v != value;
        Self(self.0.iter().filter(is_other).cloned().collect())
    }

    /// What is computed, without how it is shown.
    pub fn question(&self) -> Self {
        Self(self.0.iter().filter(|(name, _)| !LOOKS.contains(name)).cloned().collect())
    }

    /// What is computed, and in which colours files show it.
    pub fn question_with_colours(&self) -> Self {
        let question = self.question();
        self.get("colormap").map_or_else(|| question.clone(), |map| question.with("colormap", map))
    }

    /// Name and value, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    fn add(&mut self, name: &'static str, value: &str) {
        self.0.push((name, value.to_owned()));
        let place = |name: &str| NAMES.iter().position(|known| *known == name);
        self.0.sort_by_key(|(name, _)| place(name));
    }
}

/// As it stands behind the `?`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = form_urlencoded::Serializer::new(String::new());
        f.write_str(&text.extend_pairs(self.pairs()).finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_question_has_one_address_however_it_was_typed() {
        let [a, b] = [
            "concept=b&image=a%20b.jpg&concept=c&difference=&layer=",
            "image=a+b.jpg&concept=b&concept=c",
        ]
        .map(|query| Address::read(query).expect("it is known"));
        assert_eq!(a, b);
        assert_eq!(a.to_string(), "image=a+b.jpg&concept=b&concept=c");
        assert_eq!(Address::read(&a.to_string()), Ok(a));
    }

    #[test]
    fn what_is_no_name_is_answered_with_the_nearest() {
        let error = Address::read("concpt=a").expect_err("it is misspelt");
        assert!(error.contains("`concept`"), "{error}");
        assert!(Address::read("image=a&image=b").is_err());
    }

    #[test]
    fn how_a_map_is_shown_is_no_part_of_the_question() {
        let address = Address::read("view=quality&image=a&opacity=40&scale=common").expect("known");
        assert_eq!(address.question().to_string(), "image=a");
    }
}
