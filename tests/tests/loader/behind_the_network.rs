use super::crafted::{below, loaded, norm, refused, tensor, trunk, values_of};
use super::*;
use cam_tests::networks::Entry;

/// Arithmetic in f32 against the same in f64; as a fraction of the largest value.
const ROUNDING: f32 = 1e-5;

/// `tiny_basic` gives twelve numbers.
const WIDTH: usize = 12;

/// A backbone with something behind it.
fn with(prefix: &str, behind: &[Entry]) -> Vec<Entry> {
    [below(prefix, &trunk("tiny_basic.safetensors")), behind.to_vec()].concat()
}

/// The rows of what the backbone gives by itself, in f64.
fn pooled() -> Vec<Vec<f64>> {
    rows(&embedding(&open("tiny_basic.safetensors").network), WIDTH)
}

fn rows(values: &[f32], width: usize) -> Vec<Vec<f64>> {
    let row = |row: &[f32]| row.iter().map(|&value| f64::from(value)).collect();
    values.chunks_exact(width).map(row).collect()
}

/// γ·(x − μ)/√(σ² + 1e-5) + β.
fn normalized(entries: &[Entry], name: &str, x: &[f64]) -> Vec<f64> {
    let part = |part: &str| values_of(entries, &format!("{name}.{part}"));
    let [gamma, beta] = ["weight", "bias"].map(part);
    let [mean, variance] = ["running_mean", "running_var"].map(part);
    let one = |i: usize| gamma[i] * (x[i] - mean[i]) / (variance[i] + 1e-5).sqrt() + beta[i];
    (0..x.len()).map(one).collect()
}

/// W·x + b.
fn linear(entries: &[Entry], name: &str, x: &[f64]) -> Vec<f64> {
    let weight = values_of(entries, &format!("{name}.weight"));
    let bias = entries.iter().any(|entry| entry.0 == format!("{name}.bias"));
    let bias = bias.then(|| values_of(entries, &format!("{name}.bias")));
    let row = |(i, row): (usize, &[f64])| {
        let sum: f64 = row.iter().zip(x).map(|(w, x)| w * x).sum();
        sum + bias.as_ref().map_or(0.0, |bias| bias[i])
    };
    weight.chunks_exact(x.len()).enumerate().map(row).collect()
}

fn unit(x: &[f64]) -> Vec<f64> {
    let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
    x.iter().map(|x| x / length).collect()
}

#[track_caller]
fn assert_gives(entries: &[Entry], expected: impl Fn(&[f64]) -> Vec<f64>) -> Loaded {
    assert_gives_of(entries, &pooled(), expected)
}

#[track_caller]
fn assert_gives_of(
    entries: &[Entry],
    pooled: &[Vec<f64>],
    expected: impl Fn(&[f64]) -> Vec<f64>,
) -> Loaded {
    let found = loaded(entries);
    let expected: Vec<f32> =
        pooled.iter().flat_map(|row| expected(row)).map(|value| value as f32).collect();
    assert_eq!(found.network.embedding_width() * 2, expected.len());
    assert_near("embedding", &embedding(&found.network), &expected, ROUNDING);
    found
}

#[test]
fn a_batch_norm_behind_the_pooling_is_applied_under_each_of_its_names() {
    for name in ["heads.bottleneck.0", "bottleneck", "neck", "bnneck", "neck.bn", "feat_bn"] {
        let entries = with("backbone.", &norm(name, WIDTH));
        let found = assert_gives(&entries, |x| normalized(&entries, name, x));
        assert_eq!(found.source.head, [format!("batch norm {name} ({WIDTH})")]);
    }
}

#[test]
fn a_batch_norm_without_scale_and_shift_is_applied() {
    let mut entries = with("backbone.", &norm("bnneck", WIDTH));
    for (name, _, values) in &mut entries {
        if let Some(part) = name.strip_prefix("bnneck.") {
            match part {
                "weight" => values.fill(1.0),
                "bias" => values.fill(0.0),
                _ => {}
            }
        }
    }
    let all = entries.clone();
    entries.retain(|entry| entry.0 != "bnneck.weight" && entry.0 != "bnneck.bias");
    assert_gives(&entries, |x| normalized(&all, "bnneck", x));
}

