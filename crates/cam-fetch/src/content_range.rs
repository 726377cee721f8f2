//! The header that says which bytes of how many a partial answer carries.

/// A parsed `Content-Range`, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// The first byte of the answer; `None` for `bytes */N`, the range that could not be satisfied.
    pub first: Option<u64>,
    /// The length of the whole, if the server knows it.
    pub total: Option<u64>,
}

impl ContentRange {
    /// Reads `bytes 5-9/10`, `bytes 5-9/*` and `bytes */10`; anything contradictory is `None`.
    pub fn parse(header: &str) -> Option<Self> {
        let (unit, rest) = header.trim().split_once(' ')?;
        let (range, total) = rest.trim().split_once('/')?;
        let total = match total {
            "*" => None,
            number => Some(number.parse().ok()?),
        };
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        match range {
            "*" => Some(Self { first: None, total }),
            range => Self::satisfied(range, total),
        }
    }

    /// Only a range that reaches the end is of use: one that stops earlier would leave a hole behind it.
    fn satisfied(range: &str, total: Option<u64>) -> Option<Self> {
        let (first, last) = range.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        let reaches_end = total.is_none_or(|total| last.checked_add(1) == Some(total));
        (first <= last && reaches_end).then_some(Self { first: Some(first), total })
    }
}

#[cfg(test)]
mod tests {
    use super::ContentRange;

    #[test]
    fn the_three_forms_are_read() {
        for (header, first, total) in [
            ("bytes 5-9/10", Some(5), Some(10)),
            ("Bytes 5-9/*", Some(5), None),
            ("bytes */10", None, Some(10)),
        ] {
            assert_eq!(
                ContentRange::parse(header),
                Some(ContentRange { first, total }),
                "{header}"
            );
        }
    }

    #[test]
    fn contradictions_are_refused() {
        for header in [
            "",
            "bytes",
            "bytes 5-9",
            "items 5-9/10",
            "bytes 9-5/10",
            "bytes 5-8/10",
            "bytes 5-10/10",
            "bytes -9/10",
            "bytes 5-18446744073709551615/10",
            "bytes 5-18446744073709551616/*",
            "bytes a-b/c",
        ] {
            assert_eq!(ContentRange::parse(header), None, "{header}");
        }
    }
}
