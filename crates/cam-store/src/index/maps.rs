use serde::{Deserialize, Serialize};

/// What an index keeps of an image beside its embedding, to take a likeness apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Maps {
    /// Nothing.
    None,
    /// Activations of the layer, `[channels, height, width]`, in front of a head that pools positions.
    Activations,
    /// What each patch wrote to a transformer's embedding, `[width of the embedding, rows, columns]`.
    TokenContributions {
        /// Through the attentions of so many of the last blocks.
        blocks: u32,
    },
}

impl Maps {
    /// In words.
    pub(super) fn words(self) -> String {
        match self {
            Self::None => "embeddings without maps".to_owned(),
            Self::Activations => "activations of a layer".to_owned(),
            Self::TokenContributions { blocks } => {
                format!("token contributions of the last {blocks} blocks")
            }
        }
    }
}
