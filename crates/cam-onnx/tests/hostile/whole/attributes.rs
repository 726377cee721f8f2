//! Settings that no exporter writes, one by one and at random.

use cam_onnx::proto::{Attribute, Node};
use proptest::prelude::*;
use proptest::sample::select;

use super::net::{Net, around, ints, node, text, with};

const EDGES: [i64; 14] = [
    0,
    1,
    -1,
    2,
    -2,
    3,
    255,
    1 << 20,
    (1 << 31) - 1,
    -(1 << 31),
    1 << 32,
    1 << 40,
    i64::MAX,
    i64::MIN,
];

/// With every list of up to four edges that has one of them somewhere.
fn lists(length: usize) -> impl Iterator<Item = Vec<i64>> {
    EDGES.into_iter().flat_map(move |edge| {
        (0..=length).map(move |place| {
            let mut list = vec![1; length];
            match list.get_mut(place) {
                Some(found) => *found = edge,
                None => list.fill(edge),
            }
            list
        })
    })
}

fn conv(name: &str, value: Attribute) -> Net {
    around(vec![with(node("Conv", "x w", "e"), name, value)])
}

#[test]
fn windows_of_any_kind_are_computed_or_refused() {
    for (name, length) in [("pads", 4), ("strides", 2), ("dilations", 2), ("kernel_shape", 2)] {
        for list in lists(length).chain(lists(1)).chain([Vec::new()]) {
            let _ = conv(name, ints(&list)).import();
            for pool in ["MaxPool", "AveragePool"] {
                let usual = with(node(pool, "d", "e"), name, ints(&list));
                let kernel = with(usual, "kernel_shape", ints(&[2, 2]));
                let ceil = with(kernel.clone(), "ceil_mode", Attribute::Int(1));
                for node in [kernel, ceil] {
                    let _ = around(vec![node]).import();
                }
            }
        }
    }
    for edge in EDGES {
        assert!(edge == 1 || conv("group", Attribute::Int(edge)).import().is_err(), "{edge}");
        assert!(edge > 0 || conv("strides", ints(&[edge, 1])).import().is_err(), "{edge}");
    }
    for mode in ["SAME_UPPER", "SAME_LOWER", "VALID", "?"] {
        let strange = with(node("Conv", "x w", "e"), "auto_pad", text(mode));
        let _ = around(vec![with(strange, "strides", ints(&[1 << 19, 7]))]).import();
    }
}

#[test]
fn axes_out_of_range_are_refused() {
    for operation in [
        "Concat",
        "Softmax",
        "LogSoftmax",
        "Gather",
        "Split",
        "LayerNormalization",
        "LpNormalization",
        "Flatten",
    ] {
        for edge in EDGES.into_iter().filter(|edge| edge.unsigned_abs() > 4) {
            let inputs = match operation {
                "Gather" | "LayerNormalization" => "d i",
                "Concat" => "d d",
                _ => "d",
            };
            let node = with(node(operation, inputs, "e"), "axis", Attribute::Int(edge));
            assert!(around(vec![node]).ints("i", &[0]).import().is_err(), "{operation} {edge}");
        }
    }
}

/// Operations that read a list of integers behind the value.
const LISTED: [&str; 14] = [
    "Reshape",
    "Expand",
    "Tile",
    "Pad",
    "Gather",
    "Slice",
    "Split",
    "Unsqueeze",
    "Squeeze",
    "ReduceMean",
    "ReduceMax",
    "Transpose",
    "Resize",
    "ConstantOfShape",
];

fn listed(operation: &str, list: &[i64]) -> Net {
    let node = match operation {
        "Slice" => vec![node("Slice", "d i i i", "e")],
        "Resize" => vec![node("Resize", "d - - i", "e")],
        "Transpose" => vec![with(node("Transpose", "d", "e"), "perm", ints(list))],
        "ConstantOfShape" => {
            vec![node("ConstantOfShape", "i", "c"), node("Add", "d c", "e")]
        }
        "Split" => vec![node("Split", "d i", "e f g h")],
        _ => vec![node(operation, "d i", "e")],
    };
    around(node).ints("i", list)
}

#[test]
fn lists_of_huge_and_negative_numbers_are_computed_or_refused() {
    for operation in LISTED {
        for length in [1, 2, 4, 8] {
            for list in lists(length) {
                let _ = listed(operation, &list).import();
            }
        }
    }
}

#[test]
fn values_without_numbers_and_huge_ones_go_through_everything() {
    let kinds = [
        "Relu",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "Softmax",
        "Flatten",
        "Shape",
        "Size",
        "ReduceL2",
        "Erf",
        "InstanceNormalization",
        "GroupNormalization",
        "LayerNormalization",
        "BatchNormalization",
        "Gemm",
        "MatMul",
        "Conv",
        "MaxPool",
        "PRelu",
        "DepthToSpace",
        "SpaceToDepth",
        "Mean",
        "Where",
        "Concat",
    ];
    for sides in [
        [0, 0, 0, 0],
        [1, 0, 1, 1],
        [1, 4, 0, 8],
        [1, 4, 1 << 20, 1],
        [1, 1 << 33, 1, 1],
        [1 << 30, 4, 1, 1],
    ] {
        for kind in kinds {
            for settings in [[0, 0, 0], [2, 1, 1], [1 << 20, 1 << 40, -1]] {
                let [kernel, groups, axis] = settings;
                let mut late = node(kind, "f s s s s", "e");
                late = with(late, "kernel_shape", ints(&[kernel, kernel]));
                late = with(late, "num_groups", Attribute::Int(groups));
                late = with(late, "blocksize", Attribute::Int(kernel));
                late = with(late, "axis", Attribute::Int(axis));
                // Emptied, or repeated.
                let empty = node("Slice", "d z z a", "f");
                let wide = node("Expand", "m i", "f");
                let mean = node("ReduceMean", "d", "m");
                let _ = around(vec![mean, wide, late.clone()])
                    .ints("i", &sides)
                    .floats("s", &[1], &[2.0])
                    .import();
                let net = around(vec![empty, late]).ints("z", &[0]).ints("a", &[axis]);
                let _ = net.floats("s", &[1], &[2.0]).import();
            }
        }
    }
}

