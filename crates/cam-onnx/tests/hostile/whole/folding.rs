//! Constants that are small in the file and large once they are computed.

use std::time::{Duration, Instant};

use cam_onnx::proto::Attribute;

use super::net::{Net, around, node, with};

/// Imports in a few seconds, whatever the outcome.
fn quickly(net: &Net) -> Result<(), String> {
    let start = Instant::now();
    let result = net.import().map(drop).map_err(|error| error.to_string());
    assert!(start.elapsed() < Duration::from_secs(20), "{:?} {result:?}", start.elapsed());
    result
}

/// `d` and a sum of what many nodes make.
fn many(count: usize, make: impl Fn(usize) -> Vec<cam_onnx::proto::Node>, last: &str) -> Net {
    let mut nodes: Vec<_> = (0..count).flat_map(make).collect();
    nodes.push(node("Add", &format!("d {last}"), "e"));
    around(nodes)
}

#[test]
fn many_large_constants_at_once_are_too_much() {
    let make = |i: usize| vec![node("ConstantOfShape", "i", &format!("c{i}"))];
    let mut net = many(1000, make, "one").ints("i", &[1 << 20]);
    // All are read at the end.
    let all: String = (0..1000).map(|i| format!("c{i} ")).collect();
    let concat = with(node("Concat", &all, "all"), "axis", Attribute::Int(0));
    net.0.graph.nodes.push(concat);
    let net = net.outputs("y all");
    assert!(quickly(&net).expect_err("4 GB").contains("refused"));
}

#[test]
fn large_constants_one_after_the_other_are_too_much_in_the_end() {
    let make = |i: usize| vec![node("Neg", &format!("c{i}"), &format!("c{}", i + 1))];
    let mut net = many(10_000, make, "one").ints("i", &[1 << 20]);
    net.0.graph.nodes.push(node("ConstantOfShape", "i", "c0"));
    let net = net.outputs("y c10000");
    assert!(quickly(&net).expect_err("10^10 numbers").contains("refused"));
}

#[test]
fn a_constant_of_a_gigabyte_is_refused_before_it_is_made() {
    for (list, operation) in [
        (&[1 << 28][..], "ConstantOfShape"),
        (&[1 << 14, 1 << 14], "ConstantOfShape"),
        (&[1 << 28, 1, 1, 1], "Expand"),
        (&[1 << 28], "Tile"),
    ] {
        let inputs = if operation == "ConstantOfShape" { "i" } else { "s i" };
        let net = many(1, |_| vec![node(operation, inputs, "c")], "c").ints("i", list);
        quickly(&net.floats("s", &[1], &[1.0])).expect_err("a gigabyte");
    }
    let net = many(1, |_| vec![node("Range", "zero many step", "c")], "c");
    let scalar = |net: Net, name: &str, number: f32| net.floats(name, &[], &[number]);
    let net = scalar(scalar(scalar(net, "zero", 0.0), "many", 2e8), "step", 1.0);
    quickly(&net).expect_err("a gigabyte");
}

#[test]
fn products_of_constants_are_counted() {
    let make = |i: usize| vec![node("MatMul", "a a", &format!("c{i}"))];
    let mut net = many(1000, make, "c0").ints("i", &[1024, 1024]);
    net.0.graph.nodes.push(node("ConstantOfShape", "i", "a"));
    assert!(quickly(&net).is_err());
}

#[test]
fn the_sides_of_a_repeated_image_do_not_become_a_list() {
    // Tiles become indices; a slice of a long side is a row.
    for times in [1 << 10, 65_535, 1 << 16, 1 << 40] {
        let list = [1, 1, times, 1];
        let mut nodes = vec![node("Tile", "d i", "t0")];
        nodes.extend((0..4).map(|i| node("Tile", &format!("t{i} i"), &format!("t{}", i + 1))));
        nodes.push(node("Slice", "t4 a b k", "e"));
        let net = around(nodes).ints("i", &list).ints("a", &[1]).ints("b", &[-1]).ints("k", &[2]);
        assert!(quickly(&net).is_err(), "{times}");
    }
    let nodes = vec![
        with(node("ReduceMean", "d sides", "m"), "keepdims", Attribute::Int(1)),
        node("Expand", "m i", "f"),
    ];
    for (slice, is_fine) in [("f a b k", true), ("f a b k s", false)] {
        let mut nodes = nodes.clone();
        nodes.push(node("Slice", slice, "e"));
        let net = around(nodes).ints("i", &[1, 4, 1 << 30, 1]).ints("a", &[1]).ints("b", &[-1]);
        let net = net.ints("k", &[2]).ints("s", &[3]).ints("sides", &[2, 3]);
        let result = quickly(&net);
        assert_eq!(result.is_ok(), is_fine, "{slice}: {result:?}");
    }
}

#[test]
fn shared_weights_are_not_copied_without_end() {
    // Each convolution shares its weights and has a norm of its own.
    let nodes = (0..2000).flat_map(|i| {
        let from = if i == 0 { "d".to_owned() } else { format!("s{}", i - 1) };
        let scale = node("Mul", &format!("c{i} k{i}"), &format!("s{i}"));
        vec![node("Conv", &format!("{from} big"), &format!("c{i}")), scale]
    });
    let mut nodes: Vec<_> = nodes.collect();
    nodes.push(node("Identity", "s1999", "e"));
    let mut net = around(nodes);
    net.0.graph.initializers.retain(|tensor| tensor.name != "w");
    let weights = 256 * 256;
    net = net.floats("w", &[256, 3, 1, 1], &[0.1; 768]);
    net = net.floats("big", &[256, 256, 1, 1], &vec![0.1; weights]);
    for i in 0..2000 {
        net = net.floats(&format!("k{i}"), &[1, 256, 1, 1], &vec![i as f32; 256]);
    }
    let network = net.import();
    if let Ok(network) = network {
        let numbers: usize = network.parameters.values().map(Vec::len).sum();
        assert!(numbers < 16 << 20, "{numbers}");
    }
}

#[test]
fn chains_that_read_each_value_twice_are_not_tried_in_every_way() {
    let nodes = (0..20_000).map(|i| {
        let from = if i == 0 { "d".to_owned() } else { format!("s{}", i - 1) };
        node("Mul", &format!("{from} {from}"), &format!("s{i}"))
    });
    let mut nodes: Vec<_> = nodes.collect();
    nodes.push(node("Identity", "s19999", "e"));
    quickly(&around(nodes)).expect("squares of squares");
}
