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
    /// Whether the embedding depends on the positions there. Behind the last attention of a transformer only the class
    /// token is read.
    pub reaches_embedding: bool,
}

impl LayerInfo {
    /// A layer with one name and nothing beside its grid.
    pub fn new(name: impl Into<String>, channels: usize, stride: usize) -> Self {
        let (name, aliases) = (name.into(), Vec::new());
        Self { name, aliases, channels, stride, tokens: 0, reaches_embedding: true }
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

/// The layer of that name or alias, `#12` by its place in the list, `last` or `-1`, `-2` from behind.
pub(crate) fn find_layer(layers: &[LayerInfo], name: &str) -> Result<Layer, Error> {
    let by_name = || layers.iter().position(|layer| layer.is_called(name));
    let found = by_name().or_else(|| by_place(layers.len(), name));
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

fn by_place(layers: usize, name: &str) -> Option<usize> {
    if name == "last" {
        return layers.checked_sub(1);
    }
    let place = match name.strip_prefix('#') {
        Some(place) => place.parse().ok()?,
        None => layers.checked_sub(name.strip_prefix('-')?.parse().ok().filter(|&n| n > 0)?)?,
    };
    (place < layers).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_goes_by_its_names_and_by_its_place() {
        let named = |name: &str, alias: &str| LayerInfo {
            aliases: vec![alias.to_owned()],
            ..LayerInfo::new(name, 8, 4)
        };
        let layers = [named("stem", "/stem/Relu"), named("layer1.0", "layer1")];
        let find = |name: &str| find_layer(&layers, name).map(Layer::index).ok();
        assert_eq!(["stem", "/stem/Relu", "#0", "-2"].map(find), [Some(0); 4]);
        assert_eq!(["layer1", "#1", "last", "-1"].map(find), [Some(1); 4]);
        assert_eq!(["#2", "-3", "-0", "layer2", "#"].map(find), [None; 5]);
    }
}
