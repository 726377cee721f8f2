//! Packed weights that lie in a file are those that were packed.

use std::path::PathBuf;
use std::sync::Arc;

use crate::support::*;
use cam_engine::{Convolution, Engine, Error, Graph, MappedFile, MaxPool, Operation, Options};

const SHAPE: [usize; 4] = [1, 3, 30, 28];

/// A convolution for every form of weights, and a pool between.
fn network() -> Graph {
    let strided = |step: Convolution| Operation::Convolution(Convolution { stride: 2, ..step });
    graph([
        strided(convolution(3, 40, 5, 1)),
        Operation::MaxPool(MaxPool { kernel: 3, stride: 1, padding: 1 }),
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

/// A file of its own in the system's directory for such, removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let name = format!("cam-engine-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn map(&self) -> Arc<MappedFile> {
        Arc::new(MappedFile::open(&self.0).unwrap())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn written(engine: &Engine, start: usize) -> Vec<u8> {
    let mut bytes = vec![0xAB; start];
    engine.write_packed(start, &mut bytes).unwrap();
    bytes
}

#[test]
fn an_engine_from_a_file_gives_the_same_bits_forwards_and_back() {
    let input = numbers(1, SHAPE.iter().product());
    for instructions in available() {
        for start in [0, 64, 1000] {
            let options = Options { exact: false, ..exact(instructions, 2) };
            let packed = Engine::new(network(), options).unwrap();
            let file = Scratch::new(&format!("same-{start}"), &written(&packed, start));
            let spans = packed.packed_spans(start);
            let graph = without_weights(network());
            let mapped = Engine::open_packed(graph, (&file.map(), &spans), options).unwrap();
            let gradients = numbers(2, 64 * 15 * 14);
            let run = |engine: &Engine| {
                let recording = engine.record(0..5, &input, SHAPE).unwrap();
                (recording.output().clone(), recording.pull_back(&gradients, 1).unwrap())
            };
            assert_eq!(run(&mapped), run(&packed), "{instructions} {start}");
            assert_eq!(mapped.convolution(3), packed.convolution(3));
        }
    }
}

#[test]
fn weights_packed_with_one_instruction_set_serve_every_other() {
    let sets: Vec<_> = available().collect();
    let files: Vec<Vec<u8>> = sets
        .iter()
        .map(|&set| written(&Engine::new(network(), exact(set, 1)).unwrap(), 64))
        .collect();
    assert!(files.iter().all(|file| *file == files[0]));
}

#[test]
fn a_file_that_does_not_hold_the_weights_is_refused() {
    let options = Options::default();
    let engine = Engine::new(network(), options).unwrap();
    let (bytes, spans) = (written(&engine, 64), engine.packed_spans(64));
    let open = |name: &str, bytes: &[u8], spans: &[std::ops::Range<usize>]| {
        let file = Scratch::new(name, bytes);
        let graph = without_weights(network());
        Engine::open_packed(graph, (&file.map(), spans), options).err()
    };
    assert_eq!(open("whole", &bytes, &spans), None);
    // The slack behind the last weights belongs to them.
    for len in [1, 64, bytes.len() / 2, bytes.len() - 1] {
        let error = open(&format!("cut-{len}"), &bytes[..len], &spans);
        assert!(matches!(error, Some(Error::Packed { .. })), "{len}: {error:?}");
    }
    let error = open("few", &bytes, &spans[..2]);
    assert!(matches!(error, Some(Error::Packed { step: 3, .. })), "{error:?}");
    let mut moved = spans.clone();
    moved[1] = spans[1].start + 4..spans[1].end + 4;
    let error = open("moved", &bytes, &moved);
    assert!(matches!(error, Some(Error::Packed { step: 2, .. })), "{error:?}");
    let mut shorter = spans.clone();
    shorter[0].end -= 4;
    assert!(matches!(open("short", &bytes, &shorter), Some(Error::Packed { step: 0, .. })));
    let mut far = spans;
    far[0] = usize::MAX - 64..usize::MAX;
    assert!(matches!(open("far", &bytes, &far), Some(Error::Packed { step: 0, .. })));
}
