//! Fixtures that were cut off, had bytes turned, or lie in another order.

use std::path::Path;

use cam_onnx::proto::{Model, Payload};
use cam_onnx::{Network, Source, Wish, read};
use proptest::prelude::*;
use proptest::sample::Index;

use super::law::{hold, hold_bytes};

/// Small files of three architectures and both exporters.
const FILES: [&str; 3] = ["tiny_inception.ts17", "tiny_scales.dy", "tiny_vit.dy"];

fn bytes(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/onnx");
    std::fs::read(folder.join(format!("{name}.onnx"))).expect("a fixture")
}

fn parsed(name: &str) -> (Model, Source) {
    let source = Source::from(bytes(name));
    (read(&source).expect("a sound file"), source)
}

fn imported(model: &Model, source: &Source) -> Option<Network> {
    hold(model, source, None, &Wish::default()).ok()
}

#[test]
fn a_file_cut_at_any_byte_is_an_error_or_the_whole_network() {
    for name in FILES {
        let whole = bytes(name);
        let network = hold_bytes(&whole).expect("a sound file");
        for end in 0..whole.len() {
            if let Some(found) = hold_bytes(&whole[..end]) {
                // What comes last are notes and versions of operator sets.
                assert_eq!(found.graph.output, network.graph.output, "{name} cut at {end}");
            }
        }
    }
}

#[test]
fn a_network_without_any_one_of_its_parts_is_an_error_or_one_that_needs_it_not() {
    for name in FILES {
        let (model, source) = parsed(name);
        for place in 0..model.graph.nodes.len() {
            let mut less = model.clone();
            less.graph.nodes.remove(place);
            imported(&less, &source);
            less.graph.nodes.truncate(place);
            imported(&less, &source);
        }
        for place in 0..model.graph.initializers.len() {
            let mut less = model.clone();
            less.graph.initializers.remove(place);
            imported(&less, &source);
        }
    }
}

#[test]
fn nodes_in_any_order_are_the_same_network() {
    for name in FILES {
        let (model, source) = parsed(name);
        let network = imported(&model, &source).expect("a sound file");
        let shapes = network.graph.shapes(&network.graph.input).expect("they fit");
        for step in [model.graph.nodes.len() - 1, 7, 11] {
            let mut other = model.clone();
            let count = other.graph.nodes.len();
            // Backwards, and with strides.
            let order = (0..count).map(|i| (i * step + i / count) % count);
            let mut seen: Vec<usize> = Vec::new();
            order.chain((0..count).rev()).for_each(|i| {
                if !seen.contains(&i) {
                    seen.push(i);
                }
            });
            other.graph.nodes = seen.iter().map(|&i| model.graph.nodes[i].clone()).collect();
            let found = imported(&other, &source).expect("the same nodes");
            let sizes = found.graph.shapes(&found.graph.input).expect("they fit");
            assert_eq!(sizes[found.graph.output.index()], shapes[network.graph.output.index()]);
            assert_eq!(found.embedding, network.embedding);
            let sum = |network: &Network, shapes: &[Vec<usize>]| {
                network.graph.multiply_adds(shapes).iter().sum::<u64>()
            };
            assert_eq!(sum(&found, &sizes), sum(&network, &shapes), "{name}");
            let chosen = |network: &Network, shapes: &[Vec<usize>]| {
                let cuts = network.graph.cuts(&network.graph.input).expect("they fit");
                network.graph.automatic(&cuts, shapes).map(|index| cuts[index].names.clone())
            };
            assert_eq!(chosen(&found, &sizes), chosen(&network, &shapes), "{name}");
        }
    }
}

/// Without its weights a file is its structure, which is where changes do harm.
fn skeleton(name: &str) -> Vec<(usize, usize)> {
    let (model, source) = parsed(name);
    let mut weights: Vec<(usize, usize)> = Vec::new();
    for tensor in &model.graph.initializers {
        if let Payload::Inside(range) = &tensor.payload {
            weights.push((range.start as usize, range.end as usize));
        }
    }
    weights.sort_unstable();
    let mut left = Vec::new();
    let mut from = 0;
    for (start, end) in weights {
        left.push((from, start));
        from = end;
    }
    left.push((from, source.len() as usize));
    left
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_turned_in_what_is_no_weight_never_panic(
        which in 0..FILES.len(),
        changes in prop::collection::vec((any::<Index>(), any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = bytes(FILES[which]);
        let parts = skeleton(FILES[which]);
        for (part, place, byte) in changes {
            let (start, end) = parts[part.index(parts.len())];
            if let Some(found) = bytes[start..end].get_mut(place.index((end - start).max(1))) {
                *found = byte;
            }
        }
        hold_bytes(&bytes);
    }

    #[test]
    fn names_exchanged_anywhere_never_panic(
        which in 0..FILES.len(),
        changes in prop::collection::vec((any::<Index>(), any::<Index>(), any::<Index>()), 1..4),
    ) {
        let (mut model, source) = parsed(FILES[which]);
        for (to, from, place) in changes {
            let nodes = &mut model.graph.nodes;
            let names: Vec<String> =
                nodes[from.index(nodes.len())].inputs.iter().chain(&nodes[from.index(nodes.len())].outputs).cloned().collect();
            let count = nodes.len();
            let node = &mut nodes[to.index(count)];
            if let (Some(name), false) = (names.get(place.index(names.len().max(1))), node.inputs.is_empty()) {
                let place = place.index(node.inputs.len());
                node.inputs[place] = name.clone();
            }
        }
        imported(&model, &source);
    }

    #[test]
    fn operations_and_attributes_exchanged_never_panic(
        which in 0..FILES.len(),
        changes in prop::collection::vec((any::<Index>(), any::<Index>(), any::<bool>()), 1..4),
    ) {
        let (mut model, source) = parsed(FILES[which]);
        for (to, from, is_kind) in changes {
            let nodes = &mut model.graph.nodes;
            let other = nodes[from.index(nodes.len())].clone();
            let count = nodes.len();
            let node = &mut nodes[to.index(count)];
            match is_kind {
                true => node.op_type = other.op_type,
                false => node.attributes = other.attributes,
            }
        }
        imported(&model, &source);
    }
}
