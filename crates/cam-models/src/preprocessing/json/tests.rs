use super::*;
use crate::fit::Fit;
use crate::preprocessing::{Centre, Channels, Filter, PRESETS};

fn read(text: &str) -> ReadPreprocessing {
    Preprocessing::from_json(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    match Preprocessing::from_json(text) {
        Err(error) => error.to_string(),
        Ok(read) => panic!("{text}: {read:?}"),
    }
}

#[test]
fn what_is_written_is_read_to_the_bit() {
    let third = Preprocessing {
        mean: [1.0 / 3.0, 123.674_999_999_999_98, -1e-17],
        deviation: [f64::MIN_POSITIVE, 0.1 + 0.2, 1e300],
        centre: Centre::Front,
        channels: Channels::Bgr,
        frame: Some((300, 260)),
        background: Some([1, 2, 3]),
        ..Preprocessing::imagenet()
    };
    let presets = PRESETS.map(|preset| preset.preprocessing());
    for preprocessing in presets.into_iter().chain([third, Preprocessing::efficientnet_lite(260)]) {
        for fit in Fit::ALL {
            for filter in Filter::ALL {
                let own = Preprocessing { fit, filter, ..preprocessing.clone() };
                let again = read(&own.to_json());
                assert_eq!((again.preprocessing, again.form), (own, Form::Own));
                assert!(again.remarks.is_empty());
            }
        }
    }
}

#[test]
fn imagenet_s_numbers_from_a_file_are_the_built_in_ones_to_the_bit() {
    let imagenet = Preprocessing::imagenet();
    let timm = read(
        r#"{"pretrained_cfg": {"input_size": [3, 224, 224], "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
            "interpolation": "bilinear", "crop_mode": "squash", "crop_pct": 1.0}}"#,
    );
    assert_eq!((timm.preprocessing, timm.form), (imagenet.clone(), Form::Timm));
    let transformers = read(
        r#"{"image_processor_type": "ViTImageProcessorFast", "rescale_factor": 0.00392156862745098,
            "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}"#,
    );
    let expected = Preprocessing { centre: Centre::Front, ..imagenet };
    assert_eq!((transformers.preprocessing, transformers.form), (expected, Form::Transformers));
}

#[test]
fn a_class_says_what_its_file_does_not() {
    let of = |class: &str| {
        let read = read(&format!(r#"{{"image_processor_type": "{class}"}}"#));
        let Preprocessing { size, fit, frame, filter, .. } = read.preprocessing;
        (size, fit, frame, filter)
    };
    let (side, large) = ((224, 224), Some((256, 256)));
    assert_eq!(of("BitImageProcessor"), (side, Fit::Crop, None, Filter::Bicubic));
    assert_eq!(of("CLIPFeatureExtractor"), (side, Fit::Crop, None, Filter::Bicubic));
    assert_eq!(of("SiglipImageProcessor"), (side, Fit::Squash, None, Filter::Bicubic));
    assert_eq!(of("ViTImageProcessorPil"), (side, Fit::Squash, None, Filter::Bilinear));
    assert_eq!(of("DeiTImageProcessor"), (side, Fit::Squash, large, Filter::Bicubic));
    assert_eq!(of("ConvNextImageProcessor"), ((384, 384), Fit::Squash, None, Filter::Bicubic));
    assert_eq!(of("DINOv3ViTImageProcessorFast"), (side, Fit::Squash, None, Filter::Bilinear));
}

#[test]
fn an_old_file_s_single_number_means_what_its_class_means() {
    let of = |class: &str| {
        let text = format!(
            r#"{{"feature_extractor_type": "{class}FeatureExtractor", "size": 336, "crop_size": 336}}"#
        );
        let read = read(&text);
        (read.preprocessing.fit, read.preprocessing.size, read.remarks.len())
    };
    assert_eq!(of("CLIP"), (Fit::Crop, (336, 336), 0));
    // It crops nothing, and says so.
    assert_eq!(of("ViT"), (Fit::Squash, (336, 336), 1));
    let unknown = r#"{"size": 336, "resample": 3, "image_mean": 0.5, "image_std": 0.5}"#;
    assert!(
        error(unknown).starts_with("the field `size` is 336, and takes {\"shortest_edge\": N}")
    );
}

#[test]
fn an_unknown_class_is_taken_at_its_word_and_needs_every_field() {
    let text = r#"{"image_processor_type": "FooImageProcessor", "size": {"height": 32, "width": 48},
        "resample": 2, "image_mean": [0.5], "image_std": 0.5, "patch": 16, "do_thing": false}"#;
    let known = read(text);
    assert_eq!(known.preprocessing.size, (48, 32));
    assert_eq!(known.remarks.len(), 2, "{:?}", known.remarks);
    assert!(known.remarks[0].starts_with("the class FooImageProcessor is not known here"));
    assert!(known.remarks[1].starts_with("the field `patch` (16) is not known"));
    for field in ["size", "resample", "image_mean", "image_std"] {
        let lacking = text.replace(&format!("\"{field}\""), &format!("\"x_{field}\""));
        assert!(error(&lacking).starts_with(&format!("the field `{field}` is missing")));
    }
}

#[test]
fn channels_that_are_reversed_have_their_own_means() {
    let read = read(
        r#"{"image_processor_type": "MobileViTImageProcessor", "size": {"shortest_edge": 288}, "do_normalize": true,
            "image_mean": [1, 2, 3], "image_std": [4, 5, 6], "do_rescale": false}"#,
    );
    assert_eq!(read.preprocessing.channels, Channels::Bgr);
    // The first of the file is the first that the network takes: blue.
    assert_eq!(read.preprocessing.mean, [3.0, 2.0, 1.0]);
    assert_eq!(read.preprocessing.deviation, [6.0, 5.0, 4.0]);
}

