use cam_explain::{LayerEntry, LayerListing, LayersOf};

use crate::arguments::Layers;
use crate::failure::Failure;
use crate::print;

pub fn run(arguments: &Layers) -> Result<(), Failure> {
    let listing = LayerListing::of(&LayersOf {
        name: arguments.model.clone(),
        weights: arguments.file.clone().or_else(|| arguments.weights.clone()),
        prefix: arguments.prefix.clone(),
        size: arguments.size.map(|(width, height)| [height, width]),
    })?;
    if arguments.json {
        return print::json(&listing);
    }
    let shown = |layer: &&LayerEntry| arguments.all || layer.held == 0 || layer.default;
    let width = listing
        .layers
        .iter()
        .filter(shown)
        .map(|layer| layer.name.len())
        .max()
        .unwrap_or(0)
        .max(12);
    print::line(format_args!(
        "{:>4}  {:<width$} {:<10} {:>8}  {:<9} {:<19} {:>6}",
        "#", "layer", "also", "channels", "grid", "pixels per position", "before"
    ))?;
    for (index, layer) in listing.layers.iter().enumerate().filter(|(_, layer)| shown(layer)) {
        let [rows, columns] = layer.grid;
        let mark = if layer.default { "*" } else { " " };
        let mut notes = Vec::new();
        if layer.tokens > 0 {
            notes.push(format!("{} more tokens", layer.tokens));
        }
        if layer.held > 0 {
            notes.push("a residual passes by".to_owned());
        }
        let line = format!(
            "{index:>3}{mark}  {:<width$} {:<10} {:>8}  {:<9} {:<19} {:>5.0}%  {}",
            layer.name,
            layer.alias.as_deref().unwrap_or_default(),
            layer.channels,
            format!("{rows}×{columns}"),
            format!("{0}×{0}", layer.stride),
            100.0 * layer.before,
            notes.join(", "),
        );
        print::line(format_args!("{}", line.trim_end()))?;
    }
    let chosen = listing.layers.iter().find(|layer| layer.default);
    match chosen.and_then(|layer| Some((layer, layer.reason.as_deref()?))) {
        Some((layer, reason)) => {
            print::line(format_args!("* {} is taken unless another is named: {reason}", layer.name))
        }
        None => Ok(()),
    }
}
