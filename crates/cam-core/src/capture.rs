use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use burn::tensor::Tensor;

use crate::gradient_route::{Question, Resolved, Routes, Targets, embedding_gradients};
use crate::read::{all_finite, read};
use crate::{
    Activations, Budget, Error, Explanation, ForwardPass, Kept, Layer, LayerExplanation, LayerMaps,
    Method, Network, Outliers, PoolingRun, Progress, Route, Tail, Target, TokenRun, View,
};

/// One forward pass, kept: activations at the chosen layers, and the embeddings behind them.
///
/// Any number of targets can be explained from it; none of them runs the trunk again.
///
/// # Examples
/// ```
/// use burn::tensor::Tensor;
/// use cam_core::{Capture, Error, Explanation, GradCam, Network, Target};
///
/// /// All of it for one forward pass.
/// fn explanations(
///     network: &dyn Network,
///     images: Tensor<4>,
///     targets: &[Box<dyn Target>],
/// ) -> Result<Vec<Explanation>, Error> {
///     let capture = Capture::new(network, images, &[network.last_layer()?])?;
///     targets.iter().map(|target| capture.explain(&GradCam, target)).collect()
/// }
/// ```
pub struct Capture<'n> {
    pub(crate) network: &'n dyn Network,
    pub(crate) images: Tensor<4>,
    pub(crate) activations: Vec<(Layer, Activations)>,
    pub(crate) embeddings: Tensor<2>,
    pub(crate) route: Route,
    pub(crate) budget: Budget,
    pub(crate) progress: Option<&'n dyn Progress>,
    /// Per layer, what follows it, recorded when a gradient first passes through it.
    tails: Vec<OnceLock<Option<Box<dyn Tail + 'n>>>>,
    kept: Kept,
    attended: Attended,
}

/// What attentions computed: kept from the start, or when a method first asks for it.
#[derive(Default)]
struct Attended {
    tokens: Mutex<Option<(Kept, Arc<TokenRun>)>>,
    pooling: Mutex<Option<Arc<PoolingRun>>>,
}

impl<'n> Capture<'n> {
    /// Runs images `[n, 3, h, w]` through the network, once, and keeps what lies at the layers.
    ///
    /// # Errors
    /// [`Error::NoLayer`], [`Error::ForeignLayer`], [`Error::EmptyBatch`], and
    /// [`Error::NonFiniteEmbedding`] where the network gives NaN or infinity.
    pub fn new(
        network: &'n dyn Network,
        images: Tensor<4>,
        layers: &[Layer],
    ) -> Result<Self, Error> {
        Self::keeping(Kept::default(), network, images, layers)
    }

