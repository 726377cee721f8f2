//! Sets of concepts, kept and read again.

use cam_files::Sha256;
use cam_store::{ConceptSet, Error, Example, Fingerprint};

fn fingerprint() -> Fingerprint {
    Fingerprint {
        model: "resnet50".into(),
        weights_sha256: "0a3f".into(),
        preprocessing: "224x224".into(),
        width: 3,
    }
}

fn example(image: &str, embedding: [f32; 3]) -> Example {
    let (sha256, embedding) = (Sha256::of(image.as_bytes()), embedding.into());
    Example { image: image.into(), sha256, damaged: false, fit: String::new(), embedding }
}

fn set() -> ConceptSet {
    let mut set = ConceptSet::new(fingerprint());
    let cats = vec![example("a.png", [1.0, 2.0, 3.0]), example("b.png", [0.5, -1.0, 1e-30])];
    set.add("cat", cats, vec![example("dog.png", [3.0, 2.0, 1.0])]).expect("sound");
    set.add("Ω sky/blue", vec![example("sky.png", [0.0, 0.0, 1.0])], vec![]).expect("sound");
    set
}

#[test]
fn what_is_kept_comes_back_and_keeping_it_again_gives_the_same_bytes() {
    let bytes = set().to_bytes();
    let back = ConceptSet::from_bytes(&bytes).expect("it was written by us");
    assert_eq!(back, set());
    assert_eq!(back.to_bytes(), bytes);
    let empty = ConceptSet::new(fingerprint());
    assert_eq!(ConceptSet::from_bytes(&empty.to_bytes()).expect("empty"), empty);
}

#[test]
fn an_image_counts_once_and_a_concept_grows() {
    let mut set = set();
    let more = vec![example("a.png", [9.0, 9.0, 9.0]), example("c.png", [1.0, 1.0, 1.0])];
    assert_eq!(set.add("cat", more, vec![]).expect("sound"), 1);
    assert_eq!(set.get("cat").expect("it is there").examples.len(), 3);
    assert_eq!(set.remove("cat").expect("it is there").name, "cat");
    assert!(matches!(set.get("cat"), Err(Error::NoConcept { .. })));
}

#[test]
fn what_cannot_be_compared_is_refused_and_nothing_is_added() {
    let mut set = set();
    let nan = vec![example("fine", [1.0; 3]), example("nan", [1.0, f32::NAN, 0.0])];
    assert!(matches!(set.add("new", nan, vec![]), Err(Error::NonFinite { position: 1, .. })));
    let short = Example { embedding: vec![1.0], ..example("short", [0.0; 3]) };
    assert!(matches!(
        set.add("new", vec![short], vec![]),
        Err(Error::Width { width: 3, found: 1 })
    ));
    assert!(matches!(set.add("a\nb", vec![], vec![]), Err(Error::Name)));
    assert_eq!(set, self::set());
}

#[test]
fn another_model_s_numbers_are_refused_with_what_differs() {
    let other = Fingerprint { weights_sha256: "ffff".into(), ..fingerprint() };
    let refused = fingerprint().check(&other).expect_err("other weights").to_string();
    assert!(refused.starts_with("it was made with another weights: 0a3f"), "{refused}");
    fingerprint().check(&fingerprint()).expect("the same");
}

#[test]
fn a_damaged_file_is_an_error_wherever_it_was_cut_or_changed() {
    let bytes = set().to_bytes();
    for end in 0..bytes.len() {
        ConceptSet::from_bytes(&bytes[..end]).expect_err("cut off");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x20;
        // A changed number or letter is another one; nothing may panic.
        let _ = ConceptSet::from_bytes(&changed);
    }
    let text = String::from_utf8_lossy(&bytes).replace("\\\"version\\\":1", "\\\"version\\\":7");
    let later = ConceptSet::from_bytes(text.as_bytes());
    assert!(later.is_err());
}

#[test]
fn a_file_whose_concepts_have_no_name_or_one_together_is_damaged() {
    let mut set = ConceptSet::new(fingerprint());
    for name in ["cat", "dog"] {
        set.add(name, vec![example(name, [1.0, 2.0, 3.0])], vec![]).expect("sound");
    }
    let text = String::from_utf8_lossy(&set.to_bytes()).into_owned();
    let bytes = set.to_bytes();
    let at = text.find(r#"\"name\":\"dog"#).expect("a name") + r#"\"name\":\""#.len();
    for name in ["cat", "\\\\n"] {
        let mut changed = bytes.clone();
        changed[at..at + 3].copy_from_slice(&name.as_bytes()[..3]);
        let error = ConceptSet::from_bytes(&changed).expect_err(name);
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}
