//! A file that says how images are prepared.

use cam_models::{PRESETS, Preprocessing};

/// What is read can be done, and is written as what reads the same, to the bit.
pub fn run(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(read) = Preprocessing::from_json(text) else { return };
    let found = read.preprocessing;
    assert!(found.size.0 > 0 && found.size.1 > 0);
    assert!(found.mean.iter().all(|mean| mean.is_finite()));
    assert!(found.deviation.iter().all(|deviation| deviation.is_finite() && *deviation > 0.0));
    for picture in [(1, 1), (640, 427), (3, 5000)] {
        let placed = found.placement(picture, 32);
        assert!(placed.input().0 > 0 && placed.input().1 > 0);
    }
    let again = Preprocessing::from_json(&found.to_json()).expect("what was written is read");
    assert_eq!(again.preprocessing, found);
}

pub fn seeds() -> Vec<Vec<u8>> {
    let own = PRESETS.map(|preset| preset.preprocessing().to_json());
    let others = [
        r#"{"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 256}, "crop_size": 224}"#,
        r#"{"do_normalize": true, "size": {"height": 8, "width": 9}, "resample": 3, "image_mean": [1, 2, 3], "image_std": 2}"#,
        r#"{"pretrained_cfg": {"input_size": [3, 96, 128], "crop_pct": 0.9, "crop_mode": "border", "mean": [0, 0, 0]}}"#,
        r#"{"model_cfg": {"vision_cfg": {"image_size": 64}}, "preprocess_cfg": {"resize_mode": "longest", "fill_color": 7}}"#,
    ];
    own.into_iter().chain(others.map(str::to_owned)).map(String::into_bytes).collect()
}
