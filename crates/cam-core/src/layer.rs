use crate::{Error, nearest};

/// A place where a network can be cut: known before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// The name, as the network's authors give it (`layer4.2`).
    pub name: String,
    /// What else it goes by: the stage whose last block this is (`layer4`).
    pub aliases: Vec<String>,
    /// Channels of the activations there.
    pub channels: usize,
    /// Input pixels per activation, along one side.
    pub stride: usize,
    /// Tokens beside the grid: a class token, registers.
    pub tokens: usize,
}

impl LayerInfo {
    /// A layer with one name and nothing beside its grid.
    pub fn new(name: impl Into<String>, channels: usize, stride: usize) -> Self {
        Self { name: name.into(), aliases: Vec::new(), channels, stride, tokens: 0 }
    }

    /// Whether the layer goes by this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// A layer of one network: its position in [`Network::layers`](crate::Network::layers).
///
/// Layers compare in the order of computation: the later one is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layer(usize);

impl Layer {
    /// The layer at a position in the network's list.
    pub fn new(index: usize) -> Self {
        Self(index)
    }

    /// The position in the network's list.
    pub fn index(self) -> usize {
        self.0
    }
}

/// The layer of that name or alias.
pub(crate) fn find_layer(layers: &[LayerInfo], name: &str) -> Result<Layer, Error> {
    let found = layers.iter().position(|layer| layer.is_called(name));
    found.map(Layer).ok_or_else(|| Error::UnknownLayer {
        name: name.to_owned(),
        nearest: nearest(
            name,
            layers
                .iter()
                .flat_map(|layer| layer.aliases.iter().chain([&layer.name]))
                .map(String::as_str),
        ),
    })
}