#[test]
fn a_linear_layer_behind_the_pooling_gives_the_embedding_under_each_of_its_names() {
    for name in
        ["embedding", "embedder", "projector", "projection.0", "neck.fc", "head.embedding", "proj"]
    {
        let entries = with("backbone.", &[tensor(&format!("{name}.weight"), &[7, WIDTH])]);
        let found = assert_gives(&entries, |x| linear(&entries, name, x));
        assert!(found.network.classifier().is_none());
    }
}

#[test]
fn a_linear_layer_inside_the_network_gives_the_embedding() {
    let behind = [tensor("embedding.weight", &[7, WIDTH]), tensor("embedding.bias", &[7])];
    let entries = with("", &behind);
    assert_gives(&entries, |x| linear(&entries, "embedding", x));
}

#[test]
fn a_convolution_of_one_position_is_a_linear_layer() {
    let entries = with("backbone.", &[tensor("reduction.weight", &[7, WIDTH, 1, 1])]);
    assert_gives(&entries, |x| linear(&entries, "reduction", x));
}

#[test]
fn embedding_batch_norm_and_classifier_follow_each_other_by_their_widths() {
    let embedding =
        [tensor("head.embedding.weight", &[7, WIDTH]), tensor("head.embedding.bias", &[7])];
    let classifier = [tensor("head.classifier.weight", &[3, 7])];
    let behind = [&embedding[..], &norm("head.bnneck", 7), &classifier].concat();
    let entries = with("model.backbone.", &below("model.", &behind));
    let network = assert_gives(&entries, |x| {
        let x = linear(&entries, "model.head.embedding", x);
        normalized(&entries, "model.head.bnneck", &x)
    });
    // The classifier reads the embedding.
    let network = network.network;
    let found = logits(&network);
    let rows = rows(&embedding_of(&network), 7);
    let expected = rows.iter().flat_map(|x| linear(&entries, "model.head.classifier", x));
    let expected: Vec<f32> = expected.map(|value| value as f32).collect();
    assert_near("logits", &found, &expected, ROUNDING);
}

fn embedding_of(network: &ConvNet) -> Vec<f32> {
    super::embedding(network)
}

#[test]
fn neighbours_in_a_sequential_follow_each_other() {
    let behind =
        [&[tensor("bottleneck.0.weight", &[7, WIDTH, 1, 1])], &norm("bottleneck.1", 7)[..]]
            .concat();
    let entries = with("", &behind);
    assert_gives(&entries, |x| {
        normalized(&entries, "bottleneck.1", &linear(&entries, "bottleneck.0", x))
    });
}

#[test]
fn a_batch_norm_behind_a_layer_that_is_called_fc_may_be_followed_by_a_relu() {
    // torchreid's resnet50_fc512: linear, batch norm, relu, before the classifier.
    let behind = [&[tensor("fc.0.weight", &[7, WIDTH])], &norm("fc.1", 7)[..]].concat();
    assert_is_left_out(&behind, "relu");
}

/// (mean max(A, 1e-6)^p)^(1/p) over the positions of the last layer, in f64.
fn generalised_mean(exponent: f64) -> Vec<Vec<f64>> {
    let network = open("tiny_basic.safetensors").network;
    let last = network.layer("layer4").expect("it is there");
    let activations = network.forward_to(images(), last).grid;
    let [n, c, h, w] = activations.dims();
    let activations = values(&activations);
    let channel = |channel: &[f32]| {
        let powers = channel.iter().map(|&a| f64::from(a).max(1e-6).powf(exponent));
        (powers.sum::<f64>() / (h * w) as f64).powf(1.0 / exponent)
    };
    let pooled: Vec<f64> = activations.chunks_exact(h * w).map(channel).collect();
    assert_eq!(pooled.len(), n * c);
    pooled.chunks_exact(c).map(<[f64]>::to_vec).collect()
}

#[test]
fn a_generalised_mean_pools_with_the_exponent_of_the_file() {
    for (name, shape) in [("pool.p", vec![1]), ("heads.pool_layer.p", vec![1]), ("gem.p", vec![])] {
        let entries = with("backbone.", &[(name.to_owned(), shape, vec![2.5])]);
        assert_gives_of(&entries, &generalised_mean(2.5), <[f64]>::to_vec);
    }
}

#[test]
fn an_exponent_that_is_not_positive_is_a_breach() {
    let entries = with("backbone.", &[("pool.p".into(), vec![1], vec![0.0])]);
    match refused(&entries, Strictness::Partial) {
        LoadError::Contract { mismatches, .. } => {
            assert_eq!(names(&mismatches.invalid), ["pool.p"]);
        }
        other => panic!("{other}"),
    }
}

