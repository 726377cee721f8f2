use super::crafted::{below, checkpoint, negated, refused, tensor, trunk};
use super::*;
use cam_tests::networks::Entry;

/// Two copies of one network, told apart by their embeddings.
fn both(first: &str, second: &str) -> Vec<Entry> {
    let entries = trunk("tiny_basic.safetensors");
    [below(first, &entries), below(second, &negated(&entries))].concat()
}

#[track_caller]
fn taken(entries: &[Entry]) -> Loaded {
    crafted::loaded(entries)
}

#[track_caller]
fn assert_is_taken(takes: &str, over: &str) {
    let expected = embedding(&taken(&trunk("tiny_basic.safetensors")).network);
    let found = taken(&both(takes, over));
    assert_eq!(found.source.prefix, takes, "over {over}");
    assert_eq!(embedding(&found.network), expected, "{takes} over {over}");
    assert_eq!(found.source.others[0].prefix, over);
    assert!(found.source.remarks()[0].contains(over), "{:?}", found.source.remarks());
}

#[test]
fn of_two_copies_the_one_that_its_authors_evaluate_is_taken() {
    for (takes, over) in [
        ("encoder_q.", "encoder_k."),
        ("state_dict.module.encoder_q.", "state_dict.module.encoder_k."),
        ("teacher.backbone.", "student.module.backbone."),
        ("module.teacher.", "module.student."),
        ("teacher_backbone.", "student_backbone."),
        ("online_encoder.net.", "target_encoder.net."),
        ("online_network.", "target_network."),
        ("base_encoder.", "momentum_encoder."),
        ("backbone.", "momentum_backbone."),
        ("backbone.", "backbone_momentum."),
        ("state_dict_ema.", "state_dict."),
        ("model_ema.module.", "model."),
        ("ema.", "model."),
        ("ema_state_dict.module.", "state_dict.module."),
        ("ema.", "student."),
        ("ema_model.", ""),
    ] {
        assert_is_taken(takes, over);
    }
}

#[test]
fn of_two_copies_without_a_rule_the_one_that_is_nested_less_is_taken_however_long_its_name() {
    assert_is_taken("a_very_long_name_of_an_encoder.", "x.y.");
    assert_is_taken("", "copy.");
    assert_is_taken("module.first.", "a.b.");
}

