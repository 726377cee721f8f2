use cam_map::MapError;
use thiserror::Error;

/// Why a network cannot be explained.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The network has no layer of that name.
    #[error("no layer is called `{name}`; {}", remedy(nearest))]
    UnknownLayer {
        /// The name that was asked for.
        name: String,
        /// The most similar names the network has.
        nearest: Vec<String>,
    },

    /// A capture was asked for without any layer.
    #[error("no layer was given: name at least one")]
    NoLayer,

    /// A batch without images.
    #[error("the batch contains no images")]
    EmptyBatch,

    /// As many targets as images are needed when each image has its own.
    #[error(
        "{images} images but {targets} targets: give one target for each image, in the same order"
    )]
    TargetCount {
        /// Images in the batch.
        images: usize,
        /// Targets given.
        targets: usize,
    },

    /// A target that asks several questions where one per image is meant.
    #[error(
        "target {index} asks {questions} questions; where each image has its own target, ask one"
    )]
    ManyQuestions {
        /// Position of the target in the list.
        index: usize,
        /// Questions it asks.
        questions: usize,
    },

    /// The target was made for embeddings of another width.
    #[error(
        "the concept has {target} dimensions but the embedding has {embedding}: were they made by the \
         same model?"
    )]
    Width {
        /// Width of the network's embeddings.
        embedding: usize,
        /// Width the target expects.
        target: usize,
    },

    /// The embedding contains NaN or infinity.
    #[error(
        "the network's embedding of image {image} is not finite: its weights or its input contain \
         NaN, infinity or values far out of range"
    )]
    NonFiniteEmbedding {
        /// Position of the first such image in the batch.
        image: usize,
    },

    /// A finished map without pixels.
    #[error("a map of {}×{} pixels cannot be drawn: both sides must be at least 1", size[1], size[0])]
    EmptySize {
        /// Height and width asked for.
        size: [usize; 2],
    },

    /// A layer of another network.
    #[error("layer {index} does not exist: the network has {layers} layers")]
    ForeignLayer {
        /// Its position.
        index: usize,
        /// How many layers the network has.
        layers: usize,
    },

    /// A target without questions.
    #[error("the target asks nothing: give it at least one concept or class")]
    NoQuestion,

    /// A raw map contains NaN or infinity.
    #[error("a raw map is not finite: the gradient at the layer overflowed")]
    NonFiniteMap,

    /// The closed form was asked for where the network has none.
    #[error("`{layer}` has no closed-form gradient: use the automatic route or autodiff")]
    NoClosedForm {
        /// The layer.
        layer: String,
    },

    /// Contributions of positions were asked for where attention mixes them behind the layer.
    #[error(
        "behind `{layer}` positions are not pooled but read by attention or by a class token: use token-contributions, which \
         says the same of a transformer's patches"
    )]
    NotPooled {
        /// The layer.
        layer: String,
    },

    /// The recorded tail was asked for where the network has none.
    #[error(
        "the network has no recorded backward pass to `{layer}`: use the automatic route or autodiff"
    )]
    NoTail {
        /// The layer.
        layer: String,
    },

    /// The target's score does not depend on the embedding, as far as autodiff can see.
    #[error(
        "the target's score is not differentiable: it has no closed form and autodiff does not track it"
    )]
    Untracked,

    /// Maps of different batches or question counts cannot be averaged.
    #[error("the layers' maps differ in number: {first:?} and {other:?} (images, questions)")]
    MapCount {
        /// `[images, questions]` of the first layer.
        first: [usize; 2],
        /// `[images, questions]` of the layer that differs.
        other: [usize; 2],
    },

    /// Guided backpropagation changes the gradient of every activation, which not every executor can.
    #[error(
        "guided backpropagation needs the CPU engine, but this network is running on another backend"
    )]
    NoGuidedGradients,

    /// FullGrad needs the biases inside the network.
    #[error(
        "FullGrad needs the biases inside the network, which this one does not give: use another method"
    )]
    NoBiases,

    /// Eigen smoothing needs a method that sums over channels.
    #[error(
        "eigen smoothing replaces a sum over channels, and this method has none: use it with a method \
         such as Grad-CAM or LayerCAM"
    )]
    NoContributions,

    /// Shapley-CAM needs a target with a gradient in closed form.
    #[error(
        "Shapley-CAM needs the target's second derivative, and this target has no gradient in closed \
         form: use Grad-CAM"
    )]
    NoSecondDerivative,

    /// Finer-CAM compares a class with others.
    #[error(
        "Finer-CAM compares a class with similar ones, and this target has none: ask about a class of a \
         classifier that has several"
    )]
    NoAlternatives,

    /// A method of attention needs a transformer.
    #[error(
        "this method reads attention weights, and the network is not of attention blocks on one stream of tokens (a \
         convolutional network, attention in windows, norms behind the sum): use grad-cam or hires-cam"
    )]
    NoAttention,

    /// A layer behind which only a class token is read.
    #[error(
        "behind `{layer}` only a class token is read, so that the gradient at every patch is zero: explain `{instead}` or an \
         earlier layer, or use token-contributions"
    )]
    OnlyTokensAreRead {
        /// The layer.
        layer: String,
        /// The last whose patches are read.
        instead: String,
    },

    /// Gradient times activation, summed over channels, in front of a norm.
    #[error(
        "behind `{layer}` a norm follows, which knows no length, so that gradient times activation sums to zero at every patch: \
         {}, or use grad-cam or token-contributions", instead_of(instead.as_deref())
    )]
    CancelledByNorm {
        /// The layer.
        layer: String,
        /// The layer behind it.
        instead: Option<String>,
    },

    /// A method compares queries and keys.
    #[error(
        "this method compares queries and keys, and the attention weights of this network are not a softmax of their \
         product alone: use legrad or token-contributions"
    )]
    NoQueries,

    /// A method gives every patch an embedding of its own.
    #[error(
        "this method asks what embedding each patch would have alone, and this network makes one of all its tokens one behind \
         another: use token-contributions"
    )]
    NoTokenEmbedding,

    /// A method of a transformer's blocks, of a network of which only the attention that pools is known.
    #[error(
        "this method reads a transformer's blocks, and of this network only the attention that pools its tokens is known: use \
         token-contributions, attention-contributions, legrad, grad-eclip or mask-clip, which read that one"
    )]
    OnlyPoolingIsKnown,

    /// CAM needs a linear head.
    #[error(
        "CAM needs average pooling and at most linear steps behind `{layer}`: explain the last \
         layer, or use Grad-CAM, which gives the same map where CAM exists"
    )]
    NotLinear {
        /// The layer.
        layer: String,
    },

    /// A kernel matrix of all pairs of positions would be too large.
    #[error(
        "the layer has {positions} positions, but a kernel matrix of all pairs fits into memory only up \
         to {most}: explain a later layer"
    )]
    TooManyPositions {
        /// Positions of the layer.
        positions: usize,
        /// The most that are accepted.
        most: usize,
    },

    /// The similarity of two images cannot be decomposed into pairs of positions.
    #[error("the embedding cannot be decomposed by position: {reason}")]
    NotPerPosition {
        /// Why not.
        reason: &'static str,
    },

    /// Maps of all pairs of positions would be too large.
    #[error(
        "{} times {} positions are more than the {most} pairs that fit into memory: use a smaller input",
        positions[0],
        positions[1]
    )]
    TooManyPairs {
        /// Positions of either image.
        positions: [usize; 2],
        /// The most pairs that are accepted.
        most: usize,
    },

    /// An embedding of zeros has no direction.
    #[error(
        "the {which} image's embedding is zero and has no direction to compare: is the input too small?"
    )]
    ZeroEmbedding {
        /// `first` or `second`.
        which: &'static str,
    },

    /// A map that cannot be made.
    #[error(transparent)]
    Map(MapError),

    /// A [`Progress`](crate::Progress) stopped the work.
    #[error("cancelled after {done} of {total} steps")]
    Cancelled {
        /// Steps that were done.
        done: usize,
        /// Steps there would have been.
        total: usize,
    },

    /// The device could not give its result.
    #[error("the device failed while its result was read: {reason}")]
    Device {
        /// The backend's message.
        reason: String,
    },
}

impl From<MapError> for Error {
    fn from(error: MapError) -> Self {
        match error {
            MapError::NotFinite => Self::NonFiniteMap,
            error => Self::Map(error),
        }
    }
}

fn instead_of(layer: Option<&str>) -> String {
    let layer = layer.map_or_else(|| "the norm itself".to_owned(), |layer| format!("`{layer}`"));
    format!("explain {layer}")
}

fn remedy(nearest: &[String]) -> String {
    match nearest {
        [] => "list the network's layers to choose one".to_owned(),
        names => format!("did you mean {}?", names.join(", ")),
    }
}