#[test]
fn what_is_not_done_here_is_refused_in_words() {
    let naflex = error(r#"{"image_processor_type": "Siglip2ImageProcessor"}"#);
    assert!(naflex.contains("NaFlex") && naflex.contains("fixed input size"), "{naflex}");
    assert!(error(r#"{"do_resize": true, "max_num_patches": 256}"#).contains("NaFlex"));
    let pad = error(r#"{"image_processor_type": "ViTImageProcessor", "do_pad": true}"#);
    assert!(
        pad.starts_with("the field `do_pad` is true: what it switches on is not known"),
        "{pad}"
    );
    let native = error(r#"{"image_processor_type": "ViTImageProcessor", "do_resize": false}"#);
    assert!(native.contains("at its own size"), "{native}");
    let longest = r#"{"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 1, "longest_edge": 9}}"#;
    assert!(error(longest).starts_with("the field `size` is {\"longest_edge\":9"));
}

#[test]
fn what_contradicts_itself_is_refused_in_words() {
    let open = error(r#"{"image_processor_type": "CLIPImageProcessor", "do_center_crop": false}"#);
    assert!(open.contains("every picture has a size of its own"), "{open}");
    let less =
        error(r#"{"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 192}}"#);
    assert_eq!(less, "224×224 pixels are to be cut out of 192×192, which are fewer");
    let zero = error(r#"{"image_processor_type": "CLIPImageProcessor", "image_std": [1, 0, 1]}"#);
    assert_eq!(zero, "values are divided by a deviation of 0, which must be above 0");
    let part = error(r#"{"input_size": [3, 224, 224], "crop_pct": 1.5}"#);
    assert_eq!(part, "the field `crop_pct` is 1.5, and takes a share above 0, at most 1");
    assert!(error(r#"{"input_size": [1, 28, 28]}"#).contains("takes [3, height, width]"));
    assert!(
        error(r#"{"preprocess_cfg": {"resize_mode": "fill"}}"#)
            .contains("takes shortest, longest or squash")
    );
    assert!(error(r#"{"preprocess_cfg": 3}"#).contains("takes an object"));
}

#[test]
fn other_files_are_refused_by_what_would_do() {
    assert!(error("{").starts_with("it is no JSON object: EOF"));
    assert!(error("[1]").starts_with("it is no JSON object: it holds a list"));
    let model = error(r#"{"model_type": "vit", "hidden_size": 192}"#);
    assert!(
        model.contains("hidden_size, model_type") && model.contains("preprocessor_config.json"),
        "{model}"
    );
}

#[test]
fn our_own_form_has_no_fields_but_its_own() {
    let own = Preprocessing::clip().to_json();
    assert!(error(&own.replace("\"fit\"", "\"fits\"")).contains("unknown field `fits`"));
    assert!(error(&own.replace("-1\"", "-2\"")).contains("takes \"cam-preprocessing-1\""));
    assert!(
        error(&own.replace("\"width\": 224", "\"width\": 0")).starts_with("a side of 0 pixels")
    );
    assert!(error(&own.replace("\"crop\"", "\"chop\"")).contains("unknown variant `chop`"));
}

#[test]
fn open_clip_s_size_is_its_network_s() {
    let of = |text: &str| {
        let read = read(text);
        (read.preprocessing.size, read.remarks.len(), read.form)
    };
    let beside = r#"{"model_cfg": {"vision_cfg": {"image_size": 378}}, "preprocess_cfg": {"mean": [0, 0, 0], "std": [1, 1, 1]}}"#;
    assert_eq!(of(beside), ((378, 378), 0, Form::OpenClip));
    assert_eq!(of(r#"{"mean": [0, 0, 0], "std": [1, 1, 1]}"#), ((224, 224), 1, Form::OpenClip));
}
