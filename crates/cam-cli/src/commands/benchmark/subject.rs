use anyhow::anyhow;
use cam_core::{Layer, Network as _};
use cam_explain::{Cancel, Environment, MAX_PIXELS, Size, model, weights};
use cam_models::{ConvNet, EMBEDDED, published};

use crate::arguments::{self, BenchExplain};
use crate::failure::Failure;

/// What is timed.
pub struct Subject {
    /// The network.
    pub network: ConvNet,
    /// Where its weights came from; none where they are made up.
    pub weights: Option<String>,
    /// Where it is explained.
    pub layer: Layer,
    /// Width and height of its input.
    pub size: (usize, usize),
    /// Ends it early.
    pub cancel: Cancel,
}

impl Subject {
    /// What the arguments ask for.
    pub fn load(arguments: &BenchExplain, environment: &Environment) -> Result<Self, Failure> {
        let size = arguments.size.as_deref().map_or(Ok(Size::Model), str::parse::<Size>)?;
        let (network, weights) = network(&arguments.model, environment)?;
        let layer = match &arguments.layer {
            None => network.last_layer()?,
            Some(name) => model::layer(&network, name)?,
        };
        let size = match size {
            Size::Model => network.preprocessing().size,
            Size::Fixed(width, height) => (width, height),
            Size::Native => {
                return Err(Failure::usage(
                    "`--size native` is the size of an image, and there is none: write width and height, as in 320x224, or one side of a square, as in 224",
                ));
            }
        };
        match size.0.saturating_mul(size.1) {
            0..=MAX_PIXELS => {
                Ok(Self { network, weights, layer, size, cancel: environment.cancel.clone() })
            }
            _ => Err(Failure::Failed(anyhow!(
                "{}×{} pixels are too many for the network's input; choose a smaller --size",
                size.0,
                size.1
            ))),
        }
    }
}

/// The network, and where its weights came from: placeholders where it is named and its weights are neither given nor
/// here.
fn network(
    arguments: &arguments::Model,
    environment: &Environment,
) -> Result<(ConvNet, Option<String>), Failure> {
    if let Some(name) = without_weights(arguments)? {
        return Ok((model::untrained_by_name(name, &arguments.options())?, None));
    }
    let model = arguments.load(environment)?;
    let weights = model.origin();
    Ok((model.into_network(), Some(weights)))
}

/// A network that is named and whose weights are neither given nor here.
fn without_weights(arguments: &arguments::Model) -> Result<Option<&str>, Failure> {
    let name = arguments.model.as_deref().filter(|name| !name.is_empty() && *name != EMBEDDED);
    let is_given = arguments.weights.as_deref().is_some_and(|weights| !weights.is_empty());
    let Some(name) = name.filter(|_| !is_given) else { return Ok(None) };
    let published = published().iter().find(|published| published.name == name);
    let is_here = match published {
        Some(published) => weights::cached(published)?.exists(),
        None => false,
    };
    Ok((!is_here).then_some(name))
}
