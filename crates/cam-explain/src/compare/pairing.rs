use burn::tensor::{Tensor, TensorData};
use cam_core::methods::LATE_BLOCKS;
use cam_core::{Budget, Capture, Head, Kept, Layer, Network as _, Pair, TokenParts};
use cam_models::ConvNet;
use cam_store::index::Maps;

use crate::error::{Context as _, Error, failed};

/// Why no pair of positions has a part of a cosine: what the embedding is.
type Reason = &'static str;

/// What of two images makes the pairs that their cosine is a sum of.
#[derive(Debug, Clone, Copy)]
pub enum Pairing<'n> {
    /// Positions of a layer, which the head behind it pools.
    Positions(Layer, &'n Head),
    /// Patches of a transformer, and what so many of the last blocks' attentions took from them.
    Tokens(usize),
}

/// Images taken apart into what makes pairs.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there are two at a time")]
pub enum Parts {
    /// Activations of the layer, `[n, c, h, w]`.
    Positions(Tensor<4>),
    /// What patches wrote.
    Tokens(TokenParts),
}

impl<'n> Pairing<'n> {
    /// What a network's embeddings allow; of a transformer so many of the last blocks, or four.
    ///
    /// # Errors
    /// What the embedding is, where it is no sum over positions or patches.
    pub fn of(network: &'n ConvNet, blocks: Option<usize>) -> Result<Self, Reason> {
        let head = network.last_layer().ok().and_then(|at| Some((at, network.head(at)?)));
        match (head, network.transformer()) {
            (Some((layer, head)), _) if head.is_per_position() => Ok(Self::Positions(layer, head)),
            (Some(_), _) => Err("is of flattened positions, which share no channels"),
            (None, Some(transformer)) => {
                let blocks = blocks.unwrap_or(LATE_BLOCKS);
                Ok(Self::Tokens(blocks.min(transformer.blocks())))
            }
            (None, None) => {
                Err("is neither pooled from positions nor read off a transformer's stream")
            }
        }
    }

    /// What a forward pass has to keep.
    pub fn kept(self) -> Kept {
        match self {
            Self::Positions(..) => Kept::default(),
            Self::Tokens(blocks) => Kept::as_read(blocks),
        }
    }

    /// What an index keeps of it.
    pub fn maps(self) -> Maps {
        match self {
            Self::Positions(..) => Maps::Activations,
            Self::Tokens(blocks) => Maps::TokenContributions { blocks: blocks as u32 },
        }
    }

    /// Of images that went through the network.
    ///
    /// # Errors
    /// Where the device fails.
    pub fn parts(self, capture: &Capture<'_>) -> Result<Parts, Error> {
        match self {
            Self::Positions(layer, _) => {
                let activations = capture.activations(layer).context("the layer was captured")?;
                Ok(Parts::Positions(activations.clone()))
            }
            Self::Tokens(blocks) => Ok(Parts::Tokens(TokenParts::of(capture, blocks)?)),
        }
    }

    /// The cosine of two images, taken apart.
    ///
    /// # Errors
    /// Where an embedding is zero, or there are too many pairs.
    pub fn pair(self, parts: [&Parts; 2]) -> Result<Pair, Error> {
        match (self, parts) {
            (Self::Positions(_, head), [Parts::Positions(first), Parts::Positions(second)]) => {
                Ok(Pair::of(head, [first, second])?)
            }
            (_, [Parts::Tokens(first), Parts::Tokens(second)]) => {
                Ok(Pair::of_tokens(Budget::default(), [first, second])?)
            }
            _ => Err(failed!("the images were taken apart in two ways")),
        }
    }
}

impl Parts {
    /// Numbers that an index keeps, `[n, channels, height, width]`.
    pub fn to_maps(&self) -> Tensor<4> {
        match self {
            Self::Positions(activations) => activations.clone(),
            Self::Tokens(parts) => parts.to_maps(),
        }
    }

    /// The channels of these numbers.
    pub fn channels(&self) -> usize {
        match self {
            Self::Positions(activations) => activations.dims()[1],
            Self::Tokens(parts) => parts.patches.dims()[2],
        }
    }

    /// One image's numbers as an index kept them, with its embedding at length one; none where they have other channels
    /// than these.
    pub fn of_maps(&self, maps: Vec<f32>, shape: [usize; 3], unit: Vec<f32>) -> Option<Self> {
        let [channels, height, width] = shape;
        if channels != self.channels() {
            return None;
        }
        let maps = TensorData::new(maps, [1, channels, height, width]);
        Some(match self {
            Self::Positions(own) => Self::Positions(Tensor::from_data(maps, &own.device())),
            Self::Tokens(own) => {
                let device = &own.patches.device();
                let unit = Tensor::from_data(TensorData::new(unit, [1, channels]), device);
                Self::Tokens(TokenParts::of_maps(Tensor::from_data(maps, device), unit))
            }
        })
    }
}
