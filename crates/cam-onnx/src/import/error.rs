use std::collections::HashMap;
use std::fmt;

use cam_graph::ShapeError;
use thiserror::Error;

use super::names;

/// Why a file that can be read makes no network.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] crate::Error),

    /// Operations that cannot be run.
    #[error("the network uses operations that are not supported: {0}")]
    Unsupported(Unsupported),

    /// Something about a node.
    #[error("node {name:?} ({operation}): {reason}")]
    Node {
        /// Its name, or that of its first value.
        name: String,
        /// `Reshape`.
        operation: String,
        /// What does not fit.
        reason: String,
    },

    /// Not an image, or several.
    #[error("{0}")]
    Input(String),

    /// Nothing that can be an embedding.
    #[error("{0}")]
    Output(String),

    /// Values that are read but never given, or nodes in a circle.
    #[error("the network contradicts itself: {0}")]
    Contradiction(String),

    /// More than a network needs: a file made to harm, or one that was not exported as a network of images.
    #[error("the file is refused, for it asks for {0}")]
    TooMuch(String),

    /// Shapes that do not fit; a fault of the import.
    #[error("the imported network contradicts itself: {0}")]
    Shape(#[from] ShapeError),
}

/// All operations that cannot be run, with the names of their nodes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unsupported(pub Vec<(String, Vec<String>)>);

/// Operations that cannot be run, while they are found.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    all: Unsupported,
    places: HashMap<String, usize>,
}

impl Listed {
    /// Notes a node of an operation.
    pub(crate) fn add(&mut self, operation: &str, node: &str) {
        let operation = names::short(operation);
        let place = match self.places.get(&operation) {
            Some(place) => *place,
            None => {
                self.all.0.push((operation.clone(), Vec::new()));
                self.places.insert(operation, self.all.0.len() - 1);
                self.all.0.len() - 1
            }
        };
        self.all.0[place].1.push(node.to_owned());
    }

    /// An error, unless there are none.
    pub(crate) fn check(&mut self) -> Result<(), ImportError> {
        match self.all.0.is_empty() {
            true => Ok(()),
            false => Err(ImportError::Unsupported(std::mem::take(&mut self.all))),
        }
    }
}

/// Names of nodes that are listed of an operation.
const LISTED: usize = 3;

/// Operations that are listed in a message; a sound file has a few.
const OPERATIONS: usize = 32;

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (operation, nodes)) in self.0.iter().take(OPERATIONS).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let listed =
                nodes.iter().take(LISTED).map(|node| names::short(node)).collect::<Vec<_>>();
            let more = if nodes.len() > LISTED { ", …" } else { "" };
            let count = nodes.len();
            write!(f, "{separator}{operation} ({count}×: {}{more})", listed.join(", "))?;
        }
        match self.0.len().checked_sub(OPERATIONS) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "; and {more} others"),
        }
    }
}
