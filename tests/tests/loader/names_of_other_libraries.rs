use super::crafted::{below, checkpoint, entries, loaded, renamed};
use super::*;
use cam_models::Naming;
use cam_tests::networks::Entry;

/// The same tensors under other names make the same network, bit for bit.
#[track_caller]
fn assert_is_the_same(original: &str, other: &[Entry], naming: Naming, prefix: &str) {
    let expected = open(original);
    let found = loaded(other);
    assert_eq!(found.source.naming, naming);
    assert_eq!(found.source.prefix, prefix);
    assert_eq!(found.network.description(), expected.network.description());
    assert_eq!(embedding(&found.network), embedding(&expected.network));
    if expected.network.classifier().is_some() {
        assert_eq!(logits(&found.network), logits(&expected.network));
    }
}

/// torchvision's name as transformers' `modeling_resnet.py` has it, below its `ResNetModel`.
fn hugging_face(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["fc", part] => format!("classifier.1.{part}"),
        ["conv1", part] => format!("resnet.embedder.embedder.convolution.{part}"),
        ["bn1", part] => format!("resnet.embedder.embedder.normalization.{part}"),
        [stage, block, rest @ ..] => {
            let stage: usize = stage["layer".len()..].parse().expect("a stage");
            let block = format!("resnet.encoder.stages.{}.layers.{block}", stage - 1);
            match rest {
                ["downsample", "0", part] => format!("{block}.shortcut.convolution.{part}"),
                ["downsample", "1", part] => format!("{block}.shortcut.normalization.{part}"),
                [layer, part] => {
                    let (kind, number) = layer.split_at(layer.len() - 1);
                    let number: usize = number.parse().expect("a number");
                    let kind = if kind == "conv" { "convolution" } else { "normalization" };
                    format!("{block}.layer.{}.{kind}.{part}", number - 1)
                }
                _ => panic!("{name}"),
            }
        }
        _ => panic!("{name}"),
    }
}

#[test]
fn a_resnet_in_the_names_of_hugging_face_is_the_same_network() {
    for fixture in ["tiny_basic.safetensors", "tiny_bottleneck.safetensors"] {
        let other = renamed(&entries(fixture), hugging_face);
        assert_is_the_same(fixture, &other, Naming::HuggingFace, "resnet.");
    }
}

#[test]
fn a_resnet_model_of_hugging_face_without_its_classifier_is_the_same_network() {
    let other = renamed(&entries("tiny_headless.safetensors"), |name| {
        hugging_face(name)["resnet.".len()..].to_owned()
    });
    assert_is_the_same("tiny_headless.safetensors", &other, Naming::HuggingFace, "");
}

/// The child's number in `nn.Sequential(*list(resnet.children())[:-2])`.
fn numbered(name: &str) -> String {
    let children = ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"];
    let (child, rest) = name.split_once('.').expect("a dot");
    let number = children.iter().position(|known| *known == child).expect("a child");
    format!("{number}.{rest}")
}

#[test]
fn numbered_children_of_a_sequential_are_the_same_network_wherever_they_stand() {
    for prefix in ["", "backbone.", "features.", "state_dict.model.encoder."] {
        let other = renamed(&entries("tiny_headless.safetensors"), numbered);
        let other = below(prefix, &other);
        assert_is_the_same("tiny_headless.safetensors", &other, Naming::Numbered, prefix);
    }
}

/// Blocks of each stage of `tiny_lite`.
const LITE_STAGES: [usize; 7] = [1, 2, 1, 2, 1, 2, 1];

/// The name that timm's `efficientnet.py` has for one of the PyTorch port.
fn timm(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["_conv_stem", part] => format!("conv_stem.{part}"),
        ["_bn0", part] => format!("bn1.{part}"),
        ["_conv_head", part] => format!("conv_head.{part}"),
        ["_bn1", part] => format!("bn2.{part}"),
        ["_fc", part] => format!("classifier.{part}"),
        ["_blocks", block, layer, part] => {
            let (mut stage, mut block) = (0, block.parse::<usize>().expect("a block"));
            while block >= LITE_STAGES[stage] {
                block -= LITE_STAGES[stage];
                stage += 1;
            }
            let layer = match (stage, *layer) {
                (0, "_project_conv") => "conv_pw",
                (0, "_bn1") => "bn1",
                (0, "_bn2") => "bn2",
                (_, "_depthwise_conv") => "conv_dw",
                (_, "_expand_conv") => "conv_pw",
                (_, "_bn0") => "bn1",
                (_, "_bn1") => "bn2",
                (_, "_project_conv") => "conv_pwl",
                (_, "_bn2") => "bn3",
                _ => panic!("{name}"),
            };
            format!("blocks.{stage}.{block}.{layer}.{part}")
        }
        _ => panic!("{name}"),
    }
}

