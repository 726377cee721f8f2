use burn::tensor::Tensor;

use crate::{Error, Fusion, Kept, LayerExplanation, View};

/// How activations, gradients and scores become a map.
///
/// Every method is in [`methods`](crate::methods).
pub trait Method: Send + Sync {
    /// Signed maps, positive where the image speaks for the target.
    ///
    /// # Shapes
    /// `[n, k, h', w']` for n images and k questions: of the layer's size, or of the input's where
    /// the method works [there](Self::is_at_input).
    ///
    /// # Errors
    /// Where the network or the target lacks what the method needs, and [`Error::Cancelled`].
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error>;

    /// The same with what the method says of the rest of the score.
    ///
    /// # Errors
    /// As for [`maps`](Self::maps).
    fn explain(&self, view: &View<'_>) -> Result<LayerExplanation, Error> {
        Ok(self.maps(view)?.into())
    }

    /// Whether the maps show the input and not a layer: they are then computed once, however many
    /// layers were captured.
    fn is_at_input(&self) -> bool {
        false
    }

    /// Whether the maps show a whole transformer and not a layer: they are then computed once as well, and have the size
    /// of its grid of patches.
    fn is_of_network(&self) -> bool {
        false
    }

    /// What it reads of a transformer's attentions. A [`Capture`](crate::Capture) that
    /// [keeps](crate::Capture::keeping) that much of its forward pass needs no second one.
    fn keeps(&self) -> Kept {
        Kept::default()
    }

    /// Whether the maps depend on the target. Where they do not, all k of an image are equal.
    fn depends_on_target(&self) -> bool {
        true
    }

    /// Whether the maps explain the score: say what in the image made it or would change it. Others only show where
    /// something like the concept is.
    fn is_explanation(&self) -> bool {
        true
    }

    /// Whether a map is a sum of what each channel contributes, so that their first principal
    /// component can take the place of the sum: [`EigenSmooth`](crate::methods::EigenSmooth).
    fn is_channel_sum(&self) -> bool {
        false
    }

    /// How the finished maps of several layers become one.
    fn fusion(&self) -> Fusion {
        Fusion::Mean
    }
}

impl<M: Method + ?Sized> Method for Box<M> {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        (**self).maps(view)
    }
    fn explain(&self, view: &View<'_>) -> Result<LayerExplanation, Error> {
        (**self).explain(view)
    }
    fn is_at_input(&self) -> bool {
        (**self).is_at_input()
    }
    fn is_of_network(&self) -> bool {
        (**self).is_of_network()
    }
    fn keeps(&self) -> Kept {
        (**self).keeps()
    }
    fn depends_on_target(&self) -> bool {
        (**self).depends_on_target()
    }
    fn is_explanation(&self) -> bool {
        (**self).is_explanation()
    }
    fn is_channel_sum(&self) -> bool {
        (**self).is_channel_sum()
    }
    fn fusion(&self) -> Fusion {
        (**self).fusion()
    }
}
