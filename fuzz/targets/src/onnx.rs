//! An ONNX file, all the way to the places where its network can be cut.

use std::fs;
use std::ops::Range;

use cam_graph::{Graph, Shape, Value};
use cam_onnx::proto::{ElementType, Payload, Tensor};
use cam_onnx::{Network, Source, Wish, import, read};

use crate::scratch::{files, project};

/// The longest fixture that is a seed.
const LONGEST: u64 = 70 << 10;

/// Constants of more bytes than this are left out of seeds: changes of weights change nothing else.
const WEIGHTS: u64 = 512;

/// Sides of images that a network is asked about, beside its own.
const SIDES: [usize; 5] = [0, 1, 97, 1_000_000_000, usize::MAX];

/// What becomes a network fits together, and becomes the same network again when its nodes lie in another order.
pub fn run(bytes: &[u8]) {
    let source = Source::from(bytes);
    let Ok(mut model) = read(&source) else { return };
    let wish = Wish::default();
    let Ok(network) = import(&model, &source, None, &wish) else { return };
    let shapes = sound(&network);
    for side in SIDES {
        if let Ok(shapes) = network.graph.shapes(&[3, side, side]) {
            measured(&network.graph, &shapes);
        }
    }
    model.graph.nodes.reverse();
    let again = import(&model, &source, None, &wish).expect("the order of nodes says nothing");
    assert_eq!(again.embedding, network.embedding);
    assert_eq!(again.outputs, network.outputs);
    let size = |network: &Network, shapes: &[Shape]| shapes[network.graph.output.index()].clone();
    assert_eq!(size(&again, &sound(&again)), size(&network, &shapes));
}

fn sound(network: &Network) -> Vec<Shape> {
    let graph = &network.graph;
    let shapes = graph.shapes(&graph.input).expect("what was imported fits");
    for (name, shape) in &graph.parameters {
        let numbers = network.parameters.get(name).expect("every parameter has numbers");
        assert_eq!(numbers.len(), shape.iter().product::<usize>(), "{name}");
    }
    for (index, step) in graph.steps.iter().enumerate() {
        assert!(step.inputs.iter().all(|read| read.index() <= index), "steps read earlier ones");
    }
    measured(graph, &shapes);
    shapes
}

/// Whatever a graph is asked, it answers.
fn measured(graph: &Graph, shapes: &[Shape]) {
    let cuts = graph.cuts(&shapes[0]).expect("shapes that fit have cuts");
    for cut in &cuts {
        assert!(cut.held.iter().all(|held| *held < cut.value), "what is held was there before");
        let shape = &shapes[cut.value.index()];
        let positions: usize = cut.layout.grid.iter().product();
        assert!(positions * cut.channels(shapes) <= shape.iter().product());
        assert!(cut.stride(shapes) <= shapes[0].iter().product());
    }
    if let Some(index) = graph.automatic(&cuts, shapes) {
        assert!(cuts[index].is_clean() && cuts[index].reaches_output);
    }
    if let Some(head) = graph.head(shapes) {
        assert!(head.value < graph.output);
    }
    let (peak, all) = graph.numbers_in_memory(Value::INPUT, shapes);
    assert!(peak <= all);
    assert!((0.0..=1.0).contains(&graph.share_before(graph.output, shapes)));
}

/// Small networks of every architecture and exporter, in which nodes make the weights: changes of those change nothing
/// else.
pub fn seeds() -> Vec<Vec<u8>> {
    let fixtures = files(&project("tests/fixtures/onnx"), LONGEST);
    let networks = fixtures.iter().filter(|path| path.extension().is_some_and(|end| end == "onnx"));
    networks.map(|path| thin(&fs::read(path).expect("a file of the project"))).collect()
}

/// The file with a node in the place of each large constant, which makes zeros of its sides.
fn thin(file: &[u8]) -> Vec<u8> {
    let model = read(&Source::from(file)).expect("a sound file");
    let mut thin = Vec::new();
    for (number, whole, inside) in fields(file) {
        if number != GRAPH {
            thin.extend(whole);
            continue;
        }
        let mut graph = Vec::new();
        for (number, whole, inside) in fields(inside) {
            let place = inside.as_ptr().addr() - file.as_ptr().addr();
            let large = model.graph.initializers.iter().find(|tensor| {
                number == INITIALIZER && is_large(tensor, place..place + inside.len())
            });
            match large {
                None => graph.extend(whole),
                Some(tensor) => zeros(tensor, &mut graph),
            }
        }
        field(GRAPH, &graph, &mut thin);
    }
    thin
}

// Fields of `ModelProto`, `GraphProto`, `NodeProto` and `TensorProto`.
const GRAPH: u64 = 7;
const NODE: u64 = 1;
const INITIALIZER: u64 = 5;

/// Whether a constant of f32 lies there, and takes many bytes.
fn is_large(tensor: &Tensor, place: Range<usize>) -> bool {
    match &tensor.payload {
        Payload::Inside(range) => {
            range.end - range.start > WEIGHTS
                && tensor.element == ElementType::F32
                && place.contains(&(range.start as usize))
        }
        _ => false,
    }
}

/// A list of sides, and a node that makes a constant of them.
fn zeros(tensor: &Tensor, graph: &mut Vec<u8>) {
    let sides = format!("{}.sides", tensor.name);
    let mut list = Vec::new();
    field_of_integer(1, tensor.dims.len(), &mut list);
    field_of_integer(2, 7, &mut list);
    field(8, sides.as_bytes(), &mut list);
    let numbers = tensor.dims.iter().flat_map(|&side| (side as u64).to_le_bytes());
    field(9, &numbers.collect::<Vec<u8>>(), &mut list);
    field(INITIALIZER, &list, graph);
    let mut node = Vec::new();
    field(1, sides.as_bytes(), &mut node);
    field(2, tensor.name.as_bytes(), &mut node);
    field(4, b"ConstantOfShape", &mut node);
    field(NODE, &node, graph);
}

/// Number, all bytes, and content of every field of a message.
fn fields(mut message: &[u8]) -> Vec<(u64, &[u8], &[u8])> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let mut rest = message;
        let tag = varint(&mut rest);
        let length = match tag & 7 {
            0 => {
                varint(&mut rest);
                0
            }
            1 => 8,
            2 => varint(&mut rest) as usize,
            _ => 4,
        };
        let (inside, rest) = rest.split_at(length);
        found.push((tag >> 3, &message[..message.len() - rest.len()], inside));
        message = rest;
    }
    found
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().expect("a sound file");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn field(number: u64, content: &[u8], out: &mut Vec<u8>) {
    put(number << 3 | 2, out);
    put(content.len() as u64, out);
    out.extend(content);
}

fn field_of_integer(number: u64, value: usize, out: &mut Vec<u8>) {
    put(number << 3, out);
    put(value as u64, out);
}
