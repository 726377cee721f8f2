use anyhow::anyhow;
use cam_core::Layer;
use cam_models::{ConvNet, Description, EMBEDDED, Weights, published};

use crate::arguments::{self, BenchExplain};
use crate::explain::{self, MAX_PIXELS, Size};
use crate::failure::Failure;
use crate::model::{self, Model};
use crate::weights;

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
}

impl Subject {
    /// What the arguments ask for.
    pub fn load(arguments: &BenchExplain) -> Result<Self, Failure> {
        let size = arguments.size.as_deref().map_or(Ok(Size::Model), Size::parse)?;
        let (network, weights) = network(&arguments.model)?;
        let layer = explain::layer_or_last(&network, arguments.layer.as_deref())?;
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
            0..=MAX_PIXELS => Ok(Self { network, weights, layer, size }),
            _ => Err(Failure::Failed(anyhow!(
                "{}×{} pixels are too many for the network's input; choose a smaller --size",
                size.0,
                size.1
            ))),
        }
    }
}

/// The network, and where its weights came from.
fn network(arguments: &arguments::Model) -> Result<(ConvNet, Option<String>), Failure> {
    match without_weights(arguments)? {
        None => {
            let model = Model::load(arguments)?;
            let weights = model.origin();
            Ok((model.network, Some(weights)))
        }
        Some(description) => {
            let weights = Weights::made_up(&description);
            let network = ConvNet::new(description, weights, model::runtime(arguments)?);
            Ok((network.map_err(anyhow::Error::from)?, None))
        }
    }
}

/// A network that is named and whose weights are neither given nor here.
fn without_weights(arguments: &arguments::Model) -> Result<Option<Description>, Failure> {
    let name = arguments.model.as_deref().filter(|name| !name.is_empty() && *name != EMBEDDED);
    let is_given = arguments.weights.as_deref().is_some_and(|weights| !weights.is_empty());
    let Some(name) = name.filter(|_| !is_given) else { return Ok(None) };
    let description = model::description(name)?;
    let published = published().iter().find(|published| published.name == name);
    let is_here = match published {
        Some(published) => weights::cached(published)?.exists(),
        None => false,
    };
    Ok((!is_here).then_some(description))
}
