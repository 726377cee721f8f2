//! Packed weights that are read from bytes are those that were packed.

use std::io;
use std::sync::Mutex;

use crate::support::*;
use cam_engine::{
    Activation, Convolution, Engine, Error, Graph, Operation, Options, ScaleShift, Window,
};

const SHAPE: [usize; 4] = [1, 3, 30, 28];

/// A convolution for every form of weights, and a pool between.
fn network() -> Graph {
    let strided =
        |step: Convolution| Operation::Convolution(Convolution { stride: [2; 2], ..step });
    graph([
        strided(convolution(3, 40, 5, 1)),
        Operation::MaxPool(Window::square(3, 1, 1)),
        Operation::Convolution(grouped(40, 40, 3, 40, 2)),
        Operation::Convolution(grouped(40, 60, 3, 10, 3)),
        Operation::Convolution(convolution(60, 64, 3, 4)),
    ])
}

fn without_weights(mut graph: Graph) -> Graph {
    for step in &mut graph.steps {
        if let Operation::Convolution(convolution) = &mut step.operation {
            convolution.weight.clear();
        }
    }
    graph
}

fn written(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.write_packed(&mut bytes).unwrap();
    bytes
}

/// Reads from bytes, as from a file: what lies beyond them is an error.
fn reader(bytes: &[u8]) -> impl Fn(usize, &mut [u8]) -> io::Result<()> + Sync {
    |at, into| match bytes.get(at..at + into.len()) {
        Some(bytes) => {
            into.copy_from_slice(bytes);
            Ok(())
        }
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[test]
fn an_engine_from_bytes_gives_the_same_bits_forwards_and_back() {
    let input = numbers(1, SHAPE.iter().product());
    for instructions in available() {
        let options = Options { exact: false, ..exact(instructions, 2) };
        let packed = Engine::new(network(), options).unwrap();
        let bytes = written(&packed);
        assert_eq!(Engine::packed_bytes(&without_weights(network())), Ok(bytes.len()));
        let graph = without_weights(network());
        let read = Engine::open_packed(graph, &reader(&bytes), options).unwrap();
        let gradients = numbers(2, 64 * 15 * 14);
        let run = |engine: &Engine| {
            let recording = engine.record(0..5, &input, SHAPE).unwrap();
            (recording.output().clone(), recording.pull_back(&gradients, 1).unwrap())
        };
        assert_eq!(run(&read), run(&packed), "{instructions}");
        assert_eq!(run(&read.lane()), run(&packed), "{instructions}");
        assert_eq!(read.convolution(3), packed.convolution(3));
    }
}

#[test]
fn weights_packed_with_one_instruction_set_serve_every_other() {
    let sets: Vec<_> = available().collect();
    let files: Vec<Vec<u8>> =
        sets.iter().map(|&set| written(&Engine::new(network(), exact(set, 1)).unwrap())).collect();
    assert!(files.iter().all(|file| *file == files[0]));
}

/// What is no weight of a convolution is the graph's own, and stays in it.
#[test]
fn slopes_and_lines_stay_with_the_graph() {
    let slope: Vec<f32> = numbers(5, 20);
    let sloped = Convolution {
        kernel: [1, 3],
        dilation: [1, 2],
        weight: numbers(6, 20 * 3 * 3),
        activation: Activation::PRelu { slope },
        ..convolution(3, 20, 3, 1)
    };
    let line = ScaleShift { scale: numbers(7, 20), shift: numbers(8, 20) };
    let graph = graph([
        Operation::Convolution(sloped),
        Operation::ScaleShift(line),
        Operation::Activation(Activation::Gelu),
        Operation::Convolution(convolution(20, 17, 1, 2)),
    ]);
    let options = Options { threads: 2, ..Options::default() };
    let packed = Engine::new(graph.clone(), options).unwrap();
    let bytes = written(&packed);
    let read = Engine::open_packed(without_weights(graph), &reader(&bytes), options).unwrap();
    let input = numbers(1, SHAPE.iter().product());
    assert_eq!(read.run(0..4, &input, SHAPE), packed.run(0..4, &input, SHAPE));
}

/// 9 MB of weights are several stretches, and none of them is read twice or left out.
#[test]
fn every_byte_is_read_once() {
    let graph = graph([Operation::Convolution(convolution(500, 520, 3, 1))]);
    let options = Options { threads: 3, ..Options::default() };
    let bytes = written(&Engine::new(graph.clone(), options).unwrap());
    let seen = Mutex::new(Vec::new());
    let read = |at: usize, into: &mut [u8]| {
        seen.lock().unwrap().push(at..at + into.len());
        reader(&bytes)(at, into)
    };
    let engine = Engine::open_packed(without_weights(graph.clone()), &read, options).unwrap();
    let Operation::Convolution(convolution) = &graph.steps[0].operation else { unreachable!() };
    assert_eq!(engine.convolution(0).as_ref(), Some(convolution));
    let mut seen = seen.into_inner().unwrap();
    seen.sort_by_key(|range| range.start);
    assert!(seen.len() > 1 && seen[0].start == 0 && seen[seen.len() - 1].end == bytes.len());
    assert!(seen.windows(2).all(|pair| pair[0].end == pair[1].start), "{seen:?}");
}

#[test]
fn bytes_that_end_too_soon_are_an_error_with_what_reading_gave() {
    let options = Options::default();
    let bytes = written(&Engine::new(network(), options).unwrap());
    for len in [0, 1, 64, bytes.len() / 2, bytes.len() - 1] {
        let read = Engine::open_packed(without_weights(network()), &reader(&bytes[..len]), options);
        let error = read.err();
        let reason = io::Error::from(io::ErrorKind::UnexpectedEof).to_string();
        assert_eq!(error, Some(Error::Unread { reason }), "{len} of {} bytes", bytes.len());
    }
}

#[test]
fn a_graph_of_more_weights_than_can_be_counted_asks_for_no_memory() {
    let huge = Convolution { inputs: usize::MAX / 4, ..convolution(4, 1, 3, 1) };
    let graph = without_weights(graph([Operation::Convolution(huge)]));
    let expected = Err(Error::Length { step: 0, tensor: "weight", expected: usize::MAX, found: 0 });
    assert_eq!(Engine::packed_bytes(&graph), expected);
}
