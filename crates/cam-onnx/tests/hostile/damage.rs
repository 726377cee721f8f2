//! Files that broke off, and files with bits turned.

use cam_onnx::proto::{Attribute, Graph, Model, Node, Tensor};
use cam_onnx::{Source, numbers, read};
use proptest::prelude::*;

use crate::support::{BOTH, Message, Written, model_of, network, tensor};

/// Small files, of every kind of message.
fn files() -> Vec<Vec<u8>> {
    let listed = tensor(cam_onnx::proto::ElementType::F64, &[3]);
    let listed = listed.doubles(10, &[1.0, 2.0, 3.0], Written::Packed);
    let mut files = vec![model_of(&listed), Message::new().message(7, &Message::new()).0];
    files.extend(BOTH.map(|written| network(written).0));
    files
}

/// Reads it and all its constants, and counts what is there.
fn read_all(bytes: &[u8]) -> Option<usize> {
    let source = Source::from(bytes);
    let model = read(&source).ok()?;
    let folder = std::path::Path::new("no such folder");
    let mut tensors = Vec::new();
    let count = graph(&model.graph, &mut tensors) + functions(&model, &mut tensors);
    for tensor in tensors {
        if let Ok(array) = numbers(tensor, &source, Some(folder)) {
            assert_eq!(array.dims, tensor.dims);
        }
    }
    Some(count + model.opsets.len() + model.metadata.len())
}

fn functions<'a>(model: &'a Model, tensors: &mut Vec<&'a Tensor>) -> usize {
    let nodes = model.functions.iter().flat_map(|function| &function.nodes);
    model.functions.len() + nodes.map(|found| node(found, tensors)).sum::<usize>()
}

fn graph<'a>(graph: &'a Graph, tensors: &mut Vec<&'a Tensor>) -> usize {
    tensors.extend(&graph.initializers);
    let ends = graph.inputs.len() + graph.outputs.len() + graph.values.len();
    ends + graph.initializers.len()
        + graph.nodes.iter().map(|found| node(found, tensors)).sum::<usize>()
}

fn node<'a>(node: &'a Node, tensors: &mut Vec<&'a Tensor>) -> usize {
    let inner = node.attributes.iter().map(|(_, attribute)| match attribute {
        Attribute::Tensor(tensor) => {
            tensors.push(tensor);
            1
        }
        Attribute::Graph(inner) => 1 + graph(inner, tensors),
        _ => 1,
    });
    1 + node.inputs.len() + node.outputs.len() + inner.sum::<usize>()
}

#[test]
fn a_file_cut_at_any_byte_is_an_error_or_says_less() {
    for file in files() {
        let whole = read_all(&file).expect("well-formed");
        for end in 0..file.len() {
            assert!(read_all(&file[..end]).is_none_or(|count| count <= whole), "cut at {end}");
        }
    }
}

#[test]
fn a_file_that_is_cut_short_after_it_was_opened_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("m.onnx");
    std::fs::write(&path, network(Written::Packed).0).expect("written");
    let source = Source::open(&path).expect("opened");
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("opened to write");
    file.set_len(20).expect("cut");
    let error = read(&source).expect_err("most of it is gone").to_string();
    assert!(error.contains("m.onnx"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_changed_anywhere_never_panic(
        which in 0usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = files().swap_remove(which);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        read_all(&bytes);
    }

    #[test]
    fn bytes_put_in_or_taken_out_never_panic(
        which in 0usize..4,
        from in any::<prop::sample::Index>(),
        taken in 0usize..20,
        put in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut bytes = files().swap_remove(which);
        let start = from.index(bytes.len());
        let end = (start + taken).min(bytes.len());
        bytes.splice(start..end, put);
        read_all(&bytes);
    }

    #[test]
    fn any_bytes_in_a_graph_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
        read_all(&Message::new().bytes(7, &bytes).0);
        read_all(&model_of(&Message(bytes)));
    }
}
