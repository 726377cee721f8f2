//! Networks that contradict themselves.

use cam_onnx::proto::Attribute;

use super::net::{Net, around, branch, node, with};

fn refused(net: &Net, what: &str) {
    let error = net.error();
    assert!(error.contains(what), "{what}: {error}");
}

#[test]
fn a_name_given_twice_is_an_error() {
    let twice = vec![node("Relu", "d", "e"), node("Abs", "d", "e")];
    refused(&around(twice), "given twice");
    refused(&around(vec![node("Split", "d", "e e")]), "given twice");
    // A node that gives the image, or a constant.
    refused(&around(vec![node("Relu", "d", "x"), node("Relu", "d", "e")]), "given twice");
    refused(&around(vec![node("Relu", "d", "w"), node("Relu", "d", "e")]), "given twice");
    let net = around(vec![node("Relu", "d", "e")]);
    refused(&net.floats("w", &[4, 3, 1, 1], &[1.0; 12]), "given twice");
}

#[test]
fn a_value_that_nothing_gives_is_an_error() {
    refused(&around(vec![node("Relu", "gone", "e")]), "nothing gives");
    refused(&around(vec![node("Add", "d gone", "e")]), "nothing gives");
    refused(&around(vec![]), "nothing gives");
    let net = around(vec![node("Relu", "d", "e")]).outputs("gone");
    refused(&net, "no output of the network depends on the image");
}

#[test]
fn circles_of_any_length_are_errors() {
    refused(&around(vec![node("Add", "e d", "e")]), "in a circle");
    refused(&around(vec![node("Add", "d f", "e"), node("Relu", "e", "f")]), "in a circle");
    let mut ring: Vec<_> = (0..1000)
        .map(|i| node("Relu", &format!("r{i}"), &format!("r{}", (i + 1) % 1000)))
        .collect();
    ring.push(node("Add", "d r5", "e"));
    refused(&around(ring), "in a circle");
}

#[test]
fn outputs_may_be_listed_twice_and_be_inputs() {
    let net = around(vec![node("Relu", "d", "e")]);
    assert_eq!(net.clone().outputs("y y").import().expect("a vector").outputs.len(), 2);
    refused(&net.clone().outputs("x"), "not one vector per image");
    refused(&net.clone().outputs("w one"), "no output of the network depends on the image");
    refused(&net.outputs(""), "no output");
    // An image of one pixel is a vector.
    let net = around(vec![node("Relu", "d", "e")]).image(&[1, 3, 1, 1]).outputs("x");
    assert_eq!(net.import().expect("three numbers").graph.steps.len(), 0);
}

#[test]
fn functions_that_call_each_other_are_an_error() {
    let net = around(vec![node("F", "d", "e")]);
    let net = net.function("F", vec![node("G", "a", "b")]);
    refused(&net.clone().function("G", vec![node("F", "a", "b")]), "without end");
    refused(&net.clone().function("G", vec![node("G", "a", "b")]), "without end");
    net.function("G", vec![node("Relu", "a", "b")]).import().expect("one within the other");
}

#[test]
fn a_function_s_names_are_its_own() {
    // `d` of the function is not that of the graph.
    let net = around(vec![node("F", "d", "g"), node("F", "g", "e")]);
    let net = net.function("F", vec![node("Exp", "a", "d"), node("Sin", "d", "b")]);
    let network = net.import().expect("two calls");
    let kinds = network.graph.steps.iter().map(|step| step.operation.kind());
    assert_eq!(
        kinds.filter(|kind| *kind == "function").count(),
        3,
        "the first is the convolution's"
    );
    refused(
        &around(vec![node("F", "d", "e")]).function("F", vec![node("Relu", "w", "b")]),
        "nothing gives",
    );
}

/// The image's size is known, and so is which branch is taken.
fn conditional(then_branch: Attribute, condition: &str) -> Net {
    let node = with(node("If", condition, "e"), "then_branch", then_branch);
    let cast = with(node_of_true(), "to", Attribute::Int(9));
    around(vec![cast, node])
}

fn node_of_true() -> cam_onnx::proto::Node {
    node("Cast", "one", "true")
}

#[test]
fn branches_within_branches_are_taken() {
    let mut inner = vec![node("Relu", "d", "z")];
    for depth in 0..200 {
        let taken = branch(inner, "z");
        let deeper = with(node("If", "true", "z"), "then_branch", taken);
        inner = vec![with(deeper, "else_branch", Attribute::Int(depth))];
    }
    conditional(branch(inner, "z"), "true").import().expect("two hundred deep");
}

#[test]
fn branches_that_contradict_are_errors() {
    refused(&conditional(branch(vec![node("Relu", "gone", "z")], "z"), "true"), "nothing gives");
    refused(&conditional(branch(vec![node("Relu", "d", "z")], "gone"), "true"), "does not give");
    refused(&conditional(branch(vec![node("Relu", "z", "z")], "z"), "true"), "in a circle");
    refused(&conditional(branch(vec![node("Relu", "d", "d")], "d"), "true"), "contradicts itself");
    refused(&conditional(Attribute::Int(1), "true"), "then_branch is missing");
    refused(&conditional(branch(vec![node("Relu", "d", "z")], "z"), "one"), "truth value");
    refused(&conditional(branch(vec![node("Relu", "d", "z")], "z"), "d"), "depends on the image");
}
