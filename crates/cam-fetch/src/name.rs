//! The digest that a publisher wrote into a file's name.

use crate::prefix::{SHORTEST_PREFIX, WHOLE_DIGEST};

/// The first digits of the SHA-256 in a name like `resnet50-11ad3fa6.pth`, as torchvision writes them: between
/// the last hyphen and the extension, 8 to 64 hexadecimal digits.
///
/// Eight digits that read as a calendar date (`model-20240131.pth`) are taken for one: a right file refused for
/// its date would be worse than a check not made. Other digits alone do count (`vgg13-19584684.pth`).
///
/// ```
/// use cam_fetch::sha256_prefix_in_name;
///
/// assert_eq!(sha256_prefix_in_name("resnet50-11ad3fa6.pth"), Some("11ad3fa6"));
/// assert_eq!(sha256_prefix_in_name("resnet50.pth"), None);
/// ```
pub fn sha256_prefix_in_name(file_name: &str) -> Option<&str> {
    let (_, tail) = file_name.rsplit_once('-')?;
    let (digits, _) = tail.split_once('.')?;
    let fits = (SHORTEST_PREFIX..=WHOLE_DIGEST).contains(&digits.len());
    let is_hexadecimal = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (fits && is_hexadecimal && !is_date(digits)).then_some(digits)
}

fn is_date(digits: &str) -> bool {
    let number = |range| digits.get(range).and_then(|part: &str| part.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(4..6), number(6..8)) else {
        return false;
    };
    digits.len() == 8
        && (1990..2100).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::sha256_prefix_in_name;

    #[test]
    fn torchvisions_names_are_read() {
        for (name, expected) in [
            ("resnet50-11ad3fa6.pth", "11ad3fa6"),
            ("resnet50-0676ba61.pth", "0676ba61"),
            ("vgg13-19584684.pth", "19584684"),
            ("mnasnet0.5_top1_67.823-3ffadce67.pth", "3ffadce67"),
            ("alexnet-owt-7be5be79.pth", "7be5be79"),
        ] {
            assert_eq!(sha256_prefix_in_name(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn other_names_carry_no_digest() {
        for name in [
            "",
            "resnet50.pth",
            "resnet50-11ad3fa6",
            "resnet50-11ad3fa.pth",
            "resnet50-11AD3FA6.pth",
            "efficientnet-lite0.safetensors",
            "model-20240131.pth",
            "11ad3fa6.pth",
            "a-é1ad3fa6.pth",
        ] {
            assert_eq!(sha256_prefix_in_name(name), None, "{name}");
        }
    }
}
