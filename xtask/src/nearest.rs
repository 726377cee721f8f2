//! What somebody who mistyped a word may have meant.

/// Beyond this many edits a suggestion would be a guess.
const FARTHEST: usize = 3;

/// The message for an unknown word: the nearest valid one, or all of them.
pub fn unknown<'a>(what: &str, word: &str, valid: impl Iterator<Item = &'a str> + Clone) -> String {
    let distance = |candidate: &&str| strsim::osa_distance(word, candidate);
    match valid.clone().min_by_key(distance).filter(|nearest| distance(nearest) <= FARTHEST) {
        Some(nearest) => format!("unknown {what} `{word}`: did you mean `{nearest}`?"),
        None => {
            format!("unknown {what} `{word}`: there are {}", valid.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_told_all() {
        let valid = ["edges", "sizes"];
        assert_eq!(
            unknown("check", "egdes", valid.into_iter()),
            "unknown check `egdes`: did you mean `edges`?"
        );
        assert_eq!(
            unknown("check", "spelling", valid.into_iter()),
            "unknown check `spelling`: there are edges, sizes"
        );
    }
}
