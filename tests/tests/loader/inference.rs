use super::*;

/// Groups of the 3×3 convolutions, by block.
fn groups(description: &Description) -> Vec<usize> {
    let inner =
        description.convolutions().filter(|convolution| convolution.key.ends_with(".conv2"));
    inner.map(|convolution| convolution.groups).collect()
}

fn inferred(name: &str) -> Description {
    open(name).network.description().unwrap().clone()
}

#[test]
fn basic_blocks_are_told_from_bottlenecks() {
    assert_eq!(inferred("tiny_basic.safetensors").name, "resnet (basic 1-2-1-1, widths 6-8-10-12)");
    assert!(inferred("tiny_bottleneck.safetensors").name.contains("bottleneck 1-1-2-1"));
    assert!(inferred("tiny_resnext.safetensors").name.contains("4 groups"));
}

#[test]
fn groups_follow_from_the_shape_of_the_3x3_convolution() {
    assert_eq!(groups(&inferred("tiny_resnext.safetensors")), [4; 4]);
    assert_eq!(groups(&inferred("tiny_wide.safetensors")), [1; 4]);
    assert_eq!(groups(&inferred("tiny_bottleneck.safetensors")), [1; 5]);
}

#[test]
fn the_widths_inside_and_behind_blocks_are_those_of_the_file() {
    let wide = inferred("tiny_wide.safetensors");
    let shape = |key: &str| {
        let found = wide.convolutions().find(|convolution| convolution.key == key);
        found.map(|convolution| (convolution.inputs, convolution.outputs))
    };
    assert_eq!(shape("layer2.0.conv1"), Some((12, 8)));
    assert_eq!(shape("layer2.0.conv2"), Some((8, 8)));
    assert_eq!(shape("layer2.0.conv3"), Some((8, 16)));
    assert_eq!(shape("layer2.0.downsample.0"), Some((12, 16)));
}

#[test]
fn the_number_of_classes_is_that_of_the_file() {
    for (name, classes) in
        [("tiny_basic", 5), ("tiny_bottleneck", 7), ("tiny_resnext", 4), ("tiny_lite", 5)]
    {
        let classifier = inferred(&format!("{name}.safetensors")).classifier;
        assert_eq!(classifier.map(|classifier| classifier.classes), Some(classes), "{name}");
    }
}

#[test]
fn a_network_without_fc_has_an_embedding_and_no_classifier() {
    let network = open("tiny_headless.safetensors").network;
    assert!(network.classifier().is_none());
    assert_eq!(network.embedding_width(), 8);
    assert_eq!(embedding(&network).len(), 2 * 8);
}

#[test]
fn a_stage_of_unchanged_width_still_has_its_downsample() {
    let headless = inferred("tiny_headless.safetensors");
    assert!(headless.convolutions().any(|convolution| convolution.key == "layer3.0.downsample.0"));
    let basic = inferred("tiny_basic.safetensors");
    assert!(basic.convolutions().all(|convolution| convolution.key != "layer1.0.downsample.0"));
}

#[test]
fn an_efficientnet_lite_of_other_widths_is_recognised_by_its_stages() {
    let lite = inferred("tiny_lite.safetensors");
    assert!(lite.name.starts_with("efficientnet-lite"), "{}", lite.name);
    let strides = lite.steps.iter().filter_map(|step| match &step.operation {
        Operation::Convolution(convolution) if convolution.stride == 2 => {
            Some(convolution.key.as_str())
        }
        _ => None,
    });
    let expected = ["_conv_stem", "_blocks.1._depthwise_conv", "_blocks.3._depthwise_conv"];
    let expected =
        expected.into_iter().chain(["_blocks.4._depthwise_conv", "_blocks.7._depthwise_conv"]);
    assert_eq!(strides.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn every_known_architecture_is_recognised_by_names_and_shapes_alone_wrapped_or_not() {
    for architecture in architectures() {
        for prefix in ["", "module.", "state_dict.module."] {
            let described = describe(architecture).expect("it is known");
            let checkpoint = hollow(&described, prefix);
            let found =
                identify(checkpoint).unwrap_or_else(|error| panic!("{architecture}: {error}"));
            assert_eq!(found.description(), &described, "{architecture} below `{prefix}`");
            assert_eq!(found.source().prefix, prefix);
        }
    }
}

/// A checkpoint with the names and shapes of a network. Its values are zeros that nobody reads, so that the
/// operating system never has to provide them.
fn hollow(description: &Description, prefix: &str) -> Checkpoint {
    let mut end = 0;
    let entries = shapes(description).into_iter().map(|(name, shape)| {
        let begin = end;
        end += shape.iter().product::<usize>();
        (
            format!("{prefix}{name}"),
            serde_json::json!({
                "dtype": "F8_E4M3", "shape": shape, "data_offsets": [begin, end],
            }),
        )
    });
    let header = serde_json::Value::Object(entries.collect()).to_string();
    let mut bytes = vec![0; 8 + header.len() + end];
    bytes[..8].copy_from_slice(&(header.len() as u64).to_le_bytes());
    bytes[8..8 + header.len()].copy_from_slice(header.as_bytes());
    Checkpoint::from_safetensors(Path::new("hollow"), bytes).expect("the header is sound")
}

fn shapes(description: &Description) -> Vec<(String, Vec<usize>)> {
    let mut shapes = Vec::new();
    for convolution in description.convolutions() {
        shapes.push((format!("{}.weight", convolution.key), convolution.weight_shape().to_vec()));
        for part in ["weight", "bias", "running_mean", "running_var"] {
            shapes.push((format!("{}.{part}", convolution.norm.key), vec![convolution.outputs]));
        }
    }
    if let Some(classifier) = &description.classifier {
        shapes.push((
            format!("{}.weight", classifier.key),
            vec![classifier.classes, classifier.inputs],
        ));
        shapes.push((format!("{}.bias", classifier.key), vec![classifier.classes]));
    }
    shapes
}
