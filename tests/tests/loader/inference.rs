use super::*;

/// The convolutions of a network by the names of their weights, and these weights' shapes.
fn convolutions(description: &Description) -> Vec<(&str, &Convolution, &[usize])> {
    let graph = &description.graph;
    let convolutions = graph.steps.iter().filter_map(|step| match &step.operation {
        Operation::Convolution(convolution) => {
            let key = convolution.weight.strip_suffix(".weight").expect("PyTorch names them so");
            Some((key, convolution, graph.parameters[&convolution.weight].as_slice()))
        }
        _ => None,
    });
    convolutions.collect()
}

/// Groups of the 3×3 convolutions, by block.
fn groups(description: &Description) -> Vec<usize> {
    let all = convolutions(description).into_iter();
    all.filter(|(key, ..)| key.ends_with(".conv2")).map(|(_, found, _)| found.groups).collect()
}

/// What a file is found to be of.
fn inferred(name: &str) -> Description {
    let checkpoint = Checkpoint::open(&fixture(name)).expect("it is a weight file");
    identify(checkpoint).unwrap_or_else(|error| panic!("{error}")).description().clone()
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
        let found = convolutions(&wide).into_iter().find(|(name, ..)| *name == key);
        found.map(|(_, _, shape)| (shape[1], shape[0]))
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
    let has = |network: &Description, key: &str| {
        convolutions(network).iter().any(|(name, ..)| *name == key)
    };
    assert!(has(&headless, "layer3.0.downsample.0"));
    let basic = inferred("tiny_basic.safetensors");
    assert!(!has(&basic, "layer1.0.downsample.0"));
}

#[test]
fn an_efficientnet_lite_of_other_widths_is_recognised_by_its_stages() {
    let lite = inferred("tiny_lite.safetensors");
    assert!(lite.name.starts_with("efficientnet-lite"), "{}", lite.name);
    let strides = convolutions(&lite).into_iter();
    let strides = strides.filter(|(_, found, _)| found.stride == [2, 2]).map(|(key, ..)| key);
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
            let says = |said: &String| said.contains(&format!("; {architecture} has another"));
            match found.source().assumptions.iter().any(says) {
                // Its names and shapes are those of the network that is taken.
                true => assert_ne!(found.description().name, architecture),
                false => {
                    assert_eq!(found.description(), &described, "{architecture} below `{prefix}`");
                }
            }
            assert_eq!(found.source().prefix, prefix);
        }
    }
}

/// A checkpoint with the names and shapes of a network. Its values are zeros that nobody reads, so that the
/// operating system never has to provide them.
fn hollow(description: &Description, prefix: &str) -> Checkpoint {
    let mut end = 0;
    let entries = tensors(description).into_iter().map(|(name, shape)| {
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
