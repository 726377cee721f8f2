use std::fmt;

use cam_graph::ShapeError;
use thiserror::Error;

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

    /// Shapes that do not fit; a fault of the import.
    #[error("the imported network contradicts itself: {0}")]
    Shape(#[from] ShapeError),
}

/// All operations that cannot be run, with the names of their nodes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unsupported(pub Vec<(String, Vec<String>)>);

impl Unsupported {
    /// Notes a node of an operation.
    pub(crate) fn add(&mut self, operation: &str, node: &str) {
        match self.0.iter_mut().find(|(known, _)| known == operation) {
            Some((_, nodes)) => nodes.push(node.to_owned()),
            None => self.0.push((operation.to_owned(), vec![node.to_owned()])),
        }
    }
}

/// Names of nodes that are listed of an operation.
const LISTED: usize = 3;

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (operation, nodes)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let listed = nodes.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>();
            let more = if nodes.len() > LISTED { ", …" } else { "" };
            let count = nodes.len();
            write!(f, "{separator}{operation} ({count}×: {}{more})", listed.join(", "))?;
        }
        Ok(())
    }
}