#[test]
fn of_two_networks_of_equal_rank_none_is_taken_and_both_are_named() {
    for (first, second) in [
        ("rgb_encoder.", "depth_encoder."),
        ("query.", "key."),
        ("left.backbone.", "right.backbone."),
        ("model.", "state_dict."),
    ] {
        match refused(&both(first, second), Strictness::Partial) {
            LoadError::SeveralNetworks { found, .. } => {
                let mut prefixes: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
                prefixes.sort_unstable();
                let mut expected = [first, second];
                expected.sort_unstable();
                assert_eq!(prefixes, expected);
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_student_of_another_architecture_than_its_teacher_is_no_copy_of_it() {
    let student = below("student.", &trunk("tiny_basic.safetensors"));
    let teacher = below("teacher.", &trunk("tiny_bottleneck.safetensors"));
    let error = refused(&[student, teacher].concat(), Strictness::Exact);
    assert!(matches!(error, LoadError::SeveralNetworks { .. }), "{error}");
}

#[track_caller]
fn chosen(entries: &[Entry], prefix: &str) -> Loaded {
    let checkpoint = checkpoint(entries).choosing(prefix);
    load_checkpoint(checkpoint, None, Strictness::Exact, &device())
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_prefix_chooses_with_or_without_its_dot_or_what_lies_below_it() {
    let entries = both("teacher.backbone.", "student.module.backbone.");
    let expected = embedding(&taken(&negated(&trunk("tiny_basic.safetensors"))).network);
    for prefix in ["student.module.backbone.", "student.module.backbone", "student"] {
        assert_eq!(embedding(&chosen(&entries, prefix).network), expected, "{prefix}");
    }
    let entries = both("depth_encoder.", "rgb_encoder.");
    assert_eq!(embedding(&chosen(&entries, "rgb_encoder").network), expected);
    let entries = both("ema.", "");
    assert_eq!(embedding(&chosen(&entries, "").network), expected);
}

#[test]
fn a_prefix_without_a_network_is_refused_with_those_that_have_one() {
    let checkpoint = checkpoint(&both("teacher.", "student.")).choosing("teach");
    let error = load_checkpoint(checkpoint, None, Strictness::Exact, &device()).err();
    let error = error.expect("it is refused");
    assert!(matches!(error, LoadError::NoSuchPrefix { .. }), "{error}");
    assert_says(&error, &["`teach`", "`teacher.`", "`student.`"]);
}

#[test]
fn a_copy_that_is_not_whole_is_passed_over_and_named() {
    let mut entries = both("student.", "teacher.");
    entries.retain(|entry| entry.0 != "teacher.layer2.1.conv2.weight");
    let found = taken(&entries);
    assert_eq!(found.source.prefix, "student.");
    assert_eq!(found.source.others[0].prefix, "teacher.");
    assert!(!found.source.others[0].is_complete);
}

#[test]
fn where_no_copy_is_whole_the_one_that_comes_closest_says_what_it_lacks() {
    let mut entries = both("student.", "teacher.");
    let lost = ["teacher.layer2.1.conv2.weight", "student.conv1.weight", "student.bn1.weight"];
    entries.retain(|entry| !lost.contains(&entry.0.as_str()));
    match refused(&entries, Strictness::Exact) {
        LoadError::Contract { mismatches, .. } => {
            assert_eq!(mismatches.missing, ["layer2.1.conv2.weight"]);
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_decoder_of_a_resnets_blocks_is_no_second_network_but_part_of_the_one() {
    let trunk = trunk("tiny_basic.safetensors");
    let mut decoder = below("decoder.", &trunk);
    decoder.retain(|(name, _, _)| name.starts_with("decoder.layer"));
    let entries = [below("encoder.", &trunk), decoder.clone()].concat();
    match refused(&entries, Strictness::Exact) {
        LoadError::Contract { mismatches, .. } => {
            assert_eq!(mismatches.unexpected.len(), decoder.len(), "{mismatches}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_head_of_the_other_copy_goes_with_it() {
    let mut entries = both("teacher.backbone.", "student.backbone.");
    entries.push(tensor("student.head.mlp.0.weight", &[12, 12]));
    entries.push(tensor("student.head.mlp.2.weight", &[12, 12]));
    assert_eq!(taken(&entries).source.prefix, "teacher.backbone.");
    entries.push(tensor("teacher.head.mlp.0.weight", &[12, 12]));
    match refused(&entries, Strictness::Exact) {
        LoadError::Contract { mismatches, .. } => {
            assert_eq!(mismatches.unexpected, ["teacher.head.mlp.0.weight"]);
        }
        other => panic!("{other}"),
    }
}

#[test]
fn what_training_keeps_beside_a_network_is_left_out_by_name() {
    let mut entries = below("state_dict.module.encoder_q.", &trunk("tiny_basic.safetensors"));
    entries.push(tensor("state_dict.module.queue", &[12, 8]));
    entries.push(tensor("optimizer.state.0.momentum_buffer", &[6, 3, 7, 7]));
    entries.push(tensor("optimizer.state.1.momentum_buffer", &[6]));
    entries.push(tensor("criterion.center", &[5, 12]));
    entries.push(tensor("best_acc1", &[]));
    let source = taken(&entries).source;
    let left_out: Vec<(&str, usize)> =
        source.left_out.iter().map(|left| (left.name.as_str(), left.tensors)).collect();
    let expected =
        [("best_acc1", 1), ("criterion", 1), ("optimizer", 2), ("state_dict.module.queue", 1)];
    assert_eq!(left_out, expected);
}

#[test]
fn the_network_that_a_training_began_with_among_its_settings_is_not_the_trained_one() {
    let entries = both("state_dict.net.", "hyper_parameters.net.");
    let found = taken(&entries);
    assert_eq!(found.source.prefix, "state_dict.net.");
    assert_eq!(found.source.left_out[0].name, "hyper_parameters");
}

#[test]
fn a_named_network_is_looked_for_under_the_same_rule() {
    let resnet18 = describe("resnet18").expect("it is known");
    let checkpoint = checkpoint(&both("teacher.", "student.")).choosing("student");
    let error = load_checkpoint(checkpoint, Some(resnet18), Strictness::Exact, &device()).err();
    match error {
        Some(LoadError::Contract { mismatches, .. }) => {
            let stem = mismatches.misshaped.iter().find(|(_, _, needed)| needed == &[64, 3, 7, 7]);
            assert_eq!(stem.map(|(name, ..)| name.as_str()), Some("student.conv1.weight"));
        }
        other => panic!("{other:?}", other = other.map(|error| error.to_string())),
    }
}
