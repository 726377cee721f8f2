//! A file of concepts.

use cam_files::Sha256;
use cam_store::{ConceptSet, Example, Fingerprint};

/// Every embedding is as wide as the file says, and what was read is written as what reads the same.
pub fn run(bytes: &[u8]) {
    let Ok(set) = ConceptSet::from_bytes(bytes) else { return };
    for concept in set.concepts() {
        for example in concept.examples.iter().chain(&concept.negatives) {
            assert_eq!(example.embedding.len(), set.fingerprint().width, "{}", concept.name);
            assert!(example.embedding.iter().all(|value| value.is_finite()), "{}", concept.name);
        }
    }
    let again = ConceptSet::from_bytes(&set.to_bytes()).expect("what was written is read");
    assert_eq!(again, set);
}

pub fn seeds() -> Vec<Vec<u8>> {
    let empty = ConceptSet::new(fingerprint());
    let mut one = empty.clone();
    one.add("cat", vec![example("cat.png", 1.0)], vec![]).expect("sound");
    let mut several = one.clone();
    let dogs = vec![example("a.jpg", 0.5), example("b.jpg", -0.25)];
    several.add("dog", dogs, vec![example("wolf.jpg", 2.0)]).expect("sound");
    [empty, one, several].iter().map(ConceptSet::to_bytes).collect()
}

/// Of embeddings three wide.
pub fn fingerprint() -> Fingerprint {
    Fingerprint {
        model: "resnet50".into(),
        weights_sha256: "0a3f".into(),
        preprocessing: "bilinear".into(),
        width: 3,
    }
}

fn example(image: &str, first: f32) -> Example {
    Example {
        image: image.into(),
        sha256: Sha256::of(image.as_bytes()),
        damaged: false,
        fit: String::new(),
        embedding: vec![first, 0.0, -1.5],
    }
}