#[test]
fn statistics_that_are_not_finite_stay_what_they_are() {
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 0.0, f32::MAX] {
        for place in 0..4 {
            let norm = with(
                node("BatchNormalization", "d s0 s1 s2 s3", "e"),
                "epsilon",
                Attribute::Float(odd),
            );
            let mut net = around(vec![norm, node("Relu", "e", "unread")]);
            for index in 0..4 {
                let number = if index == place { odd } else { 1.0 };
                net = net.floats(&format!("s{index}"), &[4], &[number; 4]);
            }
            net.import().expect("numbers are numbers");
        }
        let net = around(vec![node("Mul", "d s", "f"), node("Add", "f s", "e")]);
        net.floats("s", &[1, 4, 1, 1], &[odd; 4]).import().expect("numbers are numbers");
        let _ = around(vec![node("Resize", "d - s", "e")])
            .floats("s", &[4], &[1.0, 1.0, odd, odd])
            .import();
    }
}

#[test]
fn splits_that_make_no_sense_are_refused() {
    for edge in EDGES.into_iter().filter(|&edge| edge != 2) {
        let split = with(node("Split", "d", "e f"), "num_outputs", Attribute::Int(edge));
        assert!(around(vec![with(split, "axis", Attribute::Int(1))]).import().is_err(), "{edge}");
    }
}

fn setting() -> impl Strategy<Value = (String, Attribute)> {
    const NAMES: &str = "axis axes keepdims perm mode pads strides dilations kernel_shape group to start end \
        allowzero split num_outputs transA transB alpha beta epsilon blocksize num_groups auto_pad ceil_mode p \
        coordinate_transformation_mode nearest_mode count_include_pad noop_with_empty_axes q_num_heads kv_num_heads scale";
    let names: Vec<&str> = NAMES.split_whitespace().collect();
    let texts = vec![
        "SAME_UPPER",
        "VALID",
        "reflect",
        "edge",
        "linear",
        "cubic",
        "CRD",
        "asymmetric",
        "floor",
    ];
    let number = || prop_oneof![4 => -2i64..5, 1 => select(EDGES.to_vec())];
    let value = prop_oneof![
        number().prop_map(Attribute::Int),
        prop::collection::vec(number(), 0..6).prop_map(Attribute::Ints),
        any::<f32>().prop_map(Attribute::Float),
        select(texts).prop_map(text),
    ];
    (select(names).prop_map(str::to_owned), value)
}

fn any_node() -> impl Strategy<Value = Node> {
    const KINDS: &str = "Conv MaxPool AveragePool Relu Clip PRelu Add Sub Mul Div Pow Max Mean Gemm MatMul \
        BatchNormalization LayerNormalization InstanceNormalization GroupNormalization LpNormalization Softmax \
        ReduceMean ReduceMax ReduceL2 GlobalAveragePool Reshape Flatten Squeeze Unsqueeze Transpose DepthToSpace \
        SpaceToDepth Shape Split Concat Slice Gather Pad Expand Tile Where Resize Attention Identity Cast \
        Constant ConstantOfShape Range Sqrt Erf Sigmoid";
    let kinds: Vec<&str> = KINDS.split_whitespace().collect();
    let input = select(vec!["d", "v0", "v1", "v2", "i", "j", "s", "w", "-", "m"]);
    (select(kinds), prop::collection::vec(input, 1..5), prop::collection::vec(setting(), 0..4))
        .prop_map(|(kind, inputs, attributes)| Node {
            attributes,
            ..node(kind, &inputs.join(" "), "")
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_nodes_with_any_settings_never_panic(
        nodes in prop::collection::vec(any_node(), 1..6),
        i in prop::collection::vec(prop_oneof![4 => -2i64..9, 1 => select(EDGES.to_vec())], 0..5),
        j in prop::collection::vec(-2i64..9, 0..3),
    ) {
        let count = nodes.len();
        let mut all = vec![node("Identity", "d", "v0"), node("MaxPool", "d", "m")];
        all[1] = with(all[1].clone(), "kernel_shape", ints(&[8, 8]));
        for (index, mut node) in nodes.into_iter().enumerate() {
            node.outputs = vec![format!("v{}", index + 1)];
            // It reads earlier ones mostly.
            all.push(node);
        }
        all.push(node("Identity", &format!("v{count}"), "e"));
        let net = around(all).ints("i", &i).ints("j", &j).floats("s", &[4], &[0.5, f32::NAN, 0.0, -1.0]);
        let _ = net.import();
        let _ = net.outputs(&format!("v{count} y")).import();
    }
}
