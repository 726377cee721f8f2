//! Large networks, deep ones, and images of every size.

use std::time::{Duration, Instant};

use cam_onnx::Wish;
use cam_onnx::proto::{Attribute, Node};

use super::net::{Net, around, branch, node, with};

/// So many nodes in a row, from `d` to `e`.
fn chain(count: usize, make: impl Fn(usize, &str, &str) -> Node) -> Net {
    let name = |i: usize| match i {
        0 => "d".to_owned(),
        i if i == count => "e".to_owned(),
        i => format!("v{i}"),
    };
    around((0..count).map(|i| make(i, &name(i), &name(i + 1))).collect())
}

/// On a stack on which no recursion over the network fits, and in the time that is given.
fn on_a_small_stack(net: Net, limit: Duration) -> Result<usize, String> {
    let work = move || {
        let start = Instant::now();
        let found = net.import().map_err(|error| error.to_string());
        assert!(start.elapsed() < limit, "{:?}", start.elapsed());
        found.map(|network| network.graph.steps.len())
    };
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(work);
    thread.expect("a thread").join().expect("no overflow")
}

/// Half a minute where one or two are needed: other tests run beside it.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_hundred_thousand_nodes_in_a_row_pass() {
    let kinds: [fn(usize, &str, &str) -> Node; 8] = [
        |_, from, to| node("Relu", from, to),
        |_, from, to| node("Sigmoid", from, to),
        |_, from, to| node("Identity", from, to),
        |_, from, to| node("Add", &format!("{from} d"), to),
        |_, from, to| node("Mul", &format!("{from} one"), to),
        |_, from, to| with(node("Flatten", from, to), "axis", Attribute::Int(1)),
        |_, from, to| node("Transpose", from, to),
        |i, from, to| with(node("Softmax", from, to), "axis", Attribute::Int(i as i64 % 2)),
    ];
    for (index, kind) in kinds.into_iter().enumerate() {
        let count = if index == 1 { 100_000 } else { 20_000 };
        let mut net = chain(count, kind);
        // Flattened rows have no pool behind them.
        if index == 5 {
            net = net.outputs("e");
            net.0.graph.nodes.truncate(count + 1);
        }
        let result = on_a_small_stack(net, PATIENCE);
        assert!(result.is_ok() || index == 5, "{index}: {result:?}");
    }
}

#[test]
fn a_million_nodes_are_refused_at_once() {
    let error = on_a_small_stack(chain(1_000_000, |_, from, to| node("Relu", from, to)), PATIENCE);
    assert!(error.expect_err("too many").contains("1000003 nodes"));
}

#[test]
fn a_node_that_becomes_too_many_steps_is_refused() {
    let inputs = "d ".repeat(200_000);
    let error = on_a_small_stack(around(vec![node("Sum", &inputs, "e")]), PATIENCE);
    assert!(error.expect_err("too many").contains("steps"));
}

#[test]
fn values_that_all_live_to_the_end_are_not_listed_at_every_cut() {
    let mut net = chain(50_000, |_, from, to| node("Sigmoid", from, to));
    let all: String = (1..50_000).map(|i| format!("v{i} ")).collect();
    let concat = with(node("Concat", &all, "all"), "axis", Attribute::Int(1));
    net.0.graph.nodes.extend([
        concat,
        node("GlobalAveragePool", "all", "q"),
        node("Flatten", "q", "z"),
    ]);
    on_a_small_stack(net.outputs("z"), PATIENCE).expect("a network with many residuals");
}

#[test]
fn many_outputs_behind_one_chain_pass() {
    let mut net = chain(20_000, |_, from, to| node("Sigmoid", from, to));
    let names: String = (0..20_000).map(|i| format!("o{i} ")).collect();
    net.0.graph.nodes.extend((0..20_000).map(|i| node("Softmax", "y", &format!("o{i}"))));
    on_a_small_stack(net.outputs(&names), PATIENCE).expect("twenty thousand vectors");
}

#[test]
fn inputs_that_are_constants_are_told_apart_in_time() {
    let mut net = chain(1, |_, from, to| node("Relu", from, to));
    for i in 0..50_000 {
        let name = format!("c{i}");
        net.0.graph.inputs.push(super::net::value(&name));
        net = net.floats(&name, &[], &[1.0]);
    }
    on_a_small_stack(net, PATIENCE).expect("as old files are");
}

#[test]
fn fifty_thousand_unknown_operations_are_a_short_message() {
    let mut net = chain(50_000, |_, from, to| node("Relu", from, to));
    for (index, node) in net.0.graph.nodes.iter_mut().enumerate().take(50_000) {
        node.op_type = format!("Strange{index}");
    }
    let error = on_a_small_stack(net, PATIENCE).expect_err("unknown");
    assert!(error.len() < 5000 && error.contains("others"), "{}", error.len());
}

#[test]
fn parameters_of_one_name_and_other_numbers_are_told_apart_in_time() {
    // A constant of each branch is called `k`; each has other numbers.
    let mut net = chain(5_000, |i, from, to| {
        let constant =
            with(node("Constant", "", "k"), "value_float", Attribute::Float(i as f32 * 0.5));
        let inner = vec![constant, node("PRelu", &format!("{from} k"), &format!("z{i}"))];
        let sum = node("Add", &format!("z{i} {from}"), &format!("t{i}"));
        let taken = branch([inner, vec![sum]].concat(), &format!("t{i}"));
        with(node("If", "true", to), "then_branch", taken)
    });
    net.0.graph.nodes.push(with(node("Cast", "one", "true"), "to", Attribute::Int(9)));
    let _ = on_a_small_stack(net, PATIENCE);
}

#[test]
fn module_names_of_a_megabyte_are_left_out() {
    let mut net = chain(10, |_, from, to| node("Relu", from, to));
    for node in &mut net.0.graph.nodes {
        node.name = format!("/{}/Relu", "a.".repeat(1 << 19));
    }
    let network = net.import().expect("names do not matter");
    assert!(network.graph.steps.iter().all(|step| step.name.node.len() < 1000));
}

#[test]
fn images_of_one_pixel_pass_and_of_a_billion_do_not() {
    let net = chain(1, |_, from, to| node("Relu", from, to)).image(&[-1, 3, -1, -1]);
    let of = |size: [usize; 2]| net.import_as(&Wish { size: Some(size), ..Wish::default() });
    of([1, 1]).expect("a pixel");
    of([1, 65_536]).expect("a line");
    for size in [[0, 1], [1, 0], [1_000_000_000; 2], [usize::MAX, 1], [1, 65_537]] {
        let error = of(size).expect_err("no image").to_string();
        assert!(error.contains("cannot be taken"), "{error}");
    }
    for dims in [&[1, 3, 1_000_000_000, 1_000_000_000][..], &[1, 3, i64::MAX, i64::MAX], &[]] {
        chain(1, |_, from, to| node("Relu", from, to)).image(dims).import().expect_err("no image");
    }
}