#[test]
fn radenovics_whitening_stands_between_two_divisions_by_the_length() {
    // cnnimageretrieval-pytorch: features, pool, L2, whiten, L2.
    let numbered = |name: &str| {
        let children = ["conv1", "bn1", "", "", "layer1", "layer2", "layer3", "layer4"];
        let (child, rest) = name.split_once('.').expect("a dot");
        let number = children.iter().position(|known| *known == child).expect("a child");
        format!("features.{number}.{rest}")
    };
    let mut entries = super::crafted::renamed(&trunk("tiny_basic.safetensors"), numbered);
    entries.push(("pool.p".into(), vec![1], vec![3.0]));
    entries.push(tensor("whiten.weight", &[8, WIDTH]));
    entries.push(tensor("whiten.bias", &[8]));
    assert_gives_of(&entries, &generalised_mean(3.0), |x| {
        unit(&linear(&entries, "whiten", &unit(x)))
    });
}

/// What of these is not used, and why.
#[track_caller]
fn breaches_of(entries: &[Entry]) -> Mismatches {
    match refused(entries, Strictness::Exact) {
        LoadError::Contract { mismatches, .. } => *mismatches,
        other => panic!("{other}"),
    }
}

#[track_caller]
fn assert_is_left_out(behind: &[Entry], note: &str) {
    let entries = with("backbone.", behind);
    let mismatches = breaches_of(&entries);
    let mut expected: Vec<&str> = behind.iter().map(|entry| entry.0.as_str()).collect();
    expected.sort_unstable();
    assert_eq!(mismatches.unexpected, expected);
    assert!(mismatches.notes.iter().any(|found| found.contains(note)), "{mismatches}");
    // Whoever forgives that gets what the backbone gives.
    let checkpoint = super::crafted::checkpoint(&entries);
    let loaded = load_checkpoint(checkpoint, None, Strictness::Partial, &device());
    let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.mismatches.unexpected, expected);
    assert_eq!(embedding(&loaded.network), embedding(&open("tiny_basic.safetensors").network));
}

#[test]
fn a_projector_with_something_between_its_layers_is_left_out_and_said() {
    let behind = [tensor("projector.0.weight", &[9, WIDTH]), tensor("projector.2.weight", &[7, 9])];
    assert_is_left_out(&behind, "in projector lies something without tensors");
}

#[test]
fn layers_whose_order_the_file_does_not_tell_are_left_out() {
    let behind = [&[tensor("embedding.weight", &[WIDTH, WIDTH])], &norm("bnneck", WIDTH)[..]];
    assert_is_left_out(&behind.concat(), "order");
}

#[test]
fn two_linear_layers_of_different_names_are_left_out() {
    let behind = [tensor("embedding.weight", &[9, WIDTH]), tensor("projection.weight", &[7, 9])];
    assert_is_left_out(&behind, "several layers");
}

#[test]
fn a_layer_that_does_not_take_what_is_pooled_is_left_out() {
    assert_is_left_out(&[tensor("embedding.weight", &[7, 2 * WIDTH])], "12 channels");
}

#[test]
fn layers_of_unknown_names_and_kinds_are_each_named() {
    let behind = [
        tensor("decoder.up.weight", &[WIDTH, 4, 3, 3]),
        tensor("mystery.weight", &[7, WIDTH]),
        tensor("norm.bias", &[WIDTH]),
        tensor("norm.weight", &[WIDTH]),
        tensor("transformer.attn.in_proj_weight", &[36, WIDTH]),
    ];
    let mismatches = breaches_of(&with("backbone.", &behind));
    let expected: Vec<&str> = behind.iter().map(|entry| entry.0.as_str()).collect();
    assert_eq!(mismatches.unexpected, expected);
}

#[test]
fn a_left_out_projector_does_not_take_the_classifier_of_the_backbone_with_it() {
    let behind = [
        tensor("fc.weight", &[5, WIDTH]),
        tensor("projector.0.weight", &[9, WIDTH]),
        tensor("projector.2.weight", &[7, 9]),
    ];
    let checkpoint = super::crafted::checkpoint(&with("backbone.", &behind));
    let loaded = load_checkpoint(checkpoint, None, Strictness::Partial, &device());
    let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.mismatches.unexpected, ["projector.0.weight", "projector.2.weight"]);
    assert_eq!(loaded.source.classifier.as_deref(), Some("fc"));
}
