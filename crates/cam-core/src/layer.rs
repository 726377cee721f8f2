use crate::{Error, nearest};

/// A place where a network can be cut: known before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// The name, as the network's authors give it (`layer4.2`).
    pub name: String,
    /// A second name: the stage whose last block this is (`layer4`).
    pub alias: Option<String>,
    /// Channels of the activations there.
    pub channels: usize,
    /// Input pixels per activation, along one side.
    pub stride: usize,
}

impl LayerInfo {
    /// Whether the layer goes by this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.alias.as_deref() == Some(name)
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
                .flat_map(|layer| layer.alias.as_deref().into_iter().chain([layer.name.as_str()])),
        ),
    })
}
