//! Networks whose weights follow the formula, loaded on the same way as any weight file.

use std::path::Path;

use burn::tensor::{Tensor, TensorData};
use cam_core::Layer;
use cam_models::{Checkpoint, ConvNet, Description, Runtime, Strictness, load_checkpoint};
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::{device, formula};

/// A tensor of a state dict: name, shape, values.
pub type Entry = (String, Vec<usize>, Vec<f32>);

/// Height and width of the goldens' input, not square on purpose.
pub const INPUT: [usize; 2] = [160, 128];

/// torchvision's network of that name with formula weights.
pub fn by_formula(architecture: &str) -> ConvNet {
    by_formula_on(architecture, &device())
}

/// The same on a runtime.
pub fn by_formula_on(architecture: &str, runtime: impl Into<Runtime>) -> ConvNet {
    let description = cam_models::describe(architecture).expect("the architecture is known");
    load_on(&state_dict(&description), runtime)
}

/// The state dict of a network, filled by the formula.
pub fn state_dict(description: &Description) -> Vec<Entry> {
    tensors(description).into_iter().map(|(name, shape)| entry(name, shape)).collect()
}

/// Names and shapes of a network's tensors.
pub fn tensors(description: &Description) -> Vec<(String, Vec<usize>)> {
    let parameters = &description.graph.parameters;
    let mut tensors: Vec<(String, Vec<usize>)> =
        parameters.iter().map(|(name, shape)| (name.clone(), shape.clone())).collect();
    if let Some(classifier) = &description.classifier {
        let (classes, width) = (classifier.classes, description.embedding_width());
        tensors.push((classifier.weight.clone(), vec![classes, width]));
        tensors.extend(classifier.bias.iter().map(|bias| (bias.clone(), vec![classes])));
    }
    tensors
}

/// The layers beside which nothing lives on.
pub fn clean_layers(network: &ConvNet) -> Vec<Layer> {
    let cuts = network.cuts().iter().enumerate();
    cuts.filter(|(_, cut)| cut.is_clean()).map(|(index, _)| Layer::new(index)).collect()
}

fn entry(name: String, shape: Vec<usize>) -> Entry {
    let values = formula::tensor(&name, &shape);
    (name, shape, values)
}

/// Loads a state dict under the full contract.
pub fn load(entries: &[Entry]) -> ConvNet {
    load_on(entries, &device())
}

/// The same on a runtime.
pub fn load_on(entries: &[Entry], runtime: impl Into<Runtime>) -> ConvNet {
    let checkpoint = Checkpoint::from_safetensors(Path::new("formula"), safetensors(entries));
    let loaded =
        checkpoint.and_then(|file| load_checkpoint(file, None, Strictness::Exact, runtime));
    loaded.unwrap_or_else(|error| panic!("{error}")).network
}

/// A state dict as a safetensors file.
pub fn safetensors(entries: &[Entry]) -> Vec<u8> {
    let bytes = entries.iter().map(|(name, shape, values)| {
        (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
    });
    let bytes: Vec<_> = bytes.collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes).expect("sizes fit");
        (name.as_str(), view)
    });
    serialize(views, None).expect("the entries form a file")
}

/// Formula images by name, `[n, 3, 160, 128]`.
pub fn images(names: &[&str]) -> Tensor<4> {
    let [height, width] = INPUT;
    let values: Vec<f32> =
        names.iter().flat_map(|name| formula::image(name, height, width)).collect();
    Tensor::from_data(TensorData::new(values, [names.len(), 3, height, width]), &device())
}
