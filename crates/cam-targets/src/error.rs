use thiserror::Error;

/// Why a target cannot be made.
#[derive(Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A list of concepts without any.
    #[error("no concept was given: name at least one")]
    NoConcept,

    /// All values are zero: it has no direction to be similar to.
    #[error("concept {index} is zero everywhere: it has no direction to be similar to")]
    ZeroConcept {
        /// Position in the list.
        index: usize,
    },

    /// NaN or infinity in a concept.
    #[error("concept {index} is not finite: value {position} is {value}")]
    NonFiniteConcept {
        /// Position in the list.
        index: usize,
        /// Position in the concept.
        position: usize,
        /// The value there.
        value: f32,
    },

    /// A concept that cannot have come from the model.
    #[error(
        "concept {index} has {concept} dimensions but the embedding has {embedding}: were they made by the same model?"
    )]
    ConceptWidth {
        /// Position in the list.
        index: usize,
        /// Width of the model's embeddings.
        embedding: usize,
        /// Width of the concept.
        concept: usize,
    },

    /// A list of classes without any.
    #[error("no class was given: name at least one")]
    NoClass,

    /// A class the classifier does not have.
    #[error("there is no class {class}: the classifier has {classes}, numbered from 0")]
    UnknownClass {
        /// The class that was asked for.
        class: usize,
        /// How many there are.
        classes: usize,
    },

    /// A combination of nothing.
    #[error("a combination needs at least one target")]
    NothingToCombine,

    /// Targets that do not fit together.
    #[error(
        "target {index} has width {width} and {questions} questions, the first one {first_width} and {first_questions}: \
         combined targets must agree in both"
    )]
    Unlike {
        /// Position of the target that differs.
        index: usize,
        /// Its embedding width.
        width: usize,
        /// Its number of questions.
        questions: usize,
        /// The first target's embedding width.
        first_width: usize,
        /// The first target's number of questions.
        first_questions: usize,
    },

    /// A weight or offset that is NaN or infinite.
    #[error("a combination's weights and offset must be finite, but one is {value}")]
    NonFiniteWeight {
        /// The value.
        value: f32,
    },

    /// Images whose directions cancel out.
    #[error(
        "the directions of the concept's {count} images cancel out, so that they have no mean: use fewer or \
         more similar images"
    )]
    NoCentroid {
        /// How many there are.
        count: usize,
    },

    /// Unequal numbers of concepts to compare in pairs.
    #[error("{nearer_to} concepts to be near to, but {than_to} to be far from: give them in pairs")]
    Pairs {
        /// How many to be nearer to.
        nearer_to: usize,
        /// How many to compare with.
        than_to: usize,
    },

    /// A classifier with more or fewer outputs than one.
    #[error(
        "a binary classifier has one output, but this one has {outputs}: ask for a class's logit"
    )]
    NotBinary {
        /// Its outputs.
        outputs: usize,
    },

    /// A class without any other.
    #[error("the classifier has only one class and nothing to compare it with: ask for its logit")]
    NothingToCompare,

    /// A list of outputs without any.
    #[error("no output was given: name at least one")]
    NoOutput,

    /// An output that the embedding does not have.
    #[error("there is no output {output}: the embedding has {width} numbers, counted from 0")]
    UnknownOutput {
        /// The output that was asked for.
        output: usize,
        /// How many there are.
        width: usize,
    },

    /// The concepts could not be read from the device.
    #[error("the device failed while the concepts were read: {reason}")]
    Device {
        /// The backend's message.
        reason: String,
    },
}
