use std::sync::Arc;

use burn::tensor::Tensor;

use crate::capture::Capture;
use crate::gradient_route::{
    Question, Reduction, Resolved, Routes, Targets, embedding_gradients, vector_jacobian_product,
};
use crate::methods::principal_maps;
use crate::{
    Activations, AttentionPooling, Budget, Error, Footprint, Gradients, Head, Kept, Layer, Network,
    PoolingRun, Progress, Route, Steps, Target, TokenRun, Transformer, normalize, read,
};

/// A sum is nothing but rounding below this part of what it sums: a thousand channels in f32, and a gradient's own rounding.
const ROUNDING: f32 = 1e-4;

/// One layer of a capture, as a target's questions see it: what a [`Method`](crate::Method) makes
/// maps of.
///
/// Everything is computed on demand, so that a method pays only for what it uses.
pub struct View<'a> {
    network: &'a dyn Network,
    images: &'a Tensor<4>,
    layer: Layer,
    activations: &'a Activations,
    embeddings: &'a Tensor<2>,
    routes: &'a dyn Routes,
    question: &'a Question<'a>,
    reduction: Reduction,
    budget: Budget,
    progress: Option<&'a dyn Progress>,
}

impl<'a> View<'a> {
    pub(crate) fn new(capture: &'a Capture<'_>, index: usize, question: &'a Question<'a>) -> Self {
        let (layer, activations) = &capture.activations[index];
        Self {
            network: capture.network,
            images: &capture.images,
            layer: *layer,
            activations,
            embeddings: &capture.embeddings,
            routes: capture,
            question,
            reduction: Reduction::Sum,
            budget: capture.budget,
            progress: capture.progress,
        }
    }

    /// The same view with another reduction from channels to maps.
    pub(crate) fn reduced_by(&self, reduction: Reduction) -> Self {
        Self { reduction, ..*self }
    }