    /// The same, of a transformer with what methods [read](Method::keeps) of its attentions: they then need no second
    /// pass. Of other networks it is the same.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn keeping(
        kept: Kept,
        network: &'n dyn Network,
        images: Tensor<4>,
        layers: &[Layer],
    ) -> Result<Self, Error> {
        let mut layers = layers.to_vec();
        layers.sort();
        layers.dedup();
        let &deepest = layers.last().ok_or(Error::NoLayer)?;
        let known = network.layers().len();
        if deepest.index() >= known {
            return Err(Error::ForeignLayer { index: deepest.index(), layers: known });
        }
        if images.dims()[0] == 0 {
            return Err(Error::EmptyBatch);
        }
        let images = images.without_autodiff();
        let attended = Attended::default();
        let tails: Vec<_> = layers.iter().map(|_| OnceLock::new()).collect();
        let ForwardPass { activations, embeddings } =
            match attended.forward(network, &images, &layers, kept) {
                Some(pass) => pass,
                None => forward(network, &images, &layers, &tails)?,
            };
        check_finite(&embeddings)?;
        let activations = layers.into_iter().zip(activations).collect();
        Ok(Self {
            network,
            images,
            activations,
            embeddings,
            route: Route::default(),
            budget: Budget::default(),
            progress: None,
            tails,
            kept,
            attended,
        })
    }

    /// The same capture, explained by another route.
    pub fn with_route(self, route: Route) -> Self {
        Self { route, ..self }
    }

    /// The same capture, whose methods may take another amount of memory for what they run together.
    pub fn with_budget(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// The same capture, whose methods report how far they are and can be stopped.
    pub fn with_progress(self, progress: &'n dyn Progress) -> Self {
        Self { progress: Some(progress), ..self }
    }

    /// The same layers, route, budget and progress, of other images.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn of_images(&self, images: Tensor<4>) -> Result<Self, Error> {
        let layers: Vec<Layer> = self.activations.iter().map(|(layer, _)| *layer).collect();
        let capture = Self::keeping(self.kept, self.network, images, &layers)?;
        Ok(Self { route: self.route, budget: self.budget, progress: self.progress, ..capture })
    }

    /// The embeddings, `[n, d]`.
    pub fn embeddings(&self) -> Tensor<2> {
        self.embeddings.clone()
    }

    /// The activations at a captured layer, `[n, c, h', w']`.
    pub fn activations(&self, layer: Layer) -> Option<&Tensor<4>> {
        let found = self.activations.iter().find(|(at, _)| *at == layer);
        found.map(|(_, activations)| &activations.grid)
    }

    /// Bytes of the tensors that are kept: images, activations, and what attentions computed. What a gradient's first pass
    /// records of the steps behind a layer comes on top.
    pub fn bytes(&self) -> usize {
        let grids = self.activations.iter().map(|(_, activations)| {
            count(activations.grid.dims())
                + activations.held.iter().map(|held| count(held.dims())).sum::<usize>()
        });
        let tokens = locked(&self.attended.tokens).as_ref().map_or(0, |(_, run)| run.values());
        let pooling = locked(&self.attended.pooling).as_ref().map_or(0, |run| run.values());
        let values = count(self.images.dims()) + grids.sum::<usize>() + tokens + pooling;
        values * size_of::<f32>()
    }

    /// Patches with outstandingly long vectors, of each image; none where no attentions were [kept](Self::keeping).
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn outliers(&self) -> Result<Option<Vec<Outliers>>, Error> {
        let tokens = locked(&self.attended.tokens).as_ref().map(|(_, run)| Arc::clone(run));
        let pooling = locked(&self.attended.pooling).clone();
        match (tokens, pooling) {
            (Some(run), _) => run.outliers(),
            (None, Some(run)) => run.outliers(),
            (None, None) => Ok(None),
        }
    }

    /// Puts a target's k questions to every image.
    ///
    /// # Errors
    /// [`Error::Width`] where the target was made for other embeddings, [`Error::NoQuestion`],
    /// [`Error::NoClosedForm`], [`Error::NoTail`] and [`Error::Untracked`] where the route does not
    /// exist, and what the method returns: [`Error::Cancelled`] where it was stopped.
    pub fn explain(&self, method: &dyn Method, target: &dyn Target) -> Result<Explanation, Error> {
        self.check(target)?;
        let scores = target.scores(self.embeddings());
        let gradients = embedding_gradients(target, self.embeddings())?;
        self.maps(method, &Question { targets: Targets::Shared(target), scores, gradients })
    }

    /// Puts to each image its own target, which must ask one question: k = 1.
    ///
    /// # Errors
    /// As [`explain`](Self::explain); [`Error::TargetCount`] where there are not as many targets
    /// as images, [`Error::ManyQuestions`] where one asks more than one question.
    pub fn explain_each(
        &self,
        method: &dyn Method,
        targets: &[&dyn Target],
    ) -> Result<Explanation, Error> {
        let images = self.embeddings.dims()[0];
        if targets.len() != images {
            return Err(Error::TargetCount { images, targets: targets.len() });
        }
        let mut scores = Vec::with_capacity(images);
        let mut gradients = Vec::with_capacity(images);
        for (index, &target) in targets.iter().enumerate() {
            self.check(target)?;
            if target.questions() != 1 {
                return Err(Error::ManyQuestions { index, questions: target.questions() });
            }
            let embedding = self.embeddings().narrow(0, index, 1);
            scores.push(target.scores(embedding.clone()));
            gradients.push(embedding_gradients(target, embedding)?);
        }
        let (scores, gradients) = (Tensor::cat(scores, 0), Tensor::cat(gradients, 0));
        self.maps(method, &Question { targets: Targets::PerImage(targets), scores, gradients })
    }

    fn check(&self, target: &dyn Target) -> Result<(), Error> {
        if target.questions() == 0 {
            return Err(Error::NoQuestion);
        }
        let embedding = self.embeddings.dims()[1];
        match target.width() {
            width if width == embedding => Ok(()),
            target => Err(Error::Width { embedding, target }),
        }
    }

    fn maps(&self, method: &dyn Method, question: &Question<'_>) -> Result<Explanation, Error> {
        let all = 0..self.activations.len();
        // Maps of the input are the same from wherever one looks.
        let is_one = method.is_at_input() || method.is_of_network();
        let seen = if is_one { all.end - 1..all.end } else { all };
        let layers = seen.map(|index| {
            let LayerExplanation { maps, shares } =
                method.explain(&View::new(self, index, question))?;
            Ok(LayerMaps { layer: self.activations[index].0, maps, shares })
        });
        let layers = layers.collect::<Result<_, Error>>()?;
        Ok(Explanation { scores: question.scores.clone(), layers, fusion: method.fusion() })
    }
}

