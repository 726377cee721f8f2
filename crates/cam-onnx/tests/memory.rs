//! How much memory a file made to harm takes. Alone in its process, whose peak is measured.
#![cfg(target_os = "linux")]

#[path = "hostile/whole/law.rs"]
#[expect(dead_code, reason = "shared with the tests of hostile files")]
mod law;
#[path = "hostile/whole/net.rs"]
#[expect(dead_code, reason = "shared with the tests of hostile files")]
mod net;

use cam_onnx::proto::Attribute;
use net::{Net, around, ints, node, with};

/// What a file may take beside its own size.
const MOST: u64 = 256 << 20;

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("a peak");
    let kilobytes = line.split_whitespace().nth(1).expect("a number");
    kilobytes.parse::<u64>().expect("a number") << 10
}

/// Small files, each of which asks for gigabytes in another way.
fn greedy() -> Vec<(&'static str, Net)> {
    let sides = [1, 4, 1 << 20, 1];
    let settings = |operation: &str, inputs: &str| {
        around(vec![node(operation, inputs, "c"), node("Add", "d c", "e")])
    };
    let wide = |late| around(vec![node("MaxPool", "d", "m"), node("Expand", "m i", "f"), late]);
    let pooled = |mut net: Net, sides: &[i64]| {
        net.0.graph.nodes[1] = with(node("MaxPool", "d", "m"), "kernel_shape", ints(&[8, 8]));
        net.ints("i", sides).floats("s", &[1], &[2.0])
    };
    let long = "n".repeat(1 << 20);
    let mut named = around(vec![node("Sum", &"d ".repeat(100_000), "e")]);
    named.0.graph.nodes[1].name = long.clone();
    let constants = |i: usize| node("ConstantOfShape", "i", &format!("c{i}"));
    let mut many: Vec<_> = (0..100).map(constants).collect();
    let all: Vec<String> = (0..100).map(|i| format!("c{i}")).collect();
    many.push(with(node("Concat", &all.join(" "), "all"), "axis", Attribute::Int(0)));
    many.push(node("Add", "d all", "e"));
    let group = with(node("GroupNormalization", "f s s", "e"), "num_groups", Attribute::Int(1));
    vec![
        ("one constant", settings("ConstantOfShape", "i").ints("i", &[1 << 28])),
        ("constants", around(many).ints("i", &[1 << 21])),
        ("repeated", settings("Tile", "s i").floats("s", &[1], &[1.0]).ints("i", &[1 << 28])),
        (
            "one hot",
            settings("OneHot", "i n v").ints("i", &[1; 4]).ints("n", &[1 << 26]).floats(
                "v",
                &[2],
                &[0.0, 1.0],
            ),
        ),
        ("padded", settings("Pad", "s i").floats("s", &[1], &[1.0]).ints("i", &[1 << 27, 1 << 27])),
        (
            "resized",
            settings("Resize", "t - - i")
                .floats("t", &[1; 4], &[1.0])
                .ints("i", &[1, 1, 1 << 14, 1 << 14]),
        ),
        ("indices", around(vec![node("Tile", "d i", "e")]).ints("i", &[1, 1, 60_000, 60_000])),
        ("groups", pooled(wide(group), &[1, 1 << 33, 1, 1])),
        (
            "slices",
            pooled(wide(node("Slice", "f a b k s2", "e")), &sides)
                .ints("a", &[0])
                .ints("b", &[-1])
                .ints("k", &[2])
                .ints("s2", &[2]),
        ),
        ("a long name", named),
        (
            "calls",
            around(vec![node("F", "d", "e")])
                .function("F", vec![node("G", "a", "b"); 500])
                .function("G", vec![node("H", "a", "b"); 500])
                .function("H", vec![node("Relu", "a", "b"); 500]),
        ),
    ]
}

#[test]
fn a_small_file_takes_little_memory_whatever_it_says() {
    let nets = greedy();
    let before = peak();
    for (what, net) in nets {
        let _ = net.import();
        let more = peak().saturating_sub(before);
        assert!(more < MOST, "{what}: {} MB", more >> 20);
    }
}
