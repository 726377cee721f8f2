//! What is said of patches with outstandingly long vectors.

use cam_core::{Capture, Outliers};

use crate::error::Error;

/// What is worth saying of each image of a capture; nothing where no attentions were kept.
pub fn remarks(capture: &Capture<'_>) -> Result<Vec<Option<String>>, Error> {
    let outliers = capture.outliers()?.unwrap_or_default();
    Ok(outliers.iter().map(remark).collect())
}

/// What is worth saying of patches with outstandingly long vectors.
fn remark(Outliers { count, patches, threshold, longest }: &Outliers) -> Option<String> {
    (*count > 0).then(|| {
        format!(
            "{count} of {patches} patches have vectors longer than {threshold} times the median where the last attention \
             reads them, the longest {longest:.1} times: such patches hold what is of the whole image, and where a map shows them it says \
             little of the place; none is masked"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_patches_are_counted_aloud_and_others_are_not_mentioned() {
        let none = Outliers { count: 0, patches: 196, threshold: 3.0, longest: 1.4 };
        assert_eq!(remark(&none), None);
        let text = remark(&Outliers { count: 4, longest: 7.21, ..none }).expect("a remark");
        assert!(text.starts_with("4 of 196 patches"), "{text}");
        assert!(text.contains("3 times the median") && text.contains("7.2 times"), "{text}");
    }
}
