use burn::tensor::Tensor;

/// How a score changes along the embedding's own direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlongEmbedding {
    /// In proportion: an inner product.
    Proportional,
    /// In a straight line: a logit, which has a bias.
    Straight,
    /// Not at all: a cosine, which does not depend on the length.
    Constant,
    /// In some other way: a distance, a probability.
    Curved,
}

/// Questions put to an embedding, each answered with a score.
///
/// Most targets ask one question; one that asks k (the similarity to each of k concepts) costs
/// one matrix product instead of k small ones.
///
/// # Examples
/// ```
/// use burn::tensor::Tensor;
/// use cam_core::Target;
///
/// /// How long the embedding is: s = ‖e‖. Autodiff knows its gradient.
/// struct Length {
///     width: usize,
/// }
///
/// impl Target for Length {
///     fn width(&self) -> usize {
///         self.width
///     }
///     fn questions(&self) -> usize {
///         1
///     }
///     fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
///         embeddings.clone().mul(embeddings).sum_dim(1).sqrt()
///     }
/// }
///
/// let target: Box<dyn Target> = Box::new(Length { width: 2048 });
/// assert_eq!((target.width(), target.questions()), (2048, 1));
/// ```
pub trait Target: Send + Sync {
    /// The width of the embeddings it can be asked about.
    fn width(&self) -> usize;

    /// How many questions it asks: k.
    fn questions(&self) -> usize;

    /// The scores s.
    ///
    /// Any burn expression; it must be differentiable by autodiff unless
    /// [`gradients`](Self::gradients) gives the closed form.
    ///
    /// # Shapes
    /// `[n, d]` to `[n, k]`. An image's scores depend on its own embedding only.
    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2>;

    /// ∂s/∂e in closed form, where there is one.
    ///
    /// # Shapes
    /// `[n, d]` to `[n, k, d]`.
    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let _ = embeddings;
        None
    }

    /// How the scores change along the embedding's own direction. [`AlongEmbedding::Curved`] claims
    /// nothing.
    fn along_embedding(&self) -> AlongEmbedding {
        AlongEmbedding::Curved
    }

    /// The same questions, each compared with its most similar alternatives, where it has any:
    /// what [Finer-CAM](crate::methods::FinerCam) explains.
    fn versus_alternatives(&self) -> Option<Box<dyn Target>> {
        None
    }
}

impl<T: Target + ?Sized> Target for Box<T> {
    fn width(&self) -> usize {
        (**self).width()
    }
    fn questions(&self) -> usize {
        (**self).questions()
    }
    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        (**self).scores(embeddings)
    }
    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        (**self).gradients(embeddings)
    }
    fn along_embedding(&self) -> AlongEmbedding {
        (**self).along_embedding()
    }
    fn versus_alternatives(&self) -> Option<Box<dyn Target>> {
        (**self).versus_alternatives()
    }
}
