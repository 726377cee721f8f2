//! What holds of every file that becomes a network.

use std::path::Path;

use cam_graph::{Graph, Shape, Value};
use cam_onnx::proto::Model;
use cam_onnx::{ImportError, Network, Source, Wish, import, read};

/// Imports and holds what comes of it against what must be.
pub fn hold(
    model: &Model,
    source: &Source,
    folder: Option<&Path>,
    wish: &Wish,
) -> Result<Network, ImportError> {
    let network = import(model, source, folder, wish);
    match &network {
        Ok(network) => sound(network),
        Err(error) => assert!(error.to_string().len() < 20_000, "messages are for people"),
    }
    network
}

/// The same from bytes.
pub fn hold_bytes(bytes: &[u8]) -> Option<Network> {
    let source = Source::from(bytes);
    let model = read(&source).ok()?;
    let wish = Wish { size: None, ..Wish::default() };
    hold(&model, &source, None, &wish).ok()
}

fn sound(network: &Network) {
    let graph = &network.graph;
    let shapes = graph.shapes(&graph.input).expect("what was imported fits");
    for (name, shape) in &graph.parameters {
        let numbers = network.parameters.get(name).expect("a parameter has numbers");
        assert_eq!(numbers.len(), shape.iter().product::<usize>(), "{name}");
    }
    for (index, step) in graph.steps.iter().enumerate() {
        assert!(step.inputs.iter().all(|read| read.index() <= index), "steps read earlier ones");
    }
    cuts(graph, &shapes);
    if let Some(head) = graph.head(&shapes) {
        assert!(head.value < graph.output);
    }
    let (peak, all) = graph.numbers_in_memory(Value::INPUT, &shapes);
    assert!(peak <= all);
    assert!((0.0..=1.0).contains(&graph.share_before(graph.output, &shapes)));
    // Any other size is taken or refused.
    for size in [0, 1, 2, 1 << 10, 1_000_000_000, usize::MAX] {
        if let Ok(shapes) = graph.shapes(&[3, size, size]) {
            graph.numbers_in_memory(Value::INPUT, &shapes);
            graph.multiply_adds(&shapes);
            graph.head(&shapes);
            graph.cuts(&[3, size, size]).expect("shapes that fit have cuts");
        }
    }
}

fn cuts(graph: &Graph, shapes: &[Shape]) {
    let cuts = graph.cuts(&graph.input).expect("what was imported fits");
    for cut in &cuts {
        assert!(cut.held.iter().all(|held| *held < cut.value), "what is held was there before");
        assert!(cut.held.is_sorted_by(|a, b| a < b));
        let shape = &shapes[cut.value.index()];
        let positions: usize = cut.layout.grid.iter().product();
        assert!(positions <= shape.iter().product());
        assert!(cut.channels(shapes) <= shape.iter().product());
        cut.stride(shapes);
    }
    if let Some(index) = graph.automatic(&cuts, shapes) {
        assert!(cuts[index].is_clean() && cuts[index].reaches_output);
    }
}