    /// Begins to count the steps of a method that takes long, equal ones as far as possible.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn steps(&self, total: usize) -> Result<Steps<'a>, Error> {
        Steps::begin(self.progress, total)
    }

    /// Memory for what runs together.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// The images, `[n, 3, h, w]`.
    pub fn images(&self) -> &Tensor<4> {
        self.images
    }

    /// The activations A at the layer, `[n, c, h', w']`.
    pub fn activations(&self) -> &Tensor<4> {
        &self.activations.grid
    }

    /// The embeddings e, `[n, d]`.
    pub fn embeddings(&self) -> &Tensor<2> {
        self.embeddings
    }

    /// The scores s, `[n, k]`.
    pub fn scores(&self) -> &Tensor<2> {
        &self.question.scores
    }

    /// ∂s/∂e, `[n, k, d]`.
    pub fn embedding_gradients(&self) -> &Tensor<3> {
        &self.question.gradients
    }

    /// ∂s/∂e, `[n, k, d]`, of a target that is made of each image's own.
    pub(crate) fn embedding_gradients_of(
        &self,
        change: impl Fn(&dyn Target) -> Result<Box<dyn Target>, Error>,
    ) -> Result<Tensor<3>, Error> {
        match self.question.targets {
            Targets::Shared(target) => {
                embedding_gradients(&*change(target)?, self.embeddings.clone())
            }
            Targets::PerImage(targets) => {
                let gradients = targets.iter().enumerate().map(|(image, target)| {
                    let embedding = self.embeddings.clone().narrow(0, image, 1);
                    embedding_gradients(&*change(*target)?, embedding)
                });
                Ok(Tensor::cat(gradients.collect::<Result<_, _>>()?, 0))
            }
        }
    }

    /// v = g + (s − ⟨g, e⟩)·e/‖e‖², `[n, k, d]`: the vector whose inner product with the embedding is the score, whatever
    /// the target. What of the score does not grow with the embedding is attributed along the embedding itself.
    pub(crate) fn attributed(&self) -> Tensor<3> {
        let gradients = self.embedding_gradients().clone();
        let embeddings = self.embeddings.clone().unsqueeze_dim::<3>(1);
        let left = self.scores().clone().unsqueeze_dim::<3>(2)
            - (gradients.clone() * embeddings).sum_dim(2);
        // e/‖e‖² from numbers of the size of one: squares may under- and overflow.
        let (unit, length) = normalize(self.embeddings.clone(), f32::MIN_POSITIVE);
        gradients + left * (unit / length).unsqueeze_dim::<3>(1)
    }

    /// ∂s/∂e at other embeddings, one for each image, `[n, d]` to `[n, k, d]`.
    pub(crate) fn embedding_gradients_at(
        &self,
        embeddings: &Tensor<2>,
    ) -> Result<Tensor<3>, Error> {
        match self.question.targets {
            Targets::Shared(target) => embedding_gradients(target, embeddings.clone()),
            Targets::PerImage(targets) => {
                let gradients = targets.iter().enumerate().map(|(image, target)| {
                    embedding_gradients(*target, embeddings.clone().narrow(0, image, 1))
                });
                Ok(Tensor::cat(gradients.collect::<Result<_, _>>()?, 0))
            }
        }
    }

    /// The network as a transformer, and what its last blocks computed: at least what is asked for.
    ///
    /// # Errors
    /// [`Error::NoAttention`] where it is none, [`Error::OnlyPoolingIsKnown`] where an attention pools its tokens.
    pub fn tokens(&self, kept: Kept) -> Result<(&'a dyn Transformer, Arc<TokenRun>), Error> {
        let network =
            self.network.transformer().ok_or_else(|| match self.network.attention_pooling() {
                Some(_) => Error::OnlyPoolingIsKnown,
                None => Error::NoAttention,
            })?;
        Ok((network, self.routes.tokens(kept).ok_or(Error::NoAttention)?))
    }

    /// The network as an attention that pools, and what that computed, where it is no transformer whose blocks are known.
    pub fn attention_pooling(&self) -> Option<(&'a dyn AttentionPooling, Arc<PoolingRun>)> {
        let network = self.network.attention_pooling();
        let network = network.filter(|_| self.network.transformer().is_none())?;
        Some((network, self.routes.pooling()?))
    }

    /// Whether methods of attention can explain the network.
    pub(crate) fn has_attention(&self) -> bool {
        self.network.transformer().is_some() || self.network.attention_pooling().is_some()
    }

    /// How many questions are asked: k.
    pub fn questions(&self) -> usize {
        self.question.gradients.dims()[1]
    }

    /// The target of an image.
    pub fn target(&self, image: usize) -> &'a dyn Target {
        self.question.targets.of(image)
    }

    /// The head behind the layer, where nothing else follows it.
    pub fn head(&self) -> Option<&Head> {
        self.network.head(self.layer)
    }

    /// Maps made of activations and gradients, ∂s/∂A, of some of the questions at a time: at an
    /// early layer, the gradients of a hundred would not fit.
    ///
    /// # Shapes
    /// `maps` makes `[n, j, h', w']` of activations and of the gradients of j questions.
    ///
    /// # Errors
    /// [`Error::NoClosedForm`], [`Error::NoTail`] and [`Error::Untracked`] where the capture's
    /// route does not exist.
    pub fn by_gradients(
        &self,
        maps: impl FnMut(&Tensor<4>, &Gradients) -> Result<Tensor<4>, Error>,
    ) -> Result<Tensor<4>, Error> {
        self.pulled_back(self.embedding_gradients(), maps)
    }

    /// As [`by_gradients`](Self::by_gradients), for other vectors at the embedding, `[n, k, d]`, in
    /// place of ∂s/∂e.
    pub(crate) fn pulled_back(
        &self,
        vectors: &Tensor<3>,
        mut maps: impl FnMut(&Tensor<4>, &Gradients) -> Result<Tensor<4>, Error>,
    ) -> Result<Tensor<4>, Error> {
        self.check_reach()?;
        let activations = self.activations();
        let [_, questions, _] = vectors.dims();
        let route = self.routes.resolve(self.layer)?;
        let at_once = match route {
            Resolved::Head(_) | Resolved::Tail(_) => self.questions_at_once(),
            Resolved::Autodiff => 1,
        };
        let mut steps = self.steps(questions)?;
        let maps = (0..questions).step_by(at_once).map(|first| {
            let count = at_once.min(questions - first);
            let vectors = vectors.clone().narrow(1, first, count);
            let gradients = match route {
                Resolved::Head(head) => head.pull_back(activations, vectors),
                Resolved::Tail(tail) => Gradients::PerPosition(tail.pull_back(vectors)),
                Resolved::Autodiff => {
                    let gradient = self.through_tail(vectors.squeeze_dim(1))?;
                    Gradients::PerPosition(gradient.unsqueeze_dim(1))
                }
            };
            let maps = maps(activations, &gradients)?;
            steps.advance(count)?;
            Ok(maps)
        });
        Ok(Tensor::cat(maps.collect::<Result<_, Error>>()?, 1))
    }

    /// That a gradient comes back to the positions of the layer.
    fn check_reach(&self) -> Result<(), Error> {
        let info = &self.network.layers()[self.layer.index()];
        if info.reaches_embedding {
            return Ok(());
        }
        let last = &self.network.layers()[self.network.last_layer()?.index()];
        Err(Error::OnlyTokensAreRead { layer: info.name.clone(), instead: last.name.clone() })
    }

    /// Maps that sum what every channel contributes, `[n, j, c, h', w']`, made of activations and of the
    /// gradients of j questions.
    ///
    /// # Errors
    /// As for [`by_gradients`](Self::by_gradients).
    pub fn by_contributions(
        &self,
        contributions: impl Fn(&Tensor<4>, &Gradients) -> Tensor<5>,
    ) -> Result<Tensor<4>, Error> {
        self.by_gradients(|activations, gradients| {
            self.reduce(contributions(activations, gradients))
        })
    }

    /// Maps that sum every channel's activations times a weight, `[n, j, c]`, made of activations and of
    /// the gradients of j questions.
    ///
    /// # Errors
    /// As for [`by_gradients`](Self::by_gradients).
    pub fn by_channel_weights(
        &self,
        weights: impl Fn(&Tensor<4>, &Gradients) -> Tensor<3>,
    ) -> Result<Tensor<4>, Error> {
        self.by_gradients(|activations, gradients| self.weigh(weights(activations, gradients)))
    }

    /// Σ_c w_c · A_c for weights `[n, k, c]`.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn weigh(&self, weights: Tensor<3>) -> Result<Tensor<4>, Error> {
        let activations = self.activations().clone();
        let [n, c, h, w] = activations.dims();
        let [_, k, _] = weights.dims();
        match self.reduction {
            Reduction::Sum => {
                Ok(weights.matmul(activations.reshape([n, c, h * w])).reshape([n, k, h, w]))
            }
            Reduction::PrincipalComponent => {
                self.reduce(activations.unsqueeze_dim::<5>(1) * weights.reshape([n, k, c, 1, 1]))
            }
        }
    }

    fn reduce(&self, contributions: Tensor<5>) -> Result<Tensor<4>, Error> {
        match self.reduction {
            Reduction::Sum => self.summed(contributions),
            Reduction::PrincipalComponent => principal_maps(contributions),
        }
    }

    /// The sum over channels, `[n, j, c, h', w']` to `[n, j, h', w']`.
    ///
    /// A norm knows no length, so that in front of one, where nothing else reads the layer, Σ_c G·A is zero at every position
    /// and what is left is rounding.
    fn summed(&self, contributions: Tensor<5>) -> Result<Tensor<4>, Error> {
        let sum = contributions.clone().sum_dim(2).squeeze_dim(2);
        if self.has_attention() {
            let most = read(sum.clone().abs().max())?[0];
            let summed = read(contributions.abs().sum_dim(2).max())?[0];
            if most < ROUNDING * summed {
                let layers = self.network.layers();
                let behind = layers.get(self.layer.index() + 1);
                return Err(Error::CancelledByNorm {
                    layer: self.layer_name().to_owned(),
                    instead: behind.map(|layer| layer.name.clone()),
                });
            }
        }
        Ok(sum)
    }

    /// Embeddings of other activations at the layer, one for each image, `[n, c, h', w']` to `[n, d]`.
    pub(crate) fn embeddings_from(&self, activations: Tensor<4>) -> Tensor<2> {
        self.network.forward_from(self.activations.with_grid(activations), self.layer)
    }

    /// The scores that an image's target gives for other activations at the layer.
    ///
    /// # Shapes
    /// `[m, c, h', w']` to `[m, k]`.
    pub fn scores_from(&self, image: usize, activations: Tensor<4>) -> Tensor<2> {
        let activations = self.activations.of_image(image, activations);
        self.target(image).scores(self.network.forward_from(activations, self.layer))
    }

    /// The scores that an image's target gives for other images.
    ///
    /// # Shapes
    /// `[m, 3, h, w]` to `[m, k]`.
    pub fn scores_of(&self, image: usize, images: Tensor<4>) -> Tensor<2> {
        self.target(image).scores(self.embed(images))
    }

    /// ∂s/∂x of an image's target for other images.
    ///
    /// # Shapes
    /// `[m, 3, h, w]` to `[m, k, 3, h, w]`.
    ///
    /// # Errors
    /// [`Error::Untracked`].
    pub fn image_gradients(&self, image: usize, images: Tensor<4>) -> Result<Tensor<5>, Error> {
        let target = self.target(image);
        let recorded = match self.routes.route() {
            Route::Autodiff => None,
            _ => self.network.recorded(&images),
        };
        if let Some(recorded) = recorded {
            let gradients = embedding_gradients(target, recorded.embeddings())?;
            return Ok(recorded.pull_back(gradients));
        }
        let gradients = embedding_gradients(target, self.embed(images.clone()))?;
        let questions = (0..target.questions()).map(|question| {
            let vectors = gradients.clone().narrow(1, question, 1).squeeze_dim(1);
            vector_jacobian_product(&images, vectors, |images| self.embed(images))
        });
        Ok(Tensor::stack(questions.collect::<Result<_, _>>()?, 1))
    }

    /// ∂s/∂x of every image by guided backpropagation, `[n, k, 3, h, w]`.
    ///
    /// # Errors
    /// [`Error::NoGuidedGradients`] where the network cannot.
    pub(crate) fn guided_gradients(&self) -> Result<Tensor<5>, Error> {
        let recorded = self.network.recorded(self.images());
        let gradients = recorded
            .and_then(|recorded| recorded.pull_back_guided(self.embedding_gradients().clone()));
        gradients.ok_or(Error::NoGuidedGradients)
    }

    /// Per question, every bias in the network and ∂s/∂ of what it is added to, `[n, c, h, w]`.
    ///
    /// # Errors
    /// [`Error::NoBiases`] where the network keeps them to itself.
    pub(crate) fn bias_gradients(&self, question: usize) -> Result<Vec<BiasGradients>, Error> {
        let vectors = self.embedding_gradients().clone().narrow(1, question, 1).squeeze_dim(1);
        let gradients = self.network.bias_gradients(self.images().clone(), vectors);
        gradients.ok_or(Error::NoBiases)
    }

    /// The same layer and an image's target, in front of other images. Its steps are not counted: they
    /// are part of one of this view's.
    ///
    /// # Errors
    /// Those of [`Capture::new`] and of `see`.
    pub fn with_images<T>(
        &self,
        image: usize,
        images: Tensor<4>,
        see: impl FnOnce(&View<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let capture = Capture::keeping(self.routes.kept(), self.network, images, &[self.layer])?;
        let capture = capture.with_route(self.routes.route()).with_budget(self.budget);
        let target = self.target(image);
        let question = Question {
            targets: Targets::Shared(target),
            scores: target.scores(capture.embeddings()),
            gradients: embedding_gradients(target, capture.embeddings())?,
        };
        see(&View { reduction: self.reduction, ..View::new(&capture, 0, &question) })
    }

    /// The layer's name.
    pub fn layer_name(&self) -> &str {
        &self.network.layers()[self.layer.index()].name
    }

    pub(crate) fn footprint_of_all(&self) -> Footprint {
        self.network.footprint(self.image_size(), None)
    }

    pub(crate) fn footprint_of_tail(&self) -> Footprint {
        self.network.footprint(self.image_size(), Some(self.layer))
    }

    fn image_size(&self) -> [usize; 2] {
        let [_, _, height, width] = self.images.dims();
        [height, width]
    }

    /// Images to embeddings.
    fn embed(&self, images: Tensor<4>) -> Tensor<2> {
        self.network.forward_from(self.network.forward_to(images, self.layer), self.layer)
    }

    /// ∂(Σ e·g)/∂A by autodiff through the tail; g `[n, d]` to `[n, c, h', w']`.
    fn through_tail(&self, vectors: Tensor<2>) -> Result<Tensor<4>, Error> {
        vector_jacobian_product(self.activations(), vectors, |activations| {
            self.network.forward_from(self.activations.lifted(activations), self.layer)
        })
    }
}

/// A bias of the network, and the gradient of a score with respect to what it is added to.
#[derive(Debug, Clone)]
pub struct BiasGradients {
    /// `[c]`.
    pub bias: Tensor<1>,
    /// `[n, c, h, w]`.
    pub gradients: Tensor<4>,
}