impl Routes for Capture<'_> {
    fn route(&self) -> Route {
        self.route
    }

    fn kept(&self) -> Kept {
        self.kept
    }

    fn resolve(&self, layer: Layer) -> Result<Resolved<'_>, Error> {
        let name = || self.network.layers()[layer.index()].name.clone();
        let head = || self.network.head(layer).map(Resolved::Head);
        let tail = || {
            let index = self.activations.iter().position(|(at, _)| *at == layer)?;
            let activations = &self.activations[index].1;
            let tail = self.tails[index].get_or_init(|| self.network.tail(activations, layer));
            tail.as_deref().map(Resolved::Tail)
        };
        match self.route {
            Route::Automatic => Ok(head().or_else(tail).unwrap_or(Resolved::Autodiff)),
            Route::ClosedForm => head().ok_or_else(|| Error::NoClosedForm { layer: name() }),
            Route::Tail => tail().ok_or_else(|| Error::NoTail { layer: name() }),
            Route::Autodiff => Ok(Resolved::Autodiff),
        }
    }

    /// Run again only if more is asked for than was kept.
    fn tokens(&self, kept: Kept) -> Option<Arc<TokenRun>> {
        let transformer = self.network.transformer()?;
        let mut known = locked(&self.attended.tokens);
        if let Some((_, run)) =
            known.as_ref().filter(|(has, _)| has.serves(kept, transformer.blocks()))
        {
            return Some(Arc::clone(run));
        }
        let (_, run) = transformer.run(self.images.clone(), &[], kept);
        Some(Arc::clone(&known.insert((kept, Arc::new(run))).1))
    }

    fn pooling(&self) -> Option<Arc<PoolingRun>> {
        let network = self.network.attention_pooling()?;
        let mut known = locked(&self.attended.pooling);
        let run = || Arc::new(network.pool(self.images.clone(), &[]).1);
        Some(Arc::clone(known.get_or_insert_with(run)))
    }
}

impl Attended {
    /// A pass that keeps what attentions compute, where that is asked for and the network has them.
    fn forward(
        &self,
        network: &dyn Network,
        images: &Tensor<4>,
        layers: &[Layer],
        kept: Kept,
    ) -> Option<ForwardPass> {
        if kept == Kept::default() {
            return None;
        }
        if let Some(transformer) = network.transformer() {
            let (pass, run) = transformer.run(images.clone(), layers, kept);
            *locked(&self.tokens) = Some((kept, Arc::new(run)));
            return Some(pass);
        }
        let (pass, run) = network.attention_pooling()?.pool(images.clone(), layers);
        *locked(&self.pooling) = Some(Arc::new(run));
        Some(pass)
    }
}

/// A pass whose end is recorded where a gradient is going to come back that way.
fn forward<'n>(
    network: &'n dyn Network,
    images: &Tensor<4>,
    layers: &[Layer],
    tails: &[OnceLock<Option<Box<dyn Tail + 'n>>>],
) -> Result<ForwardPass, Error> {
    let activations = network.forward_through(images.clone(), layers);
    let (last, &deepest) = activations.last().zip(layers.last()).ok_or(Error::NoLayer)?;
    let tail = match network.head(deepest) {
        Some(_) => None,
        None => network.tail(last, deepest),
    };
    let embeddings = match &tail {
        Some(tail) => tail.embeddings(),
        None => network.forward_from(last.clone(), deepest),
    };
    if let (Some(tail), Some(deepest)) = (tail, tails.last()) {
        deepest.get_or_init(|| Some(tail));
    }
    Ok(ForwardPass { activations, embeddings })
}

/// Values of a tensor.
fn count<const D: usize>(dims: [usize; D]) -> usize {
    dims.iter().product()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check_finite(embeddings: &Tensor<2>) -> Result<(), Error> {
    let [images, width] = embeddings.dims();
    if all_finite(embeddings)? {
        return Ok(());
    }
    let values = read(embeddings.clone().reshape([images * width]))?;
    let first = values.iter().position(|value| !value.is_finite()).unwrap_or(0);
    Err(Error::NonFiniteEmbedding { image: first / width })
}
