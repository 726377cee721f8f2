//! Lists the steps and cuts of ONNX files: `cargo run -p cam-onnx --example steps -- FILE.onnx…`.

use std::path::Path;

use cam_onnx::{Source, Wish};

fn main() {
    for file in std::env::args().skip(1) {
        let result = list(Path::new(&file));
        if let Err(error) = result {
            println!("{file}: {error}");
        }
    }
}

fn list(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let source = Source::open(path)?;
    let model = cam_onnx::read(&source)?;
    let network = cam_onnx::import(&model, &source, path.parent(), &Wish::default())?;
    let graph = &network.graph;
    let shapes = graph.shapes(&graph.input)?;
    let axes = graph.axes(&shapes);
    println!(
        "{}: {} {:?} {:?}",
        path.display(),
        model.producer,
        network.embedding,
        network.outputs
    );
    let verbose = std::env::var_os("STEPS").is_some();
    let mut counts = std::collections::BTreeMap::new();
    for (index, step) in graph.steps.iter().enumerate() {
        *counts.entry(step.operation.kind()).or_insert(0) += 1;
        if verbose {
            let reads: Vec<usize> = step.inputs.iter().map(|value| value.index()).collect();
            let detail = match &step.operation {
                cam_graph::Operation::Convolution(c) => {
                    format!("{:?} {:?}", c.activation, c.padding)
                }
                cam_graph::Operation::Map(f) => format!("{f:?}"),
                cam_graph::Operation::Reshape { .. } => String::new(),
                other => format!("{other:?}").chars().take(70).collect(),
            };
            let shape = &shapes[index + 1];
            println!(
                "{:4} {:?} {} {:?} {:?} | {} | {detail}",
                index + 1,
                reads,
                step.operation.kind(),
                shape,
                axes[index + 1],
                step.name.module
            );
        }
    }
    println!("  {counts:?} output {:?}", shapes[graph.output.index()]);
    if let Some(transformer) = graph.transformer(&shapes) {
        let (tokens, blocks) = (transformer.tokens, transformer.blocks.len());
        println!("  {blocks} attention blocks on {tokens:?}, read by {:?}", transformer.readout);
    }
    let cuts = graph.cuts(&graph.input)?;
    let automatic = graph.automatic(&cuts, &shapes);
    for (index, cut) in cuts.iter().enumerate() {
        if verbose || Some(index) == automatic {
            let mark = if Some(index) == automatic { "*" } else { " " };
            println!(
                "  {mark} {:?} {:?} held {} reaches {}",
                cut.names,
                cut.layout,
                cut.held.len(),
                cut.reaches_output
            );
        }
    }
    Ok(())
}
