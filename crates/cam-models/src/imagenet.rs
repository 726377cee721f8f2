//! What ImageNet's classes are called.

use std::sync::LazyLock;

static CLASSES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("../assets/imagenet-1k.txt").lines().collect());

/// The names of ImageNet-1k's 1000 classes, in the order in which its classifiers have them, no two alike: the
/// classes of the embedded weights, and of all [published](crate::published) ones.
///
/// From torchvision (BSD-3-Clause), whose names differ from the WordNet ones where two classes share one: `crane` lifts,
/// and `crane bird` flies.
pub fn imagenet_classes() -> &'static [&'static str] {
    &CLASSES
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Numbers and names as torchvision 0.29 has them in `_IMAGENET_CATEGORIES`.
    #[test]
    fn names_stand_where_torchvision_has_them() {
        let expected = [
            (0, "tench"),
            (134, "crane bird"),
            (264, "Cardigan"),
            (281, "tabby"),
            (285, "Egyptian cat"),
            (474, "cardigan"),
            (517, "crane"),
            (638, "maillot"),
            (639, "maillot tank suit"),
            (817, "sports car"),
            (967, "espresso"),
            (999, "toilet tissue"),
        ];
        for (class, name) in expected {
            assert_eq!(imagenet_classes()[class], name);
        }
    }

    #[test]
    fn a_thousand_classes_have_names_and_no_two_are_alike() {
        let names: BTreeSet<_> = imagenet_classes().iter().collect();
        assert_eq!((imagenet_classes().len(), names.len()), (1000, 1000));
        assert!(names.iter().all(|name| !name.is_empty() && name.trim() == **name));
    }
}