#[test]
fn an_efficientnet_lite_in_the_names_of_timm_is_the_same_network() {
    let other = renamed(&entries("tiny_lite.safetensors"), timm);
    assert_is_the_same("tiny_lite.safetensors", &other, Naming::Timm, "");
    let other = below("model.", &other);
    assert_is_the_same("tiny_lite.safetensors", &other, Naming::Timm, "model.");
}

#[test]
fn what_the_names_of_timm_leave_open_is_said_and_can_be_chosen() {
    let lite0 = describe("efficientnet-lite0").expect("it is known");
    let trained_in_pytorch = describe("efficientnet_lite0").expect("it is known");
    assert_eq!(describe("tf_efficientnet_lite0").as_ref(), Some(&lite0));
    assert_ne!(lite0, trained_in_pytorch);
    // timm 1.0: `efficientnet_lite0.ra_in1k` has BatchNorm2d's own epsilon and symmetric padding.
    let [convolution, norm, ..] = &trained_in_pytorch.graph.steps[..] else { panic!("a stem") };
    let (Operation::Convolution(stem), Operation::BatchNorm(norm)) =
        (&convolution.operation, &norm.operation)
    else {
        panic!("it starts with a convolution and its norm");
    };
    assert_eq!((norm.epsilon, stem.padding), (1e-5, Padding::Fixed(Border::all(1))));
    let [red, ..] = trained_in_pytorch.preprocessing.mean;
    assert!((red - 0.485 * 255.0).abs() < 1e-9);

    let other = renamed(&entries("tiny_lite.safetensors"), timm);
    let source = loaded(&other).source;
    assert!(source.assumptions[0].contains("efficientnet_lite0"), "{:?}", source.assumptions);
    assert_eq!(open("tiny_lite.safetensors").source.assumptions, Vec::<String>::new());
}

/// Names that fine-tuned networks give their last layer.
const CLASSIFIERS: [&str; 10] = [
    "fc",
    "fc.1",
    "classifier",
    "classifier.1",
    "head",
    "head.fc",
    "head.1",
    "last_linear",
    "classif",
    "logits",
];

#[test]
fn a_classifier_is_known_by_any_of_its_usual_names() {
    let entries = entries("tiny_basic.safetensors");
    for classifier in CLASSIFIERS {
        let other = renamed(&entries, |name| match name.strip_prefix("fc.") {
            Some(part) => format!("{classifier}.{part}"),
            None => name.to_owned(),
        });
        assert_is_the_same("tiny_basic.safetensors", &other, Naming::Torchvision, "");
        let found = loaded(&other).source.classifier;
        assert_eq!(found.as_deref(), Some(classifier));
    }
}

#[test]
fn a_classifier_beside_a_backbone_is_known() {
    let entries = entries("tiny_basic.safetensors");
    for classifier in ["fc", "head.fc", "classifier", "heads.head", "cls_head.fc"] {
        let other = renamed(&entries, |name| match name.strip_prefix("fc.") {
            Some(part) => format!("model.{classifier}.{part}"),
            None => format!("model.backbone.{name}"),
        });
        assert_is_the_same(
            "tiny_basic.safetensors",
            &other,
            Naming::Torchvision,
            "model.backbone.",
        );
    }
}

#[test]
fn a_classifier_without_bias_adds_nothing() {
    let mut without = entries("tiny_basic.safetensors");
    let at = without.iter().position(|entry| entry.0 == "fc.bias").expect("a bias");
    let (_, _, bias) = without.remove(at);
    let found = loaded(&without);
    assert!(found.mismatches.is_empty());
    let expected = logits(&open("tiny_basic.safetensors").network);
    let expected: Vec<f32> =
        expected.iter().zip(bias.iter().cycle()).map(|(logit, bias)| logit - bias).collect();
    assert_near("logits", &logits(&found.network), &expected, 1e-6);
}

#[test]
fn names_that_look_like_numbers_of_another_library_do_not_hide_each_other() {
    // `04` is no number that a library writes, and would be the same as `4`.
    let mut other = renamed(&entries("tiny_headless.safetensors"), numbered);
    other.push(("04.0.conv1.weight".into(), vec![1], vec![0.0]));
    let identified = identify(checkpoint(&other)).expect("it is a network");
    assert_eq!(identified.inspect().unexpected, ["04.0.conv1.weight"]);
}
