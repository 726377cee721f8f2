use burn::tensor::Tensor;

use crate::budget::footprint_of_layers;
use crate::layer::find_layer;
use crate::{
    Activations, AttentionPooling, BiasGradients, Error, Footprint, Head, Layer, LayerInfo,
    Transformer,
};

/// A network that turns images into embeddings and can be cut at its layers.
///
/// Its full forward pass *is* [`forward_to`](Self::forward_to) followed by
/// [`forward_from`](Self::forward_from), whichever layer lies between: there are no hooks that
/// could see something else than what is computed.
///
/// A network is inference-only: nothing in it may change by running it, and an image's result
/// must not depend on its neighbours in the batch.
///
/// # Examples
/// ```
/// use burn::tensor::Tensor;
/// use cam_core::{Activations, Head, Layer, LayerInfo, Network, Pooling};
///
/// /// A network whose embedding is the mean colour: what is similar to red is red.
/// struct Colours {
///     layers: [LayerInfo; 1],
///     head: Head,
/// }
///
/// impl Network for Colours {
///     fn layers(&self) -> &[LayerInfo] {
///         &self.layers
///     }
///     fn embedding_width(&self) -> usize {
///         3
///     }
///     fn forward_to(&self, images: Tensor<4>, _: Layer) -> Activations {
///         images.into()
///     }
///     fn forward_from(&self, activations: Activations, _: Layer) -> Tensor<2> {
///         self.head.forward(activations.grid)
///     }
///     fn head(&self, _: Layer) -> Option<&Head> {
///         Some(&self.head)
///     }
/// }
///
/// let pixels = LayerInfo::new("pixels", 3, 1);
/// let network = Colours { layers: [pixels], head: Head::new(Pooling::Average, Vec::new()) };
/// assert_eq!(network.layer("pixels")?, network.last_layer()?);
/// let error = network.layer("pixel").unwrap_err().to_string();
/// assert!(error.contains("pixels"), "{error}");
/// # Ok::<(), cam_core::Error>(())
/// ```
pub trait Network: Send + Sync {
    /// The places to cut at, in the order of computation.
    fn layers(&self) -> &[LayerInfo];

    /// How wide an embedding is.
    fn embedding_width(&self) -> usize;

    /// Images to the activations at a layer.
    ///
    /// # Shapes
    /// `[n, 3, h, w]`, normalised as the network wants it, to `[n, c, h', w']`.
    fn forward_to(&self, images: Tensor<4>, to: Layer) -> Activations;

    /// Activations at a layer to embeddings. Must work on an autodiff device.
    ///
    /// # Shapes
    /// `[n, c, h', w']` to `[n, d]`.
    fn forward_from(&self, activations: Activations, from: Layer) -> Tensor<2>;

    /// Runs what follows a layer and records it for a backward pass, where the network can do so by
    /// itself. Elsewhere gradients come by autodiff.
    ///
    /// # Shapes
    /// Activations `[n, c, h', w']`.
    fn tail(&self, activations: &Activations, from: Layer) -> Option<Box<dyn Tail + '_>> {
        let _ = (activations, from);
        None
    }

    /// Runs all of the network and records it for a backward pass to the images, where the network can
    /// do so by itself.
    ///
    /// # Shapes
    /// Images `[n, 3, h, w]`; what the tail pulls back has their shape.
    fn recorded(&self, images: &Tensor<4>) -> Option<Box<dyn Tail + '_>> {
        let _ = images;
        None
    }

    /// Every bias inside the network, and ∂s/∂ of what it is added to, where the network gives them:
    /// [FullGrad](crate::methods::FullGrad) needs them.
    ///
    /// # Shapes
    /// Images `[n, 3, h, w]` and one ∂s/∂e for each, `[n, d]`.
    fn bias_gradients(
        &self,
        images: Tensor<4>,
        gradients: Tensor<2>,
    ) -> Option<Vec<BiasGradients>> {
        let _ = (images, gradients);
        None
    }

    /// Everything that follows a layer, where it is simple enough to be differentiated in
    /// closed form.
    fn head(&self, at: Layer) -> Option<&Head>;

    /// The network as attention blocks on a stream of tokens, where it is of that form.
    fn transformer(&self) -> Option<&dyn Transformer> {
        None
    }

    /// The network as an attention that pools all tokens, where it is of that form.
    fn attention_pooling(&self) -> Option<&dyn AttentionPooling> {
        None
    }

    /// The numbers that are in memory while what follows a layer, or all of the network, runs for one
    /// image of `[height, width]`: how many run together follows from it.
    ///
    /// Unless given, it is estimated from the sizes of the layers.
    fn footprint(&self, size: [usize; 2], from: Option<Layer>) -> Footprint {
        footprint_of_layers(self, size, from.map_or(0, Layer::index))
    }

    /// The activations at several layers, given in ascending order.
    ///
    /// Networks that can do it in one pass override this.
    fn forward_through(&self, images: Tensor<4>, layers: &[Layer]) -> Vec<Activations> {
        layers.iter().map(|&layer| self.forward_to(images.clone(), layer)).collect()
    }

    /// The layer that goes by a name or alias.
    ///
    /// # Errors
    /// [`Error::UnknownLayer`] with the most similar names.
    fn layer(&self, name: &str) -> Result<Layer, Error> {
        find_layer(self.layers(), name)
    }

    /// The place to look at unless told otherwise: the last whose positions the embedding depends on.
    ///
    /// Unless given it is the last place to cut at.
    ///
    /// # Errors
    /// [`Error::NoLayer`] if the network has none.
    fn last_layer(&self) -> Result<Layer, Error> {
        self.layers().len().checked_sub(1).map(Layer::new).ok_or(Error::NoLayer)
    }
}

/// A recorded run of what follows a layer: gradients are pulled back through it without autodiff.
pub trait Tail: Send + Sync {
    /// The embeddings of the run, `[n, d]`: the same as [`Network::forward_from`], to rounding.
    fn embeddings(&self) -> Tensor<2>;

    /// ∂s/∂e to ∂s/∂A.
    ///
    /// # Shapes
    /// `[n, k, d]` to `[n, k, c, h', w']`.
    fn pull_back(&self, gradients: Tensor<3>) -> Tensor<5>;

    /// The same, with the negative part of every gradient dropped wherever it passes an activation:
    /// guided backpropagation. None where the network cannot.
    ///
    /// # Shapes
    /// As for [`pull_back`](Self::pull_back).
    fn pull_back_guided(&self, gradients: Tensor<3>) -> Option<Tensor<5>> {
        let _ = gradients;
        None
    }
}
