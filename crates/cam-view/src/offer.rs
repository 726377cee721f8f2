//! What a network offers to choose from.

use cam_core::Network;
use cam_core::methods::{CATALOGUE, Cost, MethodInfo, Need, Settings, method};
use cam_explain::Model;
use cam_explain::compare::Pairing;

/// What a network offers to choose from.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// Its layers, in the order of computation.
    pub layers: Vec<String>,
    /// The methods that it can be explained by, and what a map costs.
    pub methods: Vec<(&'static str, &'static str)>,
    /// The names of its classes.
    pub classes: Vec<String>,
    /// Whether it has a classifier.
    pub has_classifier: bool,
    /// Why no two images can be compared by their places, where that is so.
    pub no_pairs: Option<&'static str>,
}

impl Offer {
    /// Of a network.
    pub fn of(model: &Model) -> Self {
        let network = model.network();
        let has_classifier = network.classifier().is_some();
        let methods = CATALOGUE.iter().filter(|info| can_be_asked(info, network, has_classifier));
        let classes = model.class_names().filter(|_| has_classifier);
        Self {
            name: model.name().to_owned(),
            layers: network.layers().iter().map(|layer| layer.name.clone()).collect(),
            methods: methods.map(|info| (info.name, info.cost.words())).collect(),
            classes: classes.map(<[String]>::to_vec).unwrap_or_default(),
            has_classifier,
            no_pairs: Pairing::of(network, None).err(),
        }
    }
}

/// Methods that cost no more than a gradient or another pass and can be asked, perhaps of a class.
pub fn quick_methods(model: &Model, asks_of_class: bool) -> impl Iterator<Item = &'static str> {
    let is_quick =
        |info: &MethodInfo| matches!(info.cost, Cost::Nothing | Cost::Gradient | Cost::Forward);
    let can = move |info: &MethodInfo| can_be_asked(info, model.network(), asks_of_class);
    CATALOGUE.iter().filter(move |info| is_quick(info) && can(info)).map(|info| info.name)
}

fn can_be_asked(info: &MethodInfo, network: &dyn Network, asks_of_class: bool) -> bool {
    info.needs.iter().all(|need| match need {
        Need::Attention => network.transformer().is_some() || network.attention_pooling().is_some(),
        // The page shows each layer by itself.
        Need::Layers => false,
        Need::Class => asks_of_class,
        _ => true,
    })
}

/// Layers that a strip shows at most.
const MOST_LAYERS: usize = 24;

/// Layers that lie within no other that is listed, evenly thinned out where there are many; the last one is always
/// there.
pub fn outer_layers(model: &Model) -> Vec<&str> {
    let names = model.network().layers().iter().filter(|layer| layer.reaches_embedding);
    let names: Vec<&str> = names.map(|layer| layer.name.as_str()).collect();
    let is_within = |name: &str| {
        names
            .iter()
            .any(|&other| name.strip_prefix(other).is_some_and(|rest| rest.starts_with('.')))
    };
    let outer: Vec<&str> = names.iter().copied().filter(|name| !is_within(name)).collect();
    let step = outer.len().div_ceil(MOST_LAYERS).max(1);
    let mut thinned: Vec<&str> = outer.iter().rev().step_by(step).copied().collect();
    thinned.reverse();
    thinned
}

/// Whether a method shows something else at each layer.
pub fn is_of_layers(name: &str) -> bool {
    let rule = method(name, Settings::default());
    rule.is_some_and(|rule| !rule.is_of_network() && !rule.is_at_input())
}
